"""The REST API of Cloudflare Queues as Python: one strict client, frozen answers, errors with a sentence.

    client = Client(base_url="https://api.cloudflare.com/client/v4")
    answer = client.peek(ApiToken(secret=…), account_id=…, queue_id=…, batch_size=10)
    for message in answer.value.messages: …

Complete in itself: nothing here knows Django. Whatever goes wrong with a call is a CloudflareError
(errors.py).
"""

from queues_app.cloudflare.analytics import QueueHistory, QueuePoint, Step, step_for
from queues_app.cloudflare.answers import (
    Account,
    Answer,
    Consumer,
    Done,
    EmptyStatus,
    Extended,
    Limit,
    Message,
    Messages,
    Metrics,
    Producer,
    Purged,
    Pushed,
    Queue,
    RateLimit,
    Settled,
    TokenStatus,
)
from queues_app.cloudflare.auth import ApiToken, Auth, GlobalKey, InvalidSecret
from queues_app.cloudflare.client import Client
from queues_app.cloudflare.errors import (
    AnswerLost,
    BadAnswer,
    ChainedError,
    CloudflareError,
    Conflict,
    Declined,
    DeliveryPaused,
    ErrorItem,
    InvalidCredential,
    InvalidRequest,
    NoAnswer,
    NotFound,
    NotPermitted,
    NotSent,
    PullNotEnabled,
    RateLimited,
    Redirected,
    ServerFault,
    Throttled,
    TooLarge,
    Unreadable,
)
from queues_app.cloudflare.pages import Pages
from queues_app.cloudflare.payloads import ConsumerSettings, MalformedId, Outgoing, QueueSettings, Retry
from queues_app.cloudflare.subscriptions import Subscription
from queues_app.cloudflare.tried import Tried

__all__ = [
    "Account",
    "Answer",
    "AnswerLost",
    "ApiToken",
    "Auth",
    "BadAnswer",
    "ChainedError",
    "Client",
    "CloudflareError",
    "Conflict",
    "Consumer",
    "ConsumerSettings",
    "Declined",
    "DeliveryPaused",
    "Done",
    "EmptyStatus",
    "ErrorItem",
    "Extended",
    "GlobalKey",
    "InvalidCredential",
    "InvalidRequest",
    "InvalidSecret",
    "Limit",
    "MalformedId",
    "Message",
    "Messages",
    "Metrics",
    "NoAnswer",
    "NotFound",
    "NotPermitted",
    "NotSent",
    "Outgoing",
    "Pages",
    "Producer",
    "PullNotEnabled",
    "Purged",
    "Pushed",
    "Queue",
    "QueueHistory",
    "QueuePoint",
    "QueueSettings",
    "RateLimit",
    "RateLimited",
    "Redirected",
    "Retry",
    "ServerFault",
    "Settled",
    "Step",
    "Subscription",
    "Throttled",
    "TokenStatus",
    "TooLarge",
    "Tried",
    "Unreadable",
    "step_for",
]
