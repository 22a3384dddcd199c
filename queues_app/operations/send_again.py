"""What of kept messages can be sent again over HTTP, and what is lost on the way. Nothing is asked of the upstream."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Final

from queues_app import access, audit, bodies
from queues_app.access import Permission, Place
from queues_app.audit import Caller
from queues_app.cloudflare import Message
from queues_app.expected import ExpectedError
from queues_app.models import Account, Action, Batch, User
from queues_app.operations import decoding, drafts, kept, known_queues, masks, names
from queues_app.operations.drafts import ContentType, Draft, Flaw
from queues_app.operations.masks import MaskedMessage

AS_IT_IS: Final = "Fields of it are masked, so it can be sent again only as it is."
NOT_SO: Final = "It cannot be sent as this type. Fields of it are masked, so it is not shown where it fails."


class UnmaskedThereError(ExpectedError):
    """The target masks less than the queue that the messages came from. Nothing was prepared."""

    sentence = (
        "Fields of these messages are masked here and would not be in the queue you chose. "
        "Nothing was sent; the same masks must hold there first."
    )
    reason = "unmasked-there"
    http_status = HTTPStatus.FORBIDDEN
    is_refusal = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A kept message as it would go again. `body` is None where it cannot; `lost` says what is lost besides its id.

    `body` is what may be shown. Where fields are masked in it, `is_masked`, the message goes as it is or not at all.
    """

    position: int
    message_id: str
    body: str | None = field(repr=False)
    going: str | None = field(repr=False)
    is_masked: bool
    content_type: ContentType
    lost: str

    def draft(self, body: str | None, content_type: ContentType | None, delay_seconds: int | None) -> Draft | Flaw:
        """As it is sent: with the edited body, if there is one. `line` is its place in the kept copy."""
        line = self.position + 1
        is_edited = body is not None and not self.is_same(body)
        if is_edited and self.is_masked:
            return Flaw(line=line, sentence=AS_IT_IS)
        text = body if is_edited else self.going
        if text is None:
            return Flaw(line=line, sentence=self.lost)
        made = drafts.draft(
            line=line, body=text, content_type=content_type or self.content_type, delay_seconds=delay_seconds
        )
        # What is wrong with a body would be said with a piece of it.
        return Flaw(line=line, sentence=NOT_SO) if self.is_masked and isinstance(made, Flaw) else made

    def is_same(self, body: str) -> bool:
        """Whether a text field gave back what stood in it; browsers keep neither line ends nor the sign 0 there."""
        if self.body is None:
            return False
        return body == self.body.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")


def copies(*, caller: Caller, batch: Batch, positions: Sequence[int]) -> list[Copy]:
    """The chosen messages of an own batch, in their order there. Positions beyond it are left out.

    Raises NotAllowedError, VaultError.
    """
    true = kept.true_messages(caller=caller, batch=batch)
    masked = masks.over(kept.subject_of(batch), true)
    return [copy_of(at, true[at], masked[at]) for at in sorted(set(positions)) if at < len(true)]


def unsendable(*, caller: Caller, batch: Batch, positions: Sequence[int]) -> frozenset[int]:
    """The places of those that could not be sent again as they are.

    Raises as `copies`.
    """
    made = copies(caller=caller, batch=batch, positions=positions)
    return frozenset(copy.position for copy in made if isinstance(copy.draft(None, None, None), Flaw))


def require_masks(*, caller: Caller, batch: Batch, copies: Sequence[Copy], to: Account, queue_id: str) -> None:
    """What is masked here goes only where it is masked as well.

    Raises UnmaskedThereError, after recording the refused attempt.
    """
    here = (batch.account.account_id, batch.queue_id)
    if not any(copy.is_masked for copy in copies) or (to.account_id, queue_id) == here:
        return
    target = names.present(names.subject(to, queue_id), changes=True)
    there = masks.rules_at(target) if target.names else frozenset()
    if not masks.rules_at(kept.subject_of(batch)) <= there:
        why = UnmaskedThereError()
        audit.refuse(caller=caller, action=Action.SEND, subject=target, why=why)
        raise why


def copy_of(position: int, message: Message, masked: Message) -> Copy:
    """How one message would go again; `masked` is the same as it may be shown."""
    going = _copy_of(position, message)
    if not isinstance(masked, MaskedMessage):
        return going
    return replace(going, body=None if going.body is None else masked.body, is_masked=True)


def _copy_of(position: int, message: Message) -> Copy:
    reading = decoding.read(message)
    content_type: ContentType = "json" if _is_container(reading.tree) else "text"
    body, lost = reading.text, ""
    if reading.declared == "text":
        body, content_type = message.body, "text"
    elif reading.declared == "json":
        if body is None:
            lost = "Its body could not be read as JSON or text, so there is nothing that could be sent over HTTP."
        elif content_type == "text":
            lost = "It was JSON, but no object or list; over HTTP it can go as text only."
    elif body is None:
        lost = f"{_was(reading.declared)} Over HTTP only text and JSON can be sent, and it could not be read as either."
    else:
        lost = f"{_was(reading.declared)} Over HTTP only text and JSON can be sent: it goes as {content_type}, as read."
    if message.body_repaired and body is not None:
        lost = f"{lost} It held what is no text: U+FFFD stands in its place, and goes so.".strip()
    return Copy(
        position=position,
        message_id=message.id,
        body=body,
        going=body,
        is_masked=False,
        content_type=content_type,
        lost=lost,
    )


def targets(*, user: User, here: Account, queue_id: str, queue_name: str) -> list[tuple[str, str, str]]:
    """Where it may go: a value, the queue's name, the account. Only queues that were listed; this one always.

    First those of the account whose dead-letter queue this one is: there the messages came from, and there they belong.
    """
    feeding, others = list[tuple[str, str, str]](), list[tuple[str, str, str]]()
    for account in Account.objects.of(user):
        listed = known_queues.trusted_list(account=account)
        for queue in listed.queues if listed else ():
            if (account.pk, queue.id) == (here.pk, queue_id):
                continue
            if not access.may(user, Permission.SEND, Place.of(account, queue.name)):
                continue
            feeds = account.pk == here.pk and queue.consumer and queue.consumer.dead_letter_queue == queue_name
            (feeding if feeds else others).append((f"{account.pk}:{queue.id}", queue.name, _account(account, user)))
    return [*feeding, (f"{here.pk}:{queue_id}", queue_name, _account(here, user)), *others]


def _account(account: Account, user: User) -> str:
    owner = account.credential.owner
    whose = "" if owner.pk == user.pk else f", by the credential of {owner.get_username()}"
    return f"{account.name}, {account.environment}{whose}"


def _is_container(tree: bodies.Tree | None) -> bool:
    return tree is not None and tree.nodes[0].kind in ("object", "array")


def _was(declared: str) -> str:
    return "Its content type is unknown." if declared == "unknown" else f"Its content type is {declared}."
