"""A proxy with TLS in front of a dashboard, small: it ends TLS, adds its headers, and passes Host on."""

import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Final

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.waiting import LONG_ENOUGH

_HOP_BY_HOP: Final = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, headers = self.path, {name: value for name, value in self.headers.items() if name.lower() != "connection"}
        if self.server.strips:
            path = path.removeprefix(self.server.strips)
        chain = [self.headers.get("X-Forwarded-For"), self.client_address[0]]
        headers["X-Forwarded-For"] = ", ".join(item for item in chain if item)
        headers["X-Forwarded-Proto"] = "https"
        headers.update(self.server.adds)
        answer = self.server.upstream.request(self.command, path, headers=headers, content=body)
        self.send_response(answer.status_code)
        for name, value in answer.headers.multi_items():
            if name.lower() not in _HOP_BY_HOP and name.lower() != "content-encoding":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.content)

    do_GET = do_POST = do_HEAD = _pass_on  # noqa: N815 - the library's names

    def log_message(self, *_args: object) -> None:
        """The dashboard's own log is enough."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    upstream: httpx.Client
    strips: str
    adds: Mapping[str, str]


@contextmanager
def tls_proxy(upstream: str, directory: Path, *, strips: str = "", **adds: str) -> Iterator[httpx.Client]:
    """A browser that trusts the proxy, and keeps cookies by their path as browsers do.

    `strips` is taken off each path; `adds` are headers, such as `X_Forwarded_Prefix`.
    """
    certificate = _make_certificate(directory)
    inside = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    inside.load_cert_chain(certificate)
    server = _Server(("127.0.0.1", 0), _Handler)
    server.socket = inside.wrap_socket(server.socket, server_side=True)
    server.strips, server.adds = strips, {name.replace("_", "-"): value for name, value in adds.items()}
    with httpx.Client(base_url=upstream, timeout=LONG_ENOUGH, trust_env=False) as server.upstream:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            with httpx.Client(
                base_url=f"https://127.0.0.1:{server.server_port}",
                verify=ssl.create_default_context(cafile=certificate),
                timeout=LONG_ENOUGH,
                trust_env=False,
            ) as browser:
                yield browser
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def _make_certificate(directory: Path) -> Path:
    """A key and a certificate for 127.0.0.1 that signs itself, made anew for each test."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = directory / "proxy.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return file
