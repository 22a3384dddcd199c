"""A real provider of OpenID Connect over HTTP, which a test can make lie, and the keys of others."""

import io
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import oidc_provider_mock
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from werkzeug.serving import make_server

type App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def made_key(kid: str) -> dict[str, Any]:
    """A new RSA key: `private`, and `public` as it is published."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    return {"private": private, "public": {**public, "kid": kid, "alg": "RS256", "use": "sig"}, "kid": kid}


@contextmanager
def served(app: App) -> Iterator[str]:
    """The address of a WSGI application, while it is served."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Provider:
    """oidc-provider-mock. With `twist`, its ID tokens are made anew by a second key that it publishes as well."""

    def __init__(self) -> None:
        self._app: App = oidc_provider_mock.app().wsgi_app
        self.address = ""
        self.key = made_key("second")
        self.twist: Callable[[dict[str, Any]], str] | None = None
        self.config: dict[str, Any] = {}
        self.answers: dict[str, bytes] = {}  # in place of its own, by their path
        self.exchanges: list[dict[str, str]] = []  # what was sent to the token endpoint

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/oauth2/token":
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            self.exchanges.append(dict(parse_qsl(body.decode())))
            environ = {**environ, "wsgi.input": io.BytesIO(body)}
        head: list[Any] = []
        answer = b"".join(self._app(environ, lambda status, headers, *more: head.extend((status, headers))))
        status, headers = head
        if path == "/jwks":
            found = json.loads(answer)
            answer = json.dumps({"keys": [*found["keys"], self.key["public"]]}).encode()
        elif path == "/.well-known/openid-configuration":
            answer = json.dumps({**json.loads(answer), **self.config}).encode()
        elif path == "/oauth2/token" and self.twist:
            found = json.loads(answer)
            claims = jwt.decode(found["id_token"], options={"verify_signature": False})
            answer = json.dumps({**found, "id_token": self.twist(claims)}).encode()
        # A browser that comes here reaches for nothing elsewhere.
        answer = self.answers.get(path, re.sub(rb"<link[^>]*>", b"", answer))
        kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
        start_response(status, [*kept, ("Content-Length", str(len(answer)))])
        return [answer]

    def signed(self, claims: dict[str, Any], **more: Any) -> str:
        """A token of the second key."""
        options = {"algorithm": "RS256", "headers": {"kid": "second"}, **more}
        return jwt.encode(claims, self.key["private"], **options)

    def person(self, sub: str, **claims: Any) -> None:
        """Somebody the provider knows, as it knows them now."""
        said = {"preferred_username": sub, "name": "Ana Reyes", **claims}
        requests.put(f"{self.address}/users/{sub}", json=said, timeout=10).raise_for_status()

    def agree(self, location: str, sub: str) -> str:
        """What the person does there: the path by which the browser comes back."""
        return self._answer(location, {"sub": sub})

    def deny(self, location: str) -> str:
        return self._answer(location, {"action": "deny"})

    def _answer(self, location: str, form: dict[str, str]) -> str:
        answer = requests.post(location, data=form, allow_redirects=False, timeout=10)
        back = urlsplit(answer.headers["Location"])
        return f"{back.path}?{back.query}"
