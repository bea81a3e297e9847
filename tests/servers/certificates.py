"""A certificate for loopback that nobody trusts until told to."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import NamedTuple

from tests.servers import processes


class Certificate(NamedTuple):
    path: Path
    server: ssl.SSLContext


def make(folder: Path) -> Certificate:
    """A self-signed certificate for 127.0.0.1. Skips the test without openssl."""
    processes.need("openssl")
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem"]
    processes.run(["openssl", "req", "-x509", "-days", "2", *key, *subject, "-out", "cert.pem"], cwd=folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return Certificate(folder / "cert.pem", context)
