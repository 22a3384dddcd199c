"""Every address of Queuescope: what it takes, and who may do what there. A new one needs a row here."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from allauth.usersessions.models import UserSession
from django.urls import URLPattern, URLResolver, get_resolver

from queues_app.access import Permission
from queues_app.models import Action, Membership, Share, User
from queues_app.operations import approvals
from tests.security.conftest import Belongings, new_intent

# The page after a POST, or the place where something really is. For htmx it comes as HX-Redirect.
GO: Final = "go"
NO_SUCH_METHOD: Final = 405

type Args = Callable[[Belongings], list[Any]]
type Form = Callable[[Belongings], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Right:
    """The answer to whoever holds `needs`; 403 to everybody else. Without `needs` everybody signed in may."""

    status: int | str
    needs: Permission | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """`get` and `post` are answers to one's own object; somebody else's is 404 unless `others` says who may see it.

    The two parts are the answers to htmx where they are others.
    """

    get: Right = Right(NO_SUCH_METHOD)
    post: Right = Right(NO_SUCH_METHOD)
    args: Args = lambda own: []
    form: Form = lambda own: {}
    others: Permission | None = None
    get_part: Right | None = None
    post_part: Right | None = None
    is_open: bool = False
    # What it is about belongs to the deployment.
    is_nobodys: bool = False

    def right(self, method: str, *, htmx: bool) -> Right:
        whole, part = (self.post, self.post_part) if method == "post" else (self.get, self.get_part)
        return part if htmx and part is not None else whole


def _credential(own: Belongings) -> list[Any]:
    return [own.account.credential.pk]


def _account(own: Belongings) -> list[Any]:
    return [own.account.pk]


def _account_of_many(own: Belongings) -> list[Any]:
    """An account that somebody else reaches, too."""
    bystander, _ = User.objects.get_or_create(username="bystander")
    Membership.objects.get_or_create(team=own.team, user=bystander, defaults={"role": "Viewer"})
    Share.objects.get_or_create(credential=own.account.credential, team=own.team, role="Viewer")
    return [own.account.pk]


def _queue(own: Belongings) -> list[Any]:
    return [own.account.pk, own.queue_id]


def _pulled(own: Belongings) -> list[Any]:
    return [*_queue(own), own.pulled.pk]


def _peeked(own: Belongings) -> list[Any]:
    return [*_queue(own), own.peeked.pk]


def _sending(own: Belongings) -> list[Any]:
    return [*_queue(own), own.sending.pk]


def _message(own: Belongings) -> list[Any]:
    return [*_pulled(own), 0]


def _session(own: Belongings) -> list[Any]:
    """A session of the owner's, in some other browser."""
    session, _ = UserSession.objects.get_or_create(
        session_key=f"elsewhere-{own.owner.pk}", defaults={"user": own.owner, "ip": "192.0.2.1", "user_agent": ""}
    )
    return [session.pk]


def _bystander(own: Belongings) -> list[Any]:
    """Somebody who has nothing to do with what is asked."""
    return [User.objects.get_or_create(username="bystander")[0].pk]


def _team(own: Belongings) -> list[Any]:
    return [own.team.pk]


def _member(own: Belongings) -> list[Any]:
    return [own.team.pk, own.team.memberships.get(user=own.owner).pk]


def _share(own: Belongings) -> list[Any]:
    return [own.account.credential.pk, own.team.pk]


def _watch(own: Belongings) -> list[Any]:
    return [own.watch.pk]


def _secret(own: Belongings) -> dict[str, Any]:
    return {"secret": "cfut_" + "a" * 48, "account_id": own.account.account_id}


def _request(own: Belongings) -> list[Any]:
    return [own.request.pk]


def _asking(own: Belongings) -> dict[str, Any]:
    act = approvals.Act(
        action=Action.EMPTY,
        account=own.account,
        queue_id=own.queue_id,
        queue_name="orders",
        parameters={"name": "orders"},
    )
    return {"act": approvals.token_of(act, own.owner), "reason": "poisoned", "intent": new_intent()}


def _change(form: dict[str, Any]) -> Route:
    """A change of a queue's delivery or consumer; a GET leads to the tab that its form is on."""
    return Route(
        get=Right(GO),
        post=Right(GO, Permission.EDIT),
        args=_queue,
        form=lambda own: {**form, "intent": new_intent()},
    )


# What the sandbox does not know as a token is refused at the form: 422, when the person may.
ROUTES: Final = {
    "healthz": Route(get=Right(200), is_open=True),
    "readyz": Route(get=Right(200), is_open=True),
    # Not for people, whatever their role: for the token and the addresses of the settings.
    "metrics": Route(get=Right(404), post=Right(404), is_open=True),
    "account_login": Route(get=Right(GO), post=Right(GO), is_open=True),
    "account_inactive": Route(get=Right(403), post=Right(403), is_open=True),
    # Without a provider in the settings they are not there.
    "oidc_start": Route(get=Right(404), is_open=True),
    "oidc_return": Route(get=Right(404), is_open=True),
    "account_logout": Route(post=Right(GO), is_open=True),
    # Without a password before it there is no second step; with none of its own, nobody signs in by a passkey.
    "mfa_authenticate": Route(get=Right(GO), post=Right(GO), is_open=True),
    "mfa_login_webauthn": Route(get=Right(GO), post=Right(GO), is_open=True),
    "join": Route(get=Right(410), post=Right(410), is_open=True),
    "you": Route(get=Right(200)),
    "you_password": Route(get=Right(200), post=Right(422), form=lambda own: {"present": "no", "new": "neither"}),
    "session_end": Route(post=Right(GO), args=_session),
    "sessions_end": Route(post=Right(GO)),
    "account_reauthenticate": Route(get=Right(200), post=Right(200), form=lambda own: {"password": ""}),
    # These ask first who sits at the browser. Without a second factor there is nothing to confirm by, or to remove.
    "mfa_reauthenticate": Route(get=Right(GO), post=Right(GO)),
    "mfa_activate_totp": Route(get=Right(GO), post=Right(GO)),
    "mfa_deactivate_totp": Route(get=Right(404), post=Right(404)),
    "mfa_add_webauthn": Route(get=Right(GO), post=Right(GO)),
    "mfa_remove_webauthn": Route(get=Right(GO), post=Right(GO), args=lambda own: [1]),
    "mfa_view_recovery_codes": Route(get=Right(404)),
    "mfa_generate_recovery_codes": Route(get=Right(GO), post=Right(GO)),
    "people": Route(get=Right(200, Permission.MANAGE_PEOPLE)),
    "invite": Route(
        get=Right(200, Permission.MANAGE_PEOPLE),
        post=Right(200, Permission.MANAGE_PEOPLE),
        form=lambda own: {"role": "Viewer"},
    ),
    "invitation_withdraw": Route(post=Right(404, Permission.MANAGE_PEOPLE), args=lambda own: [1]),
    "person": Route(get=Right(200, Permission.MANAGE_PEOPLE), args=_bystander),
    "person_role": Route(
        get=Right(GO, Permission.MANAGE_PEOPLE),
        post=Right(GO, Permission.MANAGE_PEOPLE),
        args=_bystander,
        form=lambda own: {"role": "Viewer"},
    ),
    "person_close": Route(
        get=Right(200, Permission.MANAGE_PEOPLE), post=Right(GO, Permission.MANAGE_PEOPLE), args=_bystander
    ),
    "person_factors": Route(
        get=Right(200, Permission.MANAGE_PEOPLE), post=Right(GO, Permission.MANAGE_PEOPLE), args=_bystander
    ),
    "person_reopen": Route(post=Right(GO, Permission.MANAGE_PEOPLE), args=_bystander),
    "home": Route(get=Right(GO, Permission.SEE_QUEUES)),
    "preferences": Route(post=Right(GO), form=lambda own: {"theme": "dark"}),
    "credentials": Route(get=Right(200)),
    "credential_add": Route(
        get=Right(200),
        post=Right(422),
        form=lambda own: {"label": "new", "kind": "token", "environment": "staging", **_secret(own)},
    ),
    "credential": Route(get=Right(200), args=_credential),
    "credential_rename": Route(post=Right(GO), args=_credential, form=lambda own: {"label": "other"}),
    "credential_replace": Route(get=Right(GO), post=Right(422), args=_credential, form=_secret),
    "credential_verify": Route(post=Right(GO), post_part=Right(200), args=_credential),
    "credential_default": Route(post=Right(GO), args=_credential),
    "credential_delete": Route(get=Right(200), post=Right(GO), args=_credential),
    "credential_share": Route(
        get=Right(200),
        post=Right(GO),
        args=_share,
        form=lambda own: {"Viewer": "see_queues", "intent": new_intent()},
    ),
    "credential_share_end": Route(post=Right(GO), args=_share),
    "teams": Route(get=Right(200)),
    "team_add": Route(
        get=Right(200, Permission.MANAGE_TEAMS),
        post=Right(GO, Permission.MANAGE_TEAMS),
        form=lambda own: {"name": "night", "intent": new_intent()},
    ),
    # Whoever belongs to it may read it.
    "team": Route(get=Right(200), args=_team, is_nobodys=True),
    "team_rename": Route(
        get=Right(GO, Permission.MANAGE_TEAMS),
        post=Right(GO, Permission.MANAGE_TEAMS),
        args=_team,
        form=lambda own: {"name": f"night {own.team.pk}"},
        is_nobodys=True,
    ),
    "team_remove": Route(
        get=Right(200, Permission.MANAGE_TEAMS),
        post=Right(GO, Permission.MANAGE_TEAMS),
        args=_team,
        is_nobodys=True,
    ),
    "team_members": Route(
        get=Right(GO, Permission.MANAGE_TEAMS),
        post=Right(GO, Permission.MANAGE_TEAMS),
        args=_team,
        form=lambda own: {"person": own.owner.get_username(), "role": "Lead"},
        is_nobodys=True,
    ),
    "member_remove": Route(post=Right(GO, Permission.MANAGE_TEAMS), args=_member, is_nobodys=True),
    "queues": Route(get=Right(200, Permission.SEE_QUEUES), args=_account),
    # Somebody else reaches it, too. Who is alone with an account is in tests/views/test_environments.py.
    "environment": Route(
        get=Right(200),
        post=Right(GO, Permission.EDIT),
        args=_account_of_many,
        form=lambda own: {"environment": "staging", "seen": own.account.environment},
    ),
    "dead_letters": Route(get=Right(200, Permission.SEE_QUEUES), args=_account),
    "search": Route(get=Right(200, Permission.SEE_QUEUES)),
    "queue_pin": Route(
        post=Right(GO, Permission.SEE_QUEUES),
        post_part=Right(200, Permission.SEE_QUEUES),
        args=_queue,
        form=lambda own: {"pinned": "on"},
    ),
    "queue": Route(get=Right(200, Permission.SEE_QUEUES), args=_queue),
    "queue_facts": Route(get=Right(GO), get_part=Right(200, Permission.SEE_QUEUES), args=_queue),
    "queue_overview": Route(get=Right(200, Permission.SEE_QUEUES), args=_queue),
    "queue_charts": Route(get=Right(GO), get_part=Right(200, Permission.SEE_QUEUES), args=_queue),
    "queue_analytics": Route(get=Right(200, Permission.SEE_QUEUES), args=_queue),
    "queue_subscriptions": Route(get=Right(GO), get_part=Right(200, Permission.SEE_QUEUES), args=_queue),
    "queue_history": Route(get=Right(200, Permission.SEE_QUEUES), args=_queue),
    "queue_settings": Route(get=Right(200, Permission.SEE_QUEUES), args=_queue),
    "queue_pause": _change({"step": "do"}),
    "queue_resume": _change({}),
    "queue_times": _change({"step": "do", "seen": "x"}),
    # What the record says came of it stands on the tab, also where the upstream or we refused.
    "consumer_add": _change({"step": "do"}),
    "consumer_edit": _change({"step": "do", "seen": "x"}),
    "consumer_remove": _change({"step": "do", "seen": "x"}),
    # A GET of these leads to the page that the form is on: somebody typed or reloaded the address.
    "peek": Route(
        get=Right(GO),
        post=Right(GO, Permission.PEEK),
        args=_queue,
        form=lambda own: {"batch_size": 5, "intent": new_intent()},
    ),
    "forecast": Route(get=Right(GO), post=Right(200, Permission.PULL), args=_queue, form=lambda own: {"batch_size": 5}),
    "pull": Route(
        get=Right(GO),
        post=Right(GO, Permission.PULL),
        args=_queue,
        form=lambda own: {"batch_size": 5, "visibility_timeout": "30 s", "intent": new_intent()},
    ),
    "send": Route(
        get=Right(200, Permission.SEND),
        post=Right(GO, Permission.SEND),
        args=_queue,
        form=lambda own: {"content_type": "json", "body": '{"order": 1}'},
    ),
    "send_file": Route(get=Right(GO), post=Right(422, Permission.SEND), args=_queue),
    # Without a step it is the same page with what is wrong.
    "sending": Route(get=Right(200, Permission.SEND), post=Right(422, Permission.SEND), args=_sending),
    "send_again": Route(
        get=Right(200, Permission.SEND),
        post=Right(GO, Permission.SEND),
        args=_pulled,
        form=lambda own: {"position": "0", "target": f"{own.account.pk}:{own.queue_id}"},
    ),
    "batch": Route(get=Right(200, Permission.PULL), args=_pulled),
    "peek_again": Route(post=Right(204, Permission.PEEK), args=_peeked),
    "settle": Route(
        get=Right(GO),
        post=Right(GO, Permission.SETTLE),
        args=_pulled,
        form=lambda own: {"step": "do", "verb": "ack", "position": ["0", "1"], "intent": new_intent()},
    ),
    "export": Route(
        get=Right(200, Permission.EXPORT),
        post=Right(200, Permission.EXPORT),
        args=_pulled,
        form=lambda own: {"step": "do", "format": "zip", "position": ["0", "2"]},
    ),
    "delete": Route(
        get=Right(GO),
        post=Right(GO, Permission.DELETE),
        args=_peeked,
        form=lambda own: {"step": "do", "position": ["1"], "intent": new_intent()},
    ),
    "look_again": Route(get=Right(GO), post=Right(GO, Permission.PEEK), args=lambda own: [*_peeked(own), own.entry.pk]),
    "queue_empty": Route(
        get=Right(200, Permission.EMPTY),
        post=Right(GO, Permission.EMPTY),
        args=_queue,
        form=lambda own: {"name": "orders", "shown_name": "orders", "intent": new_intent()},
    ),
    "queue_empty_status": Route(get=Right(200, Permission.SEE_QUEUES), args=_queue),
    "message": Route(get=Right(200, Permission.PULL), args=_message),
    # The bodies of the table are no pictures; that they are one is asked only after the right to look.
    "message_picture": Route(get=Right(404, Permission.PULL), args=_message),
    "message_decoding": Route(post=Right(GO, Permission.PULL), post_part=Right(200, Permission.PULL), args=_message),
    "sightings": Route(get=Right(200, Permission.PULL), args=_message),
    # Without two places there is nothing to compare.
    "compare": Route(
        get=Right(404, Permission.PULL),
        post=Right(GO, Permission.PULL),
        args=_pulled,
        form=lambda own: {"position": ["0", "1"]},
    ),
    "find_columns": Route(post=Right(GO, Permission.PULL), args=_pulled, form=lambda own: {"column": ["order"]}),
    "filters": Route(post=Right(GO, Permission.PULL), args=_pulled, form=lambda own: {"name": "mine", "q": "order"}),
    "filter_delete": Route(post=Right(GO, Permission.PULL), args=lambda own: [*_pulled(own), own.saved.pk]),
    "message_body": Route(get=Right(200, Permission.EXPORT), args=_message),
    # Nothing is masked in these messages; that is said only after the right to reveal.
    "reveal": Route(
        get=Right(404, Permission.REVEAL),
        post=Right(404, Permission.REVEAL),
        args=_message,
        form=lambda own: {"place": "0", "path": "order"},
    ),
    "leases": Route(get=Right(200)),
    "leases_all": Route(get=Right(200, Permission.SEE_ALL_LEASES)),
    "leases_return": Route(get=Right(200)),
    "lease_acts": Route(
        get=Right(GO),
        post=Right(GO, Permission.SETTLE),
        form=lambda own: {
            "step": "do",
            "verb": "extend",
            "lease": [str(lease.pk) for lease in own.pulled.leases.all()],
            "intent": new_intent(),
        },
    ),
    "queue_leases": Route(get=Right(200, Permission.SEE_QUEUES), args=_queue),
    "queue_leases_return": Route(get=Right(200), args=_queue),
    "watches": Route(get=Right(200)),
    "watch_add": Route(
        get=Right(200, Permission.WATCH),
        post=Right(GO, Permission.WATCH),
        args=_queue,
        form=lambda own: {"kind": "backlog", "backlog_limit": "100", "backlog_minutes": "5", "intent": new_intent()},
    ),
    # What one may no longer do one sees all the same, and what one has one may remove.
    "watch_edit": Route(
        get=Right(200),
        post=Right(GO, Permission.WATCH),
        args=_watch,
        form=lambda own: {"kind": "backlog", "backlog_limit": "100", "backlog_minutes": "5", "intent": new_intent()},
    ),
    "watch_remove": Route(get=Right(200), post=Right(GO), args=_watch),
    "watch_test": Route(post=Right(GO, Permission.WATCH), args=_watch),
    "rules": Route(get=Right(200, Permission.MANAGE_RULES)),
    "rule_add": Route(
        get=Right(GO, Permission.MANAGE_RULES),
        post=Right(GO, Permission.MANAGE_RULES),
        form=lambda own: {"effect": "deny", "permissions": "pull", "pattern": "prod-*", "intent": new_intent()},
    ),
    "rule_remove": Route(post=Right(GO, Permission.MANAGE_RULES), args=lambda own: [own.rule.pk], is_nobodys=True),
    "rules_read_only": Route(
        post=Right(GO, Permission.MANAGE_RULES),
        args=lambda own: [own.account.account_id],
        form=lambda own: {"read_only": "off"},
        is_nobodys=True,
    ),
    "rules_why": Route(get=Right(200)),
    "masking": Route(get=Right(200, Permission.MANAGE_MASKING)),
    "mask_add": Route(
        get=Right(GO, Permission.MANAGE_MASKING),
        post=Right(GO, Permission.MANAGE_MASKING),
        form=lambda own: {"kind": "usual", "pattern": "prod-*", "intent": new_intent()},
    ),
    "mask_remove": Route(post=Right(GO, Permission.MANAGE_MASKING), args=lambda own: [own.mask.pk], is_nobodys=True),
    "two_person_add": Route(
        get=Right(GO, Permission.MANAGE_RULES),
        post=Right(GO, Permission.MANAGE_RULES),
        form=lambda own: {"permissions": "empty", "pattern": "prod-*", "intent": new_intent()},
    ),
    "two_person_remove": Route(
        post=Right(GO, Permission.MANAGE_RULES), args=lambda own: [own.two_person.pk], is_nobodys=True
    ),
    "approvals": Route(get=Right(200)),
    "approval_ask": Route(get=Right(GO), post=Right(GO, Permission.EMPTY), form=_asking),
    "approval": Route(get=Right(200), args=_request, others=Permission.APPROVE),
    # Nobody approves their own. What others get is told in tests/views/test_approvals.py: it is theirs to decide.
    "approval_decide": Route(
        post=Right(409, Permission.APPROVE),
        args=_request,
        form=lambda own: {"decision": "approve"},
        is_nobodys=True,
    ),
    "approval_withdraw": Route(post=Right(GO), args=_request),
    # It still waits.
    "approval_run": Route(post=Right(409, Permission.EMPTY), args=_request, form=lambda own: {"intent": new_intent()}),
    "audit": Route(get=Right(200)),
    "audit_forwarding": Route(get=Right(200, Permission.SEE_ALL_AUDIT)),
    # The settings of the tests name no destination.
    "audit_forward_test": Route(post=Right(404, Permission.SEE_ALL_AUDIT), form=lambda own: {"destination": "log"}),
    "audit_export": Route(
        get=Right(200, Permission.EXPORT_AUDIT),
        post=Right(200, Permission.EXPORT_AUDIT),
        form=lambda own: {"format": "jsonl", "intent": new_intent()},
    ),
    "audit_export_progress": Route(get=Right(200), args=lambda own: [new_intent()], is_nobodys=True),
    "audit_questions": Route(get=Right(200)),
    "audit_person": Route(get=Right(200)),
    "audit_message": Route(get=Right(200)),
    "audit_unknown": Route(get=Right(200)),
    "audit_digest": Route(get=Right(200)),
    "audit_digest_mail": Route(post=Right(GO, Permission.SEE_ALL_AUDIT), form=lambda own: {"address": ""}),
    # What came of it is known. Whose entries can be explained is told in tests/views/test_audit_questions.py.
    "audit_explain": Route(
        get=Right(409, Permission.EXPLAIN_AUDIT),
        post=Right(409, Permission.EXPLAIN_AUDIT),
        args=lambda own: [own.entry.pk],
        form=lambda own: {"sentence": "The process was ended by hand.", "intent": new_intent()},
        is_nobodys=True,
    ),
    "holds": Route(get=Right(200, Permission.HOLD_AUDIT)),
    "hold_add": Route(
        get=Right(GO, Permission.HOLD_AUDIT),
        post=Right(GO, Permission.HOLD_AUDIT),
        form=lambda own: {"reason": "Case 7", "intent": new_intent()},
    ),
    "hold_lift": Route(
        get=Right(200, Permission.HOLD_AUDIT),
        post=Right(GO, Permission.HOLD_AUDIT),
        args=lambda own: [own.hold.number],
        is_nobodys=True,
    ),
    "audit_entry": Route(get=Right(200), args=lambda own: [own.entry.pk], others=Permission.SEE_ALL_AUDIT),
    "audit_markdown": Route(get=Right(200), args=lambda own: [own.entry.pk], others=Permission.SEE_ALL_AUDIT),
}

# Those whose object belongs to somebody. People are nobody's, and of second factors the cast has none.
OWNED: Final = sorted(
    name
    for name, route in ROUTES.items()
    if route.args is not Route().args and not route.is_nobodys and not name.startswith(("person", "invitation", "mfa_"))
)


def known_names() -> set[str]:
    """The names of all addresses in the URL configuration."""
    return set(_names(get_resolver().url_patterns))


def _names(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _names(pattern.url_patterns)
        else:
            yield pattern.name or f"an address without a name: {pattern.pattern}"
