"""An HTTPS server that answers as a test says. TLS_DIRECTORY holds its certificate and the CA, as a pod's account does."""

import json
import os
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DIRECTORY = os.environ["TLS_DIRECTORY"]
BROKEN_OFF = object()


class Answering:
    """@param answer given method, path and body; returns (status, text or object), or BROKEN_OFF"""

    def __init__(self, answer) -> None:
        self.asked: list[tuple[str, str]] = []
        self.agents: set[str] = set()
        # Ports of the clients' ends.
        self.connections: set[int] = set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            # Connections last for as many requests as the client likes, as those of the API server do.
            protocol_version = "HTTP/1.1"

            def do(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.asked.append((self.command, self.path))
                outer.agents.add(self.headers["User-Agent"])
                outer.connections.add(self.client_address[1])
                said = answer(self.command, self.path, json.loads(body) if body else None)
                status, content = (200, "") if said is BROKEN_OFF else said
                text = (content if isinstance(content, str) else json.dumps(content)).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text) + (10 if said is BROKEN_OFF else 0)))
                self.end_headers()
                self.wfile.write(text)
                self.close_connection |= said is BROKEN_OFF

            do_GET = do_PATCH = do_PUT = do_POST = do

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{DIRECTORY}/tls.crt", f"{DIRECTORY}/tls.key")
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_port
        # How often it looks whether it is to end, in seconds.
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
