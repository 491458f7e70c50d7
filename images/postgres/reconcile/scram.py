"""
SCRAM-SHA-256 verifiers: the server stores one, so no password travels in a statement. The verifier does: whoever has it can try passwords
and pretend to be the server, so the statement that sets it is kept nowhere (`database.UNRECORDED`).
"""

import base64
import hashlib
import hmac
import os

ITERATIONS = 4096


def verifier(password: str, salt: bytes | None = None, iterations: int = ITERATIONS) -> str:
    """What `pg_authid.rolpassword` holds for the password."""
    salt = os.urandom(16) if salt is None else salt
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    encoded = [base64.b64encode(part).decode() for part in (salt, stored, server)]
    return f"SCRAM-SHA-256${iterations}:{encoded[0]}${encoded[1]}:{encoded[2]}"


def matches(password: str, stored: str | None) -> bool:
    """Whether a stored verifier was made from the password."""
    if stored is None or not stored.startswith("SCRAM-SHA-256$"):
        return False
    iterations, salt = stored.split("$")[1].split(":")
    expected = verifier(password, base64.b64decode(salt), int(iterations))
    return hmac.compare_digest(expected, stored)
