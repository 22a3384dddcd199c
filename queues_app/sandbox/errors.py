"""Every refusal of the API in one table. Codes, texts and statuses are those of the fact sheet, section 3."""

from dataclasses import dataclass

from queues_app.sandbox.wire import Fields

_DOCS = "https://developers.cloudflare.com/queues/reference/error-codes/"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the table; `text` may hold {places} filled when it is raised."""

    status: int
    code: int
    text: str
    chain: tuple[tuple[int, str], ...] = ()
    documentation_url: str | None = None
    also: tuple[tuple[int, str], ...] = ()


class ApiError(Exception):
    """A refusal on its way to the caller. `pointer` names the offending place, as a JSON pointer."""

    def __init__(self, entry: Entry, *, pointer: str | None = None, **fill: str) -> None:
        self.entry = entry
        self.pointer = pointer
        self.text = entry.text.format(**fill) if fill else entry.text
        super().__init__(f"{entry.code}: {self.text}")

    def envelope(self) -> Fields:
        first: Fields = {"code": self.entry.code, "message": self.text}
        if self.entry.documentation_url:
            first["documentation_url"] = self.entry.documentation_url
        if self.pointer is not None:
            first["source"] = {"pointer": self.pointer}
        if self.entry.chain:
            first["error_chain"] = [{"code": code, "message": text} for code, text in self.entry.chain]
        errors = [first, *({"code": code, "message": text} for code, text in self.entry.also)]
        return {"success": False, "errors": errors, "messages": [], "result": None}


# The gateway: who is asking, and for what route.
BAD_AUTHORIZATION = Entry(400, 6003, "Invalid request headers", ((6111, "Invalid format for Authorization header"),))
BAD_EMAIL_HEADER = Entry(400, 6003, "Invalid request headers", ((6102, "Invalid format for X-Auth-Email header"),))
BAD_KEY_HEADER = Entry(400, 6003, "Invalid request headers", ((6103, "Invalid format for X-Auth-Key header"),))
BAD_KEY_PAIR_HEADERS = Entry(
    400,
    6003,
    "Invalid request headers",
    ((6102, "Invalid format for X-Auth-Email header"), (6103, "Invalid format for X-Auth-Key header")),
)
NO_CREDENTIALS = Entry(403, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers")
UNKNOWN_KEY_PAIR = Entry(403, 9103, "Unknown X-Auth-Key or X-Auth-Email")
UNKNOWN_TOKEN = Entry(401, 10000, "Authentication error")
DEAD_TOKEN = Entry(403, 9109, "Invalid access token")
NOT_VERIFIABLE = Entry(401, 1000, "Invalid API Token")
NOT_PERMITTED = Entry(403, 10000, "Authentication error")
NO_ROUTE = Entry(
    404,
    7003,
    "Could not route to {path}, perhaps your object identifier is invalid?",
    also=((7000, "No route for that URI"),),
)
WRONG_METHOD = Entry(405, 10001, "Method not allowed for this endpoint")
TOO_LARGE = Entry(413, 10204, "Request body is too large")
RATE_LIMITED = Entry(429, 971, "Please wait and consider throttling your request speed")
# GraphQL says it in its own words; by https://developers.cloudflare.com/analytics/graphql-api/errors/ with this status.
ANALYTICS_LIMITED = Entry(429, 0, "rate limiter budget depleted, try again after 5 minutes")

# The control plane: queues and consumers.
QUEUE_UNKNOWN = Entry(404, 11000, "Queue not found.")
CONSUMER_UNKNOWN = Entry(404, 11000, "Consumer not found.")
BAD_QUEUE_NAME = Entry(400, 11003, "Invalid queue name. Names are made of letters, digits and dashes, at most 63.")
HAS_CONSUMER = Entry(409, 11004, "Queue '{name}' already has a consumer.")
NAME_TAKEN = Entry(409, 11009, "Queue name '{name}' is already taken. Please use a different name and try again.")
BAD_REQUEST = Entry(400, 10026, "Invalid request body: {what}")
BAD_CONSUMER_SETTINGS = Entry(400, 100127, "Invalid consumer settings: {what}")
BAD_QUEUE_SETTINGS = Entry(400, 100128, "Invalid queue settings: {what}")

# Event subscriptions.
SUBSCRIPTION_UNKNOWN = Entry(404, 10000, "Subscription not found")
SUBSCRIBED = Entry(405, 10000, "Only one subscription is allowed for a resource")
UNKNOWN_EVENTS = Entry(400, 0, "Unrecognized event types: {names}")

# The data plane: messages.
QUEUE_NOT_FOUND = Entry(404, 10104, "Queue not found", documentation_url=_DOCS)
QUEUE_ID_MALFORMED = Entry(400, 10107, "Queue ID is malformed", documentation_url=_DOCS)
BATCH_DELAY_INVALID = Entry(400, 10202, "Batch delay is invalid: {what}", documentation_url=_DOCS)
MESSAGE_METADATA_INVALID = Entry(400, 10203, "Message metadata is invalid: {what}", documentation_url=_DOCS)
MESSAGE_SIZE = Entry(400, 10204, "Message size is out of bounds: {what}", documentation_url=_DOCS)
BATCH_SIZE = Entry(400, 10205, "Batch size is out of bounds: {what}", documentation_url=_DOCS)
BATCH_COUNT = Entry(400, 10206, "Batch message count is out of bounds: {what}", documentation_url=_DOCS)
JSON_INVALID = Entry(400, 10207, "JSON request body is invalid: {what}", documentation_url=_DOCS)
JSON_MALFORMED = Entry(400, 10208, "JSON request body is malformed", documentation_url=_DOCS)
EMPTY_BATCH = Entry(400, 10013, "Invalid batch: messages must hold at least one message")
PULL_NOT_ENABLED = Entry(405, 0, "messages cannot be pulled unless http_pull mode is enabled")
DELIVERY_PAUSED = Entry(409, 0, "queue_delivery_paused")
INTERNAL = Entry(500, 15000, "Unknown internal error", documentation_url=_DOCS)
