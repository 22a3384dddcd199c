"""A door in front of a server by which everybody is somebody who is signed in, for programs that take no cookie."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit


@contextmanager
def door(url: str, cookies: Mapping[str, str]) -> Iterator[str]:
    """Its address. It passes on what is asked for with these cookies, and the answers as they are."""
    place = urlsplit(url)
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asking = HTTPConnection(place.hostname or "", place.port, timeout=60)
            headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
            asking.request("GET", self.path, headers=headers | ({"Cookie": cookie} if cookie else {}))
            answer = asking.getresponse()
            body = answer.read()
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            asking.close()

        def log_message(self, *args: object) -> None:
            """Nobody reads along."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
