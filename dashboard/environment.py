"""Reads settings from the environment, strictly, and remembers what it could not read.

django-environ guesses: `HTTPS_ONLY=ture` is False to it, `20 s` is a number, `$abc` names another variable, and
a file's last newline belongs to the secret. Here a value is read exactly or not at all; what cannot be read keeps
its default and is reported by a system check (`queues_app/checks/`), by name and never by value.
"""

import math
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import environ
from environ.fileaware_mapping import FileAwareMapping

from dashboard.stores import REDIS

DATABASE_ENGINES: Final = {"django.db.backends.sqlite3", "django.db.backends.postgresql"}
CACHE_BACKENDS: Final = {
    "django.core.cache.backends.db.DatabaseCache",
    "django.core.cache.backends.filebased.FileBasedCache",
    "django.core.cache.backends.locmem.LocMemCache",
}

# What the addresses of a Redis or a Valkey begin with, and what redis-py calls them.
_REDIS_SCHEMES: Final = {"redis": "redis", "rediss": "rediss", "valkey": "redis"}

# How a server for mail is reached, and at which port where none is named.
_MAIL_PORTS: Final = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}
_MAIL_PATIENCE_S: Final = 20

_TRUE: Final = {"1", "true", "yes", "on"}
_FALSE: Final = {"0", "false", "no", "off"}


@dataclass(frozen=True, slots=True)
class Problem:
    """A setting that could not be read: its name, and what would have been right ("must be …")."""

    name: str
    must: str


class Environment(environ.Env):  # type: ignore[misc]  # it has no types
    """`env.str("NAME")` and the like; `NAME_FILE` names a file that holds the value. Empty means: not set."""

    # The .env file is read into this, which must not look into any NAME_FILE on the way.
    ENVIRON = os.environ

    def __init__(self) -> None:
        super().__init__()
        self._values = FileAwareMapping(os.environ, cache=False)
        self.problems: list[Problem] = []
        self.names: set[str] = set()  # every setting that was asked for, for the tests of the docs

    def read_dotenv(self, default: Path) -> None:
        """Take what is not set yet from the file that `ENV_FILE` names (empty: none), else from `default`."""
        self.names.add("ENV_FILE")
        named = os.environ.get("ENV_FILE")
        path = default if named is None else Path(named)
        if named and not path.is_file():
            self.problems.append(Problem("ENV_FILE", "must name a file that can be read"))
        if named != "" and path.is_file():
            self.read_env(path)

    def get_value(self, var: str, cast: Any = None, default: Any = None, parse_default: bool = False) -> Any:
        """The value of one setting, or its default. Every method of this class comes here."""
        del parse_default
        self.names.add(var)
        try:
            text = str(self._values[var]).strip()
        except KeyError:
            return default
        except (OSError, ValueError):
            self.problems.append(Problem(f"{var}_FILE", "must name a text file that can be read"))
            return default
        if not text:
            return default
        read, must = _READERS[cast]
        try:
            return read(text)
        except ValueError:
            self.problems.append(Problem(var, f"must be {must}"))
            return default

    def mapping(self, var: str) -> dict[str, str]:
        """Pairs `name=value` with commas between; the last `=` of a pair parts it. Empty for none."""
        found: dict[str, str] = self.get_value(var, cast=dict, default={})
        return found

    def choice(self, var: str, default: str, *others: str) -> str:
        """One of a few words, whatever their case."""
        value = str(self.get_value(var, default=default)).upper()
        if value in (default, *others):
            return value
        self.problems.append(Problem(var, f"must be one of {', '.join((default, *others))}"))
        return default

    def database(self, var: str, *, default: str) -> dict[str, Any]:
        """One entry of Django's DATABASES from an address, of SQLite or PostgreSQL."""
        must = "must be sqlite:////path/to/file or postgres://user:password@host/name"
        return self._from_address(
            var, default, must, self.db_url_config, lambda config: config.get("ENGINE") in DATABASE_ENGINES
        )

    def cache_place(self, var: str, *, default: str) -> dict[str, Any]:
        """One entry of Django's CACHES from an address."""
        must = "must be redis://host:6379/0, rediss:// or valkey://, dbcache://table, filecache:///path or locmemcache://name"
        return self._from_address(var, default, must, self._cache_config, lambda config: "BACKEND" in config)

    def _cache_config(self, text: str) -> dict[str, Any]:
        if urlsplit(text).scheme in _REDIS_SCHEMES:
            return {"BACKEND": REDIS, "LOCATION": _redis_address(text)}
        # django-environ knows other ways to name a Redis, and lets options of redis-py through.
        config: dict[str, Any] = self.cache_url_config(text)
        return config if config.get("BACKEND") in CACHE_BACKENDS else {}

    def mailers(self, var: str) -> dict[str, Any]:
        """Django's MAILERS from the address of a server for mail; empty where it cannot be read."""
        must = "must be smtp://, smtp+tls:// (STARTTLS) or smtp+ssl://user:password@host:port"
        try:
            return _mailers(self.get_value(var, default=""))
        except ValueError:
            self.problems.append(Problem(var, must))
            return {}

    def _from_address(
        self,
        var: str,
        default: str,
        must: str,
        read: Callable[[str], dict[str, Any]],
        is_good: Callable[[dict[str, Any]], bool],
    ) -> dict[str, Any]:
        try:
            with warnings.catch_warnings():
                # What is odd to django-environ is a warning that shows the address, password and all.
                warnings.simplefilter("error", UserWarning)
                config = read(self.get_value(var, default=default))
        except (ValueError, KeyError, UserWarning, environ.ImproperlyConfigured):
            config = {}
        if is_good(config):
            return config
        self.problems.append(Problem(var, must))
        return read(default)


def _redis_address(text: str) -> str:
    """The address in redis-py's words. A comma or a semicolon would be two servers to Django, a query their options."""
    address = urlsplit(text)
    number = address.path.removeprefix("/")
    _port = address.port  # raises ValueError for what is none
    is_whole = not (address.query or address.fragment or set(text) & {",", ";"})
    if not address.hostname or not is_whole or (number and not (number.isascii() and number.isdigit())):
        raise ValueError
    return f"{_REDIS_SCHEMES[address.scheme]}://{address.netloc}/{number or 0}"


def _mailers(text: str) -> dict[str, Any]:
    address = urlsplit(text)
    if address.scheme not in _MAIL_PORTS or not address.hostname or set(address.path) - {"/"} or address.query:
        raise ValueError
    options = {
        "host": address.hostname,
        "port": address.port or _MAIL_PORTS[address.scheme],
        "username": unquote(address.username or ""),
        "password": unquote(address.password or ""),
        "use_tls": address.scheme == "smtp+tls",
        "use_ssl": address.scheme == "smtp+ssl",
        "timeout": _MAIL_PATIENCE_S,
    }
    return {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}}


def _read_bool(text: str) -> bool:
    lowered = text.lower()
    if lowered not in _TRUE | _FALSE:
        raise ValueError
    return lowered in _TRUE


def _read_float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number


def _read_list(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _read_mapping(text: str) -> dict[str, str]:
    items = _read_list(text)
    found = {name.strip(): value.strip() for name, _sign, value in (item.rpartition("=") for item in items)}
    if len(found) < len(items) or not all(name and value for name, value in found.items()):
        raise ValueError
    return found


_READERS: Final[dict[Any, tuple[Callable[[str], Any], str]]] = {
    None: (str, "text"),
    str: (str, "text"),
    bool: (_read_bool, "one of true, false, yes, no, on, off, 1, 0"),
    int: (int, "a whole number"),
    float: (_read_float, "a number"),
    list: (_read_list, "a list with commas"),
    dict: (_read_mapping, "pairs with commas, each name once: name=value,other=value"),
}
