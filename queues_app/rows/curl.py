"""The same call as a line for a shell, without the secret.

What must not be on a page stands as a variable of the shell: the secret, the lease id, the ref. All else is quoted, so
that no shell makes anything of it. Pure: values in, text out.
"""

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from queues_app import formats
from queues_app.models import Batch, Kind, Mode

LEASE_ID: Final = "$LEASE_ID"
REF: Final = "$REF"
_VARIABLE: Final = re.compile(r"\$(?:LEASE_ID|REF)(?![A-Z0-9_])")
_SIGNED: Final = {
    Kind.TOKEN: ('-H "Authorization: Bearer $CLOUDFLARE_API_TOKEN"',),
    Kind.GLOBAL_KEY: ('-H "X-Auth-Email: $CLOUDFLARE_EMAIL"', '-H "X-Auth-Key: $CLOUDFLARE_API_KEY"'),
}
_SECRETS: Final = {
    Kind.TOKEN: ("CLOUDFLARE_API_TOKEN",),
    Kind.GLOBAL_KEY: ("CLOUDFLARE_EMAIL", "CLOUDFLARE_API_KEY"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Curl:
    """A call to copy. `price` says what it uses up or removes, empty where it does neither."""

    key: str
    title: str
    text: str
    needs: str
    price: str = ""
    tone: str = ""


def command(*, base_url: str, account_id: str, queue_id: str, path: str, payload: Mapping[str, Any], kind: Kind) -> str:
    """`curl` with this payload to `…/queues/<id>/<path>`, one option in each line.

    A string of the payload that is LEASE_ID or REF becomes the shell's variable; any other `$` stays a `$`.
    """
    url = f"{base_url}/accounts/{account_id}/queues/{queue_id}/{path}"
    parts = (
        f"curl -X POST {shlex.quote(url)}",
        *_SIGNED[kind],
        "-H 'Content-Type: application/json'",
        f"--data {_quoted(json.dumps(payload))}",
    )
    return " \\\n  ".join(parts)


def of_look(batch: Batch, base_url: str) -> Curl:
    """The call that brought a kept batch, from its own record."""
    payload: dict[str, Any] = {"batch_size": batch.asked_for}
    if batch.mode != Mode.PULL:
        name = "peek" if batch.mode == Mode.PEEK else "preview"
        return _curl(batch, base_url, name, f"This {name}", f"messages/{name}", payload)
    payload["visibility_timeout_ms"] = batch.visibility_timeout_ms
    held = formats.duration_ms(batch.visibility_timeout_ms)
    return _curl(
        batch,
        base_url,
        "pull",
        "This pull",
        "messages/pull",
        payload,
        price=f"Pulls again: uses one attempt more of each message that comes, and leases it for {held}. "
        "Queuescope does not see those leases.",
        tone="is-price",
    )


def of_message(batch: Batch, base_url: str, *, is_held: bool, is_deletable: bool) -> tuple[Curl, ...]:
    """The calls that settle or delete one message. Its lease id and its ref are not shown: they are variables."""
    calls: list[Curl] = []
    if is_held:
        lease = {"lease_id": LEASE_ID}
        calls = [
            _curl(
                batch,
                base_url,
                "ack",
                "Acknowledge",
                "messages/ack",
                {"acks": [lease], "retries": []},
                needs=("LEASE_ID",),
                price="An acknowledged message is deleted from the queue.",
                tone="is-loss",
            ),
            _curl(
                batch,
                base_url,
                "retry",
                "Retry",
                "messages/ack",
                {"acks": [], "retries": [lease]},
                needs=("LEASE_ID",),
                price="The attempt stays used.",
            ),
        ]
    if is_deletable:
        calls.append(
            _curl(
                batch,
                base_url,
                "delete",
                "Delete",
                "messages/purge",
                {"refs": [{"ref": REF}]},
                needs=("REF",),
                price="A deleted message cannot be brought back.",
                tone="is-loss",
            )
        )
    return tuple(calls)


def _curl(
    batch: Batch,
    base_url: str,
    key: str,
    title: str,
    path: str,
    payload: Mapping[str, Any],
    *,
    needs: tuple[str, ...] = (),
    price: str = "",
    tone: str = "",
) -> Curl:
    kind = Kind(batch.account.credential.kind)
    return Curl(
        key=key,
        title=title,
        text=command(
            base_url=base_url,
            account_id=batch.account.account_id,
            queue_id=batch.queue_id,
            path=path,
            payload=payload,
            kind=kind,
        ),
        needs=f"Set {formats.listed((*_SECRETS[kind], *needs))} in your shell first.",
        price=price,
        tone=tone,
    )


def _quoted(text: str) -> str:
    """One word of the shell: single quotes around all but our variables, which stand in double quotes."""
    parts = []
    at = 0
    for variable in _VARIABLE.finditer(text):
        parts += [shlex.quote(text[at : variable.start()]), f'"{variable[0]}"']
        at = variable.end()
    if at < len(text) or not parts:
        parts.append(shlex.quote(text[at:]))
    return "".join(parts)
