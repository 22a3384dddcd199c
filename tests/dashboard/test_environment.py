"""Settings are read exactly, from the environment, a file or a .env; what cannot be read is named, not shown."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.environment import Environment, Problem

NAME = "QUEUESCOPE_TEST"


@pytest.fixture(autouse=True)
def clean_environment() -> Iterator[None]:
    """Whatever a test sets is gone after it."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def env() -> Environment:
    return Environment()


@pytest.mark.parametrize(
    ("text", "value"), [("1", True), ("Yes", True), ("on", True), ("0", False), ("off", False), ("FALSE", False)]
)
def test_a_switch_is_read(env: Environment, text: str, value: bool) -> None:
    os.environ[NAME] = text
    assert env.bool(NAME, default=not value) is value


@pytest.mark.parametrize("text", ["ture", "2", "yes please", "-"])
def test_a_switch_that_is_mistyped_is_a_problem_and_not_off(env: Environment, text: str) -> None:
    os.environ[NAME] = text
    assert env.bool(NAME, default=True) is True
    assert env.problems == [Problem(NAME, "must be one of true, false, yes, no, on, off, 1, 0")]


@pytest.mark.parametrize("text", ["20 s", "1,000", "nan", "inf", "$OTHER", "ten"])
def test_a_number_is_read_exactly_or_not_at_all(env: Environment, text: str) -> None:
    os.environ[NAME] = text
    assert env.float(NAME, default=20.0) == 20.0
    assert env.problems == [Problem(NAME, "must be a number")]


def test_a_value_with_a_dollar_is_that_value(env: Environment) -> None:
    os.environ |= {NAME: "$OTHER", "OTHER": "not this"}
    assert env.str(NAME, default="") == "$OTHER"


def test_an_empty_value_is_not_set(env: Environment) -> None:
    os.environ[NAME] = ""
    assert env.int(NAME, default=7) == 7
    assert env.problems == []


def test_a_list_loses_blanks_and_nothing_else(env: Environment) -> None:
    os.environ[NAME] = " one, two ,,three "
    assert env.list(NAME, default=[]) == ["one", "two", "three"]


def test_a_secret_comes_from_its_file_without_the_last_newline(env: Environment, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from the file\n")
    os.environ |= {f"{NAME}_FILE": str(tmp_path / "secret"), NAME: "from the environment"}
    assert env.str(NAME, default="") == "from the file"


def test_a_file_that_cannot_be_read_is_a_problem(env: Environment, tmp_path: Path) -> None:
    os.environ[f"{NAME}_FILE"] = str(tmp_path / "absent")
    assert env.str(NAME, default="") == ""
    assert env.problems == [Problem(f"{NAME}_FILE", "must name a text file that can be read")]


@pytest.mark.parametrize(
    "address",
    [
        "mysql://ana:hunter2@db/queues",
        "unknown://ana:hunter2@db/queues",
        "postgres://ana:hunter2@db:port/queues",
        "sqlite://hunter2/file",
        "hunter2",
    ],
)
def test_a_database_we_cannot_use_is_a_problem_that_shows_no_password(
    env: Environment, capfd: pytest.CaptureFixture[str], address: str
) -> None:
    os.environ[NAME] = address
    assert env.database(NAME, default="sqlite:////srv/queues.sqlite3")["NAME"] == "/srv/queues.sqlite3"
    assert [problem.name for problem in env.problems] == [NAME]
    assert "hunter2" not in str(env.problems) + "".join(capfd.readouterr())


def test_a_path_with_blanks_and_signs_is_a_database(env: Environment) -> None:
    os.environ[NAME] = "sqlite:////srv/my%20queues/50%25%2B.sqlite3"
    assert env.database(NAME, default="sqlite:///other")["NAME"] == "/srv/my queues/50%+.sqlite3"


@pytest.mark.parametrize(
    ("address", "location"),
    [
        ("redis://cache", "redis://cache/0"),
        ("redis://cache:6380/2", "redis://cache:6380/2"),
        ("rediss://ana:hunter%2C2@cache.example.com:6379/0", "rediss://ana:hunter%2C2@cache.example.com:6379/0"),
        ("valkey://:hunter2@[::1]:6379/1", "redis://:hunter2@[::1]:6379/1"),
    ],
)
def test_a_redis_or_a_valkey_is_a_cache(env: Environment, address: str, location: str) -> None:
    os.environ[NAME] = address
    config = env.cache_place(NAME, default="locmemcache://here")
    assert config == {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": location}
    assert env.problems == []


@pytest.mark.parametrize(
    "address",
    [
        "redis://",
        "redis:///2",
        "redis://ana:hunter2@cache:port/0",
        "redis://ana:hunter2@cache/first",
        "redis://ana:hunter2@cache/0?db=3",
        "redis://ana:hunter2@one,two/0",
        "rediscache://ana:hunter2@cache/0",
        "memcache://ana:hunter2@cache",
        "valkeys://ana:hunter2@cache",
        "hunter2",
    ],
)
def test_a_cache_we_cannot_use_is_a_problem_that_shows_no_password(
    env: Environment, capfd: pytest.CaptureFixture[str], address: str
) -> None:
    os.environ[NAME] = address
    assert "locmem" in env.cache_place(NAME, default="locmemcache://here")["BACKEND"]
    assert [problem.name for problem in env.problems] == [NAME]
    assert "hunter2" not in str(env.problems) + "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("address", "port", "use_tls", "use_ssl"),
    [
        ("smtp://mail.example.com", 25, False, False),
        ("smtp+tls://ana:p%40ss@mail.example.com", 587, True, False),
        ("smtp+ssl://ana:p%40ss@mail.example.com:4650", 4650, False, True),
    ],
)
def test_a_server_for_mail_is_read(env: Environment, address: str, port: int, use_tls: bool, use_ssl: bool) -> None:
    os.environ[NAME] = address
    options = env.mailers(NAME)["default"]["OPTIONS"]
    assert (options["host"], options["port"]) == ("mail.example.com", port)
    assert (options["use_tls"], options["use_ssl"]) == (use_tls, use_ssl)
    assert options["password"] == ("p@ss" if "@mail" in address else "")


@pytest.mark.parametrize(
    "address", ["mail.example.com", "smtps://mail", "smtp://", "smtp://h:x", "smtp://h/path", "smtp://h?a=b"]
)
def test_a_server_for_mail_that_cannot_be_is_a_problem(env: Environment, address: str) -> None:
    os.environ[NAME] = address
    assert env.mailers(NAME) == {}
    assert [problem.name for problem in env.problems] == [NAME]


def test_a_choice_takes_its_words_only(env: Environment) -> None:
    os.environ[NAME] = "debug"
    assert env.choice(NAME, "INFO", "DEBUG") == "DEBUG"
    os.environ[NAME] = "chatty"
    assert env.choice(NAME, "INFO", "DEBUG") == "INFO"
    assert env.problems == [Problem(NAME, "must be one of INFO, DEBUG")]


def test_the_environment_goes_before_the_file_and_env_file_names_another(env: Environment, tmp_path: Path) -> None:
    (tmp_path / "default").write_text(f"{NAME}=default\n")
    (tmp_path / "other").write_text(f"{NAME}='other'\nSECOND=set\n")
    os.environ |= {"ENV_FILE": str(tmp_path / "other"), "SECOND": "mine"}
    env.read_dotenv(tmp_path / "default")
    assert env.str(NAME, default="") == "other"
    assert env.str("SECOND", default="") == "mine"


def test_an_empty_env_file_reads_none(env: Environment, tmp_path: Path) -> None:
    (tmp_path / "default").write_text(f"{NAME}=default\n")
    os.environ["ENV_FILE"] = ""
    env.read_dotenv(tmp_path / "default")
    assert env.str(NAME, default="unset") == "unset"


def test_a_named_env_file_that_is_not_there_is_a_problem(env: Environment, tmp_path: Path) -> None:
    os.environ["ENV_FILE"] = str(tmp_path / "absent")
    env.read_dotenv(tmp_path / "default")
    assert env.problems == [Problem("ENV_FILE", "must name a file that can be read")]


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_whatever_is_there_reading_never_fails(text: str) -> None:
    env = Environment()
    os.environ[NAME] = text
    env.bool(NAME, default=False)
    env.int(NAME, default=1)
    env.float(NAME, default=1.0)
    env.list(NAME, default=[])
    env.mapping(NAME)
    env.database(NAME, default="sqlite:////srv/queues.sqlite3")
    env.cache_place(NAME, default="locmemcache://here")
    assert {problem.name for problem in env.problems} <= {NAME}


# What a group may be called: an equals sign, but no comma, and no blank around it.
_names = st.text(st.characters(exclude_characters="\0,", exclude_categories=["Cs"])).map(str.strip).filter(bool)
_values = _names.map(lambda text: text.replace("=", "").strip()).filter(bool)


@given(st.dictionaries(_names, _values, min_size=1))
def test_a_mapping_comes_back_as_it_was_written(pairs: dict[str, str]) -> None:
    env = Environment()
    os.environ[NAME] = " , ".join(f"{name} = {value}" for name, value in pairs.items())

    assert env.mapping(NAME) == pairs
    assert env.problems == []


@pytest.mark.parametrize("text", ["hunter2", "hunter2=", "=hunter2", "a=b,hunter2", "a=hunter2,a=b", "a=b;c,=", "="])
def test_a_mapping_that_is_none_is_a_problem_that_shows_no_value(env: Environment, text: str) -> None:
    os.environ[NAME] = text

    assert env.mapping(NAME) == {}
    assert env.problems == [Problem(NAME, "must be pairs with commas, each name once: name=value,other=value")]


def test_a_mapping_that_is_not_set_is_empty(env: Environment) -> None:
    assert (env.mapping(NAME), env.problems) == ({}, [])
