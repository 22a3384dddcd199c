"""Which error an answer is, and what to say about it: status first, then code, then text.

Codes and statuses are those of Cloudflare's pages and of live reports; where these contradict each other,
every variant leads to the same diagnosis.
"""

from dataclasses import dataclass

from queues_app.cloudflare import errors
from queues_app.cloudflare.errors import Declined, ErrorItem


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One row of the table."""

    kind: type[Declined]
    reason: str
    sentence: str
    usually_means: str = ""
    retryable: bool = False


MALFORMED = Diagnosis(
    errors.InvalidCredential,
    "credential-malformed",
    "Cloudflare cannot read this credential.",
    "The token or key was cut short or has a stray character in it. Copy it again, whole, and replace the secret.",
)
UNKNOWN_TOKEN = Diagnosis(
    errors.InvalidCredential,
    "credential-invalid",
    "Cloudflare does not accept this credential.",
    "The token was rolled, deleted, switched off or has expired. A token that belongs to an account is "
    "refused by the "
    "user's check although it works: verify it against its account.",
)
NO_PERMISSION = Diagnosis(
    errors.NotPermitted,
    "not-permitted",
    "This credential may not do that here.",
    "The token lacks the permission, or it is not made for this account. Peek, pull, acknowledge and "
    "send need "
    "Queues: Edit; lists and counts need Queues: Read.",
)
NO_QUEUE = Diagnosis(
    errors.NotFound,
    "queue-not-found",
    "There is no such queue in this account.",
    "It was deleted, or it belongs to another account.",
)
NO_ROUTE = Diagnosis(
    errors.NotFound,
    "not-found",
    "Cloudflare finds nothing under this address.",
    "The account id is wrong, or this credential cannot see the account.",
)
NO_PULL = Diagnosis(
    errors.PullNotEnabled,
    "pull-not-enabled",
    "This queue has no HTTP pull consumer, so nothing can be pulled from it.",
    "A Worker consumes it, or nobody does. Peek works all the same. A queue has one consumer: an HTTP "
    "pull consumer "
    "can be added when there is no other, and takes some seconds to work after that.",
)
PAUSED = Diagnosis(
    errors.DeliveryPaused,
    "delivery-paused",
    "Delivery is paused, so nothing can be pulled.",
    "Somebody paused this queue. Messages still come in and still expire. Resume delivery to pull.",
)
DISABLED = Diagnosis(
    errors.DeliveryPaused,
    "queue-disabled",
    "The queue is switched off.",
    "It was paused or disabled; waiting does not help. Resume delivery first.",
)
TOO_OFTEN = Diagnosis(
    errors.RateLimited,
    "rate-limited",
    "Cloudflare refused: asked too often.",
    "1,200 requests in five minutes are allowed, over all tokens of the user and Cloudflare's own page. "
    "Beyond that every "
    "request is refused for up to five minutes.",
    retryable=True,
)
OVERLOADED = Diagnosis(
    errors.RateLimited,
    "queue-overloaded",
    "The queue takes no more at the moment: too many messages at once.",
    "A queue takes about 5,000 messages a second. Try again more slowly.",
    retryable=True,
)
STORAGE_FULL = Diagnosis(
    errors.RateLimited,
    "queue-full",
    "The queue is full: its backlog has reached the storage limit.",
    "Nothing more can be sent until messages are consumed or deleted.",
)
PLAN_LIMIT = Diagnosis(
    errors.RateLimited,
    "plan-limit",
    "The operations of the free plan are used up for today.",
    "The count begins anew at midnight UTC; a paid plan has no such limit.",
)
HAS_CONSUMER = Diagnosis(
    errors.Conflict,
    "consumer-exists",
    "This queue has a consumer already.",
    "A queue has at most one consumer, of whatever type. Remove the other one first.",
)
NAME_TAKEN = Diagnosis(
    errors.Conflict,
    "name-taken",
    "A queue of this name exists already.",
    "Names are unique within an account.",
)
CONFLICT = Diagnosis(
    errors.Conflict,
    "conflict",
    "Cloudflare refused: it stands against what is there.",
    "Look again, then decide.",
)
BAD_NAME = Diagnosis(
    errors.InvalidRequest,
    "queue-name-invalid",
    "Cloudflare does not accept this queue name.",
    "Letters, digits and dashes are allowed.",
)
BAD_SIZE = Diagnosis(
    errors.InvalidRequest,
    "message-too-large",
    "The message or the batch is too large or empty.",
    "A message has at most 128 KB, a batch 100 messages and 256 KB.",
)
BAD_DELAY = Diagnosis(
    errors.InvalidRequest,
    "delay-invalid",
    "Cloudflare does not accept the delay or the content type.",
    "A delay is at most 24 hours.",
)
BAD_BODY = Diagnosis(
    errors.InvalidRequest,
    "body-invalid",
    "Cloudflare does not accept this message body.",
    "A message of type json has to be an object or an array; send a plain text as type text.",
)
BAD_SETTINGS = Diagnosis(
    errors.InvalidRequest,
    "settings-invalid",
    "Cloudflare does not accept these settings.",
    "One is out of its bounds.",
)
BAD_ID = Diagnosis(
    errors.InvalidRequest,
    "queue-id-malformed",
    "Cloudflare does not accept this queue id.",
    "The path takes the id, not the name.",
)
NO_HANDLER = Diagnosis(
    errors.InvalidRequest,
    "no-queue-handler",
    "The Worker has no queue handler.",
    "The script has to export a queue() function before it can consume.",
)
BAD_REQUEST = Diagnosis(
    errors.InvalidRequest,
    "invalid-request",
    "Cloudflare does not accept the request.",
    "A value is out of bounds or missing. Its own words follow.",
)
WRONG_METHOD = Diagnosis(
    errors.InvalidRequest,
    "method-not-allowed",
    "Cloudflare does not offer this call here.",
    "The account may not have this call yet.",
)
SERVER_FAULT = Diagnosis(
    errors.ServerFault,
    "server-fault",
    "Cloudflare has an internal error.",
    "Trouble on their side, as a rule for a short time; see cloudflarestatus.com.",
    retryable=True,
)
GATEWAY = Diagnosis(
    errors.ServerFault,
    "gateway-fault",
    "Cloudflare's edge got no good answer from its own service.",
    "Trouble on their side, as a rule for a short time; see cloudflarestatus.com.",
    retryable=True,
)
NO_ANALYTICS = Diagnosis(
    errors.NotPermitted,
    "analytics-not-permitted",
    "This credential may not read analytics.",
    "The token needs Account Analytics: Read for this account, beside what it needs for queues.",
)
ANALYTICS_LIMIT = Diagnosis(
    errors.RateLimited,
    "analytics-rate-limited",
    "Cloudflare refused: analytics were asked for too often.",
    "About 300 such questions in five minutes are allowed for all tokens of the user, beside the limit of the other "
    "calls. Nothing but analytics waits for it.",
    # Not retryable: a second try at once would be refused as well, and counted.
)
ANALYTICS_RANGE = Diagnosis(
    errors.InvalidRequest,
    "analytics-range",
    "Cloudflare keeps no analytics for this time, or answers for less at once.",
    "The plan of the account decides how far back it goes. Choose a shorter or a later time.",
)
ANALYTICS_FIELD = Diagnosis(
    errors.InvalidRequest,
    "analytics-field-unknown",
    "Cloudflare's analytics do not know what was asked for.",
    "The analytics have changed, or this account does not have them.",
)
ANALYTICS_DECLINED = Diagnosis(
    errors.InvalidRequest,
    "analytics-declined",
    "Cloudflare does not answer this question about analytics.",
    "Its own words follow.",
)
DECLINED = Diagnosis(Declined, "declined", "Cloudflare refused and gave no reason we know.", "Its own words follow.")

_CODES: dict[int, Diagnosis] = {
    **dict.fromkeys((6003, 6102, 6103, 6111), MALFORMED),
    **dict.fromkeys((1000, 9103, 9106, 9107), UNKNOWN_TOKEN),
    **dict.fromkeys((9109, 10000, 10023, 10106), NO_PERMISSION),
    **dict.fromkeys((10104, 11000), NO_QUEUE),
    **dict.fromkeys((7000, 7003), NO_ROUTE),
    **dict.fromkeys((971, 10429), TOO_OFTEN),
    10250: OVERLOADED,
    10251: STORAGE_FULL,
    10252: DISABLED,
    10253: PLAN_LIMIT,
    11004: HAS_CONSUMER,
    11009: NAME_TAKEN,
    11003: BAD_NAME,
    **dict.fromkeys((10204, 10205, 10206), BAD_SIZE),
    **dict.fromkeys((10202, 10203), BAD_DELAY),
    **dict.fromkeys((10013, 10026, 10207, 10208), BAD_REQUEST),
    **dict.fromkeys((100127, 100128), BAD_SETTINGS),
    10107: BAD_ID,
    11001: NO_HANDLER,
    15000: SERVER_FAULT,
}

# Words that Cloudflare is known to use where the code says nothing (0) or is missing.
_TEXTS: tuple[tuple[str, Diagnosis], ...] = (
    ("http_pull", NO_PULL),
    ("queue_delivery_paused", PAUSED),
    ("delivery is paused", PAUSED),
    ("rate limit", TOO_OFTEN),
    ("invalid access token", UNKNOWN_TOKEN),
    ("consumer_exists", HAS_CONSUMER),
)

GRAPHQL_PATH = "/graphql"
# By https://developers.cloudflare.com/analytics/graphql-api/limits/: 300 queries in five minutes for a user.
GRAPHQL_WINDOW_S = 300
# GraphQL says why in a word of its own (extensions.code), not everywhere.
_GRAPHQL_KINDS: dict[str, Diagnosis] = {
    "authz": NO_ANALYTICS,
    "authn": UNKNOWN_TOKEN,
    "budget": ANALYTICS_LIMIT,
}
_GRAPHQL_TEXTS: tuple[tuple[str, Diagnosis], ...] = (
    ("does not have access", NO_ANALYTICS),
    ("not authorized", NO_ANALYTICS),
    ("unknown field", ANALYTICS_FIELD),
    ("unknown arg", ANALYTICS_FIELD),
    ("unknown enum", ANALYTICS_FIELD),
    ("data older than", ANALYTICS_RANGE),
    ("time range", ANALYTICS_RANGE),
    ("time period", ANALYTICS_RANGE),
    ("quota exceeded", ANALYTICS_LIMIT),
    ("budget", ANALYTICS_LIMIT),
    ("try again later", SERVER_FAULT),
)

# What a status can mean: the first is what it means when neither code nor text says more.
_STATUSES: dict[int, tuple[Diagnosis, ...]] = {
    401: (UNKNOWN_TOKEN, MALFORMED),
    403: (NO_PERMISSION, UNKNOWN_TOKEN, MALFORMED),
    404: (NO_ROUTE, NO_QUEUE),
    405: (WRONG_METHOD, NO_PULL),
    408: (GATEWAY,),
    413: (BAD_SIZE,),
    429: (TOO_OFTEN, OVERLOADED, STORAGE_FULL, DISABLED, PLAN_LIMIT),
}
_PUSH = ("/messages", "/messages/batch")
_LEASING = ("/messages/pull", "/messages/ack", "/messages/extend")


def diagnose(status: int, items: tuple[ErrorItem, ...], path: str) -> Diagnosis:
    """The row of the table for an answer that says no.

    `path` is the template of the path, as it stands in `asked`.
    """
    if path == GRAPHQL_PATH and status < 500 and status != 408:
        return _of_graphql(status, items)
    said = _by_code(items) or _by_text(items)
    if status >= 500:
        return GATEWAY if status in (502, 504) or 520 <= status <= 530 else SERVER_FAULT
    if status == 401 and any(item.code == 9109 for item in items):
        return UNKNOWN_TOKEN
    if status == 405 and path.endswith(_LEASING) and not any(item.code in (10001, 10405) for item in items):
        return NO_PULL
    if status == 409:
        if said in (HAS_CONSUMER, NAME_TAKEN, DISABLED, PAUSED):
            return said
        return PAUSED if "/messages" in path else CONFLICT
    if status in _STATUSES:
        possible = _STATUSES[status]
        return said if said in possible else possible[0]
    if said is BAD_REQUEST and path.endswith(_PUSH) and any(item.code == 10207 for item in items):
        return BAD_BODY
    if said is not None:
        return said
    return BAD_REQUEST if status >= 400 else DECLINED


def _of_graphql(status: int, items: tuple[ErrorItem, ...]) -> Diagnosis:
    """Refusals of the analytics: most come with a status of 200."""
    said = _by_code(items)
    if status == 429:
        return TOO_OFTEN if said is TOO_OFTEN else ANALYTICS_LIMIT
    if status == 401 or said in (MALFORMED, UNKNOWN_TOKEN):
        return MALFORMED if said is MALFORMED else UNKNOWN_TOKEN
    if status == 403 or said is NO_PERMISSION:
        return NO_ANALYTICS
    by_kind = next((_GRAPHQL_KINDS[item.kind] for item in items if item.kind in _GRAPHQL_KINDS), None)
    texts = " ".join(item.message.lower() for item in items)
    by_text = next((diagnosis for words, diagnosis in _GRAPHQL_TEXTS if words in texts), None)
    return by_kind or by_text or (NO_ROUTE if status == 404 else ANALYTICS_DECLINED)


def _by_code(items: tuple[ErrorItem, ...]) -> Diagnosis | None:
    codes = [code for item in items for code in (item.code, *(link.code for link in item.chain))]
    return next((_CODES[code] for code in codes if code in _CODES), None)


def _by_text(items: tuple[ErrorItem, ...]) -> Diagnosis | None:
    texts = " ".join(item.message.lower() for item in items)
    return next((diagnosis for words, diagnosis in _TEXTS if words in texts), None)
