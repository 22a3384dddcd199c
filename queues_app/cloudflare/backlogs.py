"""About how many messages wait in each queue of an account, by one question to Cloudflare's GraphQL analytics.

The numbers are averages of sampled moments, and a queue that nobody writes or reads has no row: one that is missing
is unknown, not empty. They say where to look first, and no more.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from queues_app.cloudflare import wire
from queues_app.cloudflare.analytics import ANALYTICS, MOST_ROWS, datasets_of, written
from queues_app.cloudflare.answers import Answer
from queues_app.cloudflare.asking import Asking
from queues_app.cloudflare.auth import Auth
from queues_app.cloudflare.caller import Parts
from queues_app.cloudflare.payloads import hex_id
from queues_app.cloudflare.wire import NULL

_QUERY: Final = f"""query Backlogs($accountTag: string!, $since: Time!, $until: Time!) {{
  viewer {{
    accounts(filter: {{accountTag: $accountTag}}) {{
      backlog: queueBacklogAdaptiveGroups(
        limit: {MOST_ROWS}
        filter: {{datetime_geq: $since, datetime_leq: $until}}
      ) {{ avg {{ messages }} dimensions {{ queueId }} }}
    }}
  }}
}}"""


class BacklogCalls(Asking):
    """The part of the client that asks for the backlogs of all queues at once."""

    def backlogs(self, auth: Auth, *, account_id: str, since: datetime, until: datetime) -> Answer[Mapping[str, float]]:
        """Id of a queue → messages that waited between two moments, on the average; no more than 10,000 queues.

        Needs a permission of its own: Account Analytics: Read.
        """
        variables = {
            "accountTag": hex_id(account_id, "account"),
            "since": written(since),
            "until": written(until),
        }
        return self._caller.call(auth, ANALYTICS, {}, _read, payload={"query": _QUERY, "variables": variables})


class _Row(msgspec.Struct):
    avg: msgspec.Raw = NULL
    dimensions: msgspec.Raw = NULL


class _Average(msgspec.Struct):
    messages: msgspec.Raw = NULL


class _Dimensions(msgspec.Struct, rename="camel"):
    queue_id: msgspec.Raw = NULL


_row = msgspec.json.Decoder(_Row)
_average = msgspec.json.Decoder(_Average)
_dimensions = msgspec.json.Decoder(_Dimensions)


def _read(parts: Parts) -> Mapping[str, float] | None:
    datasets = datasets_of(parts.data)
    if datasets is None:
        return None
    if not datasets:
        return {}
    raw_rows = datasets.get("backlog", NULL)
    rows = None if wire.is_null(raw_rows) else wire.items(raw_rows)
    if rows is None:
        return None
    found: dict[str, float] = {}
    for raw in rows:
        row = wire.struct(_row, raw) or _Row()
        average = wire.struct(_average, row.avg) or _Average()
        dimensions = wire.struct(_dimensions, row.dimensions) or _Dimensions()
        queue_id, messages = wire.name(dimensions.queue_id), wire.number(average.messages)
        if queue_id and messages is not None:
            found[queue_id] = messages
    return found
