"""A PostgreSQL server of the image's own, and a way to it that breaks on demand."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import threading


class Server:
    """Listens on the loopback and trusts it; psycopg2 finds it by PGHOST, PGPORT and PGUSER."""

    def __init__(self, port: int = 5432) -> None:
        self.folder = tempfile.mkdtemp()
        data = f"{self.folder}/data"
        subprocess.run(["initdb", f"--pgdata={data}", "--auth=trust", "--no-sync"], check=True, stdout=subprocess.DEVNULL)
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder} -c fsync=off"
        # In the file, where a test can change it.
        with open(f"{data}/postgresql.conf", "a", encoding="utf-8") as file:
            file.write("archive_mode = on\narchive_command = 'true'\nshared_preload_libraries = 'pg_stat_statements'\n")
        self.control = ["pg_ctl", "-D", data]
        start = [*self.control, "-w", "-l", f"{self.folder}/log", "-o", options, "start"]
        subprocess.run(start, check=True, stdout=subprocess.DEVNULL)
        self.port = port
        os.environ.update(PGHOST="127.0.0.1", PGPORT=str(port), PGUSER="postgres", PGDATABASE="postgres")

    def stop(self) -> None:
        subprocess.run([*self.control, "-m", "immediate", "stop"], check=True, stdout=subprocess.DEVNULL)
        shutil.rmtree(self.folder)

    def rows(self, query: str, database: str = "postgres") -> list[tuple]:
        """By a program of its own: what the tests do to the driver does not matter to it."""
        separator = "\x1f"
        command = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-F", separator, "-h", "127.0.0.1", "-p", str(self.port), "-d", database]
        done = subprocess.run([*command, "-c", query], check=True, capture_output=True, text=True)
        return [tuple(line.split(separator)) for line in done.stdout.splitlines()]

    def run(self, *statements: str) -> None:
        for statement in statements:
            self.rows(statement)


def end(*sides: socket.socket) -> None:
    """Wakes whoever reads from them, which closing would not."""
    for side in sides:
        with contextlib.suppress(OSError):
            side.shutdown(socket.SHUT_RDWR)


class Proxy:
    """
    Passes connections on, until a client sends `needle`: the first connection that does is cut, with `answered` after the server
    has done it and without its answer having arrived, or `hanging`, open and without a word from then on. With `silent` it takes
    connections and never says a word.
    """

    def __init__(
        self, port: int, needle: bytes = b"", answered: bool = False, silent: bool = False, hanging: bool = False
    ) -> None:
        self.target, self.needle, self.answered, self.silent, self.hanging = port, needle, answered, silent, hanging
        self.cuts = 0
        self.open: list[socket.socket] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.open.append(client)
            if not self.silent:
                threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self.target)) as server:
            cutting = threading.Event()

            def answers() -> None:
                with contextlib.suppress(OSError):
                    while (data := server.recv(65536)) and not cutting.is_set():
                        client.sendall(data)
                end(client, server)

            answering = threading.Thread(target=answers, daemon=True)
            answering.start()
            with contextlib.suppress(OSError):
                while data := client.recv(65536):
                    if self.needle and self.needle in data and self.cuts == 0:
                        self.cuts += 1
                        if self.hanging:
                            continue
                        if not self.answered:
                            break
                        cutting.set()
                    server.sendall(data)
            # Where the answer is to be lost, the other side ends when it has come.
            if not cutting.is_set():
                end(client, server)
            answering.join()

    def close(self) -> None:
        self.listener.close()
        end(*self.open)
