"""
Backups with pgBackRest. Usage: python3 -m backup COMMAND [ARGUMENT...]; the last line of a failure says what is wrong.
Settings are in pgBackRest's own file; STANZA names what is backed up, BACKUP_VOLUME the volume of the repository.
Each command is a module of this package with `main(arguments) -> exit code`.
"""

import importlib
import sys

COMMANDS = {
    "check": "whether the volume of the repository can be written; says how it must belong if not",
    "serve": "the repository host: pgBackRest's server, and the stanza as soon as there is a primary",
    "run": "full | incr: a backup, the expiry of old ones, and their record in the database",
    "bootstrap": "Patroni's method for a new cluster: initdb, or the restore that a mounted request asks for",
    "drill-restore": "the newest backup into scratch space",
    "drill-server": "a server on what was restored, until SIGTERM",
    "drill-record": "the result of a drill into the database; fails if the drill did",
}


def main(arguments: list[str]) -> int:
    command, *rest = arguments or [""]
    if command not in COMMANDS:
        lines = "\n".join(f"  {name:<14} {does}" for name, does in COMMANDS.items())
        print(f"unknown command '{command}'; allowed are\n{lines}", file=sys.stderr)
        return 2
    return importlib.import_module(f".{command.replace('-', '_')}", __package__).main(rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
