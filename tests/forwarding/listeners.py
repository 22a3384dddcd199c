"""Those who are told by syslog: real sockets on this machine, which can be rude."""

import datetime
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

type Manners = Callable[[socket.socket], object]


class Listener:
    """Takes connections; each goes through `manners`, which usually read to the end and close."""

    def __init__(self, scheme: str, tls: ssl.SSLContext | None = None) -> None:
        self.scheme = scheme
        self.taken: list[bytes] = []
        self.manners: Manners = self.read_to_the_end
        self._tls = tls
        self._over = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.02)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self._socket.getsockname()[1]}"

    @property
    def frames(self) -> list[bytes]:
        return [frame for data in self.taken for frame in counted(data)]

    def read_to_the_end(self, place: socket.socket) -> None:
        data = b""
        while piece := place.recv(4096):
            data += piece
        self.taken.append(data)

    @contextmanager
    def listening(self) -> Iterator["Listener"]:
        thread = threading.Thread(target=self._listen)
        thread.start()
        yield self
        self._over.set()
        thread.join()
        self._socket.close()

    def _listen(self) -> None:
        while not self._over.is_set():
            with suppress(TimeoutError):
                place, _ = self._socket.accept()
                place.settimeout(3)
                with suppress(OSError), self._secured(place) as secured:
                    self.manners(secured)

    def _secured(self, place: socket.socket) -> socket.socket:
        return self._tls.wrap_socket(place, server_side=True) if self._tls else place


def counted(data: bytes) -> Iterator[bytes]:
    """The frames of a stream; each has its length before it."""
    while data:
        length, _, rest = data.partition(b" ")
        yield rest[: int(length)]
        data = rest[int(length) :]


@contextmanager
def datagrams() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as place:
        place.bind(("127.0.0.1", 0))
        place.settimeout(2)
        yield place


def certificate(folder: Path, *, address: str = "127.0.0.1") -> Path:
    """A certificate for an address of this machine that signs itself, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a listener of the tests")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "listener.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return file
