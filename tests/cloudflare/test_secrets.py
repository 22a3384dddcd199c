"""No secret leaves as anything but a header."""

import logging
import traceback
from types import TracebackType

import httpx
import pytest

from queues_app import cloudflare
from queues_app.cloudflare import CloudflareError
from tests.cloudflare.scripted import EVERYTHING, SECRET, TOKEN, Step, answer, bad, here, script

ECHO = f"bad token Bearer {SECRET}"
STEPS: dict[str, Step] = {
    "echoed in an error": bad(403, 10000, ECHO),
    "echoed in a page": answer(502, f"<html><title>{ECHO}</title>".encode()),
    "echoed in everything": answer(
        400,
        {
            "errors": [
                {
                    "code": 1,
                    "message": {"x": ECHO},
                    "documentation_url": f"https://example.com/{SECRET}",
                    "source": {"pointer": ECHO},
                    "error_chain": [{"message": ECHO}, ECHO],
                },
                ECHO,
            ]
        },
        {"cf-ray": SECRET},
    ),
    "echoed in errors that are a text": answer(400, {"errors": ECHO}),
    "echoed as no JSON": answer(200, ECHO.encode()),
    "in the library's exception": httpx.ReadError(f"oops {ECHO}"),
    "not sent": httpx.ConnectError(ECHO),
    "redirected": httpx.Response(302, headers={"location": f"https://x/{SECRET}"}),
}


def everything_a_report_shows(error: BaseException | None) -> str:
    """As much as an error reporter with local variables would print, along the whole chain."""
    shown = []
    while error is not None:
        shown += traceback.format_exception(error)
        shown.append(repr(error))
        shown.append(repr(vars(error)))
        shown += locals_of(error.__traceback__)
        error = error.__cause__ or error.__context__
    return "\n".join(shown)


def locals_of(trace: TracebackType | None) -> list[str]:
    found = []
    while trace is not None:
        if "/queues_app/" in trace.tb_frame.f_code.co_filename:
            found += [f"{name}={value!r}" for name, value in trace.tb_frame.f_locals.items()]
        elif "/tests/" not in trace.tb_frame.f_code.co_filename:
            found.append(f"a frame of {trace.tb_frame.f_code.co_filename} is in the chain: {SECRET}")
        trace = trace.tb_next
    return found


@pytest.mark.parametrize("name", ["metrics", "pull", "peek", "queues", "settle"])
@pytest.mark.parametrize("step", STEPS)
def test_no_error_shows_the_secret_however_closely_it_is_looked_at(
    step: str, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(CloudflareError) as caught:
        EVERYTHING[name](script(STEPS[step]).client())
    assert SECRET not in everything_a_report_shows(caught.value)
    assert SECRET not in caplog.text


def test_a_client_that_has_worked_holds_no_secret() -> None:
    played = script(answer(200, {"success": True, "result": {"backlog_count": 1}}))
    client = played.client()
    answered = client.metrics(TOKEN, **here())
    assert SECRET not in repr(vars(client)) + repr(answered)
    assert SECRET not in repr([vars(part) for part in vars(client).values()])


def test_the_key_of_a_pair_is_hidden_as_well() -> None:
    auth = cloudflare.GlobalKey(email="ops@example.com", key="1234567890abcdef")
    with pytest.raises(CloudflareError) as caught:
        script(bad(400, 6003, "Invalid X-Auth-Key 1234567890abcdef")).client().metrics(auth, **here())
    assert caught.value.errors[0].message == "Invalid X-Auth-Key [secret]"
