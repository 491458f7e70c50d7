"""What a repository holds, in as much detail as restoring needs."""

from .pgbackrest import RepositoryProblem, information, stanza


def stanza_info() -> dict:
    """The answer of `info` for the stanza. @raises RepositoryProblem"""
    return next(found for found in information() if found["name"] == stanza())


def newest_backup(info: dict) -> dict:
    backups = [backup for backup in info["backup"] if not backup.get("error", False)]
    if not backups:
        said = [repository["status"]["message"] for repository in info.get("repo", [])] or [info["status"]["message"]]
        # Only the first line: with a wrong passphrase the others quote what was decrypted.
        reasons = "; ".join(message.splitlines()[0] for message in said)
        hint = " (wrong passphrase?)" if "FormatError" in reasons or "CryptoError" in reasons else ""
        raise RepositoryProblem(f"the repository has no backup that can be restored: {reasons}{hint}")
    return max(backups, key=lambda backup: backup["timestamp"]["stop"])


def newest_segment(info: dict, backup: dict) -> str | None:
    """The last archived WAL segment of the backup's database: what a restore must reach."""
    return max(
        (
            archive["max"]
            for archive in info["archive"]
            if archive["database"]["id"] == backup["database"]["id"] and archive["max"] is not None
        ),
        default=None,
    )
