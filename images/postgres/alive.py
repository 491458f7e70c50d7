#!/usr/bin/python3 -I
"""
Liveness of a member: exit code 0, or 1 with the reason. Asks nothing outside the container.
Usage: edtech-alive [SOCKET [PATRONI_PORT [SECONDS]]]

Patroni's own `/liveness` stays 200 while the postmaster is frozen: its open connection still works, nobody fails over, and
every new connection hangs. So this opens a new one. It sends PostgreSQL's SSLRequest, which a freshly forked backend answers with one byte
before it looks at any table or lock: a server that starts up, recovers, shuts down or is full answers as well.
No server at all (nothing listens) is Patroni's business: it clones, rewinds, starts, or waits for the leader lock.
"""

import http.client
import socket
import ssl
import struct
import sys

SSL_REQUEST = struct.pack("!ii", 8, 80877103)


def patroni_problem(port: int, patience: float) -> str | None:
    # Our own loopback: there is no one to impersonate Patroni, and its certificate names the pod and not this address.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=patience, context=context)
    try:
        connection.request("GET", "/liveness")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"Patroni does not answer: {error or type(error).__name__}"
    finally:
        connection.close()
    return None if status == 200 else f"Patroni answers /liveness with {status}"


def postmaster_problem(path: str, patience: float) -> str | None:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(patience)
        try:
            client.connect(path)
            client.sendall(SSL_REQUEST)
            client.recv(1)
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        except (ConnectionResetError, BrokenPipeError):
            # It went away just now.
            return None
        except (TimeoutError, BlockingIOError):
            return f"PostgreSQL accepts no new connection: no answer within {patience:g} s at {path}"
    return None


def main(path: str = "/var/run/postgresql/.s.PGSQL.5432", port: str = "8008", patience: str = "3") -> int:
    problem = patroni_problem(int(port), float(patience)) or postmaster_problem(path, float(patience))
    if problem is not None:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
