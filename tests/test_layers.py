"""Imports run one way, and no call that touches messages is written outside the audit gate."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CODE = ROOT / "queues_app"

# Who must not know whom: a folder or a file, and the beginnings of what it must not import.
FORBIDDEN = {
    "cloudflare": ("django", "dashboard", "queues_app.models", "queues_app.operations"),
    "bodies": ("django", "dashboard", "queues_app.cloudflare", "queues_app.models", "queues_app.operations", "httpx"),
    "finding": ("django", "dashboard", "queues_app.cloudflare", "queues_app.models", "queues_app.operations", "httpx"),
    "masking": ("django", "dashboard", "queues_app.cloudflare", "queues_app.models", "queues_app.operations", "httpx"),
    "delivery": ("django", "dashboard", "queues_app.forwarding", "queues_app.models", "queues_app.operations"),
    "forwarding": ("django", "dashboard", "queues_app.models", "queues_app.operations", "httpx"),
    "charts": ("django", "dashboard", "queues_app.cloudflare", "queues_app.models", "queues_app.operations", "httpx"),
    "sandbox": ("django", "dashboard", "queues_app.cloudflare", "queues_app.models", "queues_app.operations"),
    "models": ("queues_app.operations", "queues_app.views", "queues_app.rows", "queues_app.forms"),
    "mail.py": ("queues_app.models", "queues_app.operations", "queues_app.views", "queues_app.rows"),
    "vault.py": ("queues_app.operations", "queues_app.views", "queues_app.rows", "queues_app.forms"),
    "access.py": ("queues_app.operations", "queues_app.views", "queues_app.rows", "queues_app.forms"),
    "audit.py": ("queues_app.operations", "queues_app.views", "queues_app.rows", "queues_app.forms"),
    "operations": ("queues_app.views", "queues_app.rows", "queues_app.forms", "httpx", "django.shortcuts"),
    "upstream.py": ("queues_app.operations", "queues_app.views", "queues_app.rows", "queues_app.forms"),
    "guards.py": ("django", "dashboard", "queues_app"),
    "checks": ("queues_app.operations", "queues_app.views", "queues_app.rows", "queues_app.forms"),
    "telemetry": ("queues_app.models", "queues_app.operations", "queues_app.views", "queues_app.rows"),
    "rows": ("queues_app.views", "httpx", "queues_app.cloudflare.client", "queues_app.cloudflare.caller"),
    "forms": ("queues_app.views", "queues_app.rows", "httpx"),
    "views": (
        "httpx",
        "queues_app.vault.unseal",
        "queues_app.cloudflare.client",
        "queues_app.cloudflare.Client",
        # What is signed is read by what verifies it.
        "queues_app.models.AuditArchive",
        "queues_app.models.AuditHead",
        "queues_app.models.AuditLink",
        "queues_app.models.AuditPruned",
    ),
}

# What the client asks about messages, or changes of a queue and its consumer: none of it may leave without an entry.
ABOUT_MESSAGES = {
    "create_consumer",
    "create_queue",
    "delete_consumer",
    "delete_queue",
    "edit_queue",
    "empty_queue",
    "extend",
    "peek",
    "preview",
    "preview_settle",
    "pull",
    "purge_messages",
    "push",
    "push_batch",
    "replace_consumer",
    "replace_queue",
    "settle",
}
# Helpers that make such a call: so they too may only be called within an open record.
HELPERS = {"_peek", "_peek_or_preview", "_send"}

# Who may unseal kept messages: the one seam where rights and the record are asked, and those that read no more of them
# than ids, attempts and what stands for a message upstream.
UNSEALING = {
    "operations/batches.py",
    "operations/deleting.py",
    "operations/kept.py",
    "operations/look.py",
    "operations/sightings.py",
}


def sources(place: str) -> list[Path]:
    path = CODE / place
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{name.name}" for name in node.names)


@pytest.mark.parametrize("place", FORBIDDEN)
def test_imports_run_one_way(place: str) -> None:
    found = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources(place)
        for name in imported(path)
        if any(f"{name}.".startswith(f"{beginning}.") for beginning in FORBIDDEN[place])
    ]
    assert found == []


def test_only_the_client_the_sandbox_and_delivery_know_httpx() -> None:
    knowing = {
        str(path.relative_to(CODE).parts[0])
        for path in CODE.rglob("*.py")
        for name in imported(path)
        if name.partition(".")[0] in ("httpx", "httpcore")
    }
    assert knowing == {"cloudflare", "delivery", "sandbox"}


def test_only_one_place_asks_outside_about_people_and_passwords() -> None:
    """The others know what it raises, and what allauth wants to be given."""
    sources = {str(path.relative_to(CODE)): path.read_text(encoding="utf-8") for path in CODE.rglob("*.py")}
    knowing = {name for name in sources if "requests" in {each.partition(".")[0] for each in imported(CODE / name)}}
    asking = re.compile(r"\brequests\.((get|post|put|patch|delete|head|options|request|session)\(|Session\b(?!:))")

    assert {name.partition("/")[0] for name in knowing} == {"identity"}
    assert {name for name in knowing if asking.search(sources[name])} == {"identity/network.py"}


def test_only_telemetry_knows_prometheus() -> None:
    knowing = {
        str(path.relative_to(CODE))
        for path in CODE.rglob("*.py")
        for name in imported(path)
        if name.partition(".")[0] == "prometheus_client"
    }
    assert knowing == {f"telemetry/{name}.py" for name in ("directory", "export", "metrics")}


def test_mail_leaves_at_one_place() -> None:
    knowing = {
        str(path.relative_to(CODE))
        for path in CODE.rglob("*.py")
        for name in imported(path)
        if name.startswith(("django.core.mail", "smtplib"))
    }
    assert knowing == {"mail.py"}


def test_kept_messages_are_unsealed_behind_one_seam() -> None:
    knowing = {
        str(path.relative_to(CODE))
        for path in CODE.rglob("*.py")
        if re.search(r"\bmessages_of\b|\.sealed_messages\b", path.read_text(encoding="utf-8"))
    }
    # What is on its way in is no kept copy: it is its sender's own.
    assert knowing - {"operations/sendings.py"} == UNSEALING


def test_messages_without_their_masks_are_read_by_what_never_shows_them() -> None:
    knowing = {
        str(path.relative_to(CODE))
        for path in CODE.rglob("*.py")
        if re.search(r"\btrue_messages\b", path.read_text(encoding="utf-8"))
    }
    assert knowing == {"operations/kept.py", "operations/revealing.py", "operations/send_again.py"}


def test_what_is_on_its_way_in_is_shown_with_masks_only() -> None:
    knowing = {
        str(path.relative_to(CODE))
        for path in CODE.rglob("*.py")
        if re.search(r"\bsendings\.contents\b", path.read_text(encoding="utf-8"))
    }
    # One sends it, the other counts what cannot be sent.
    assert knowing == {"operations/sending.py", "views/sending.py"}


def test_every_call_about_messages_is_written_inside_the_audit_gate() -> None:
    outside = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in CODE.rglob("*.py")
        if path.relative_to(CODE).parts[0] not in ("cloudflare", "sandbox")
        for call in calls_outside(ast.parse(path.read_text(encoding="utf-8")), inside=False)
    ]
    assert outside == []


def calls_outside(node: ast.AST, *, inside: bool) -> Iterator[ast.Call]:
    """The calls `client.<about messages>(…)` that no `with audit.record(…)` or `with _on_the_record(…)` surrounds."""
    if isinstance(node, ast.FunctionDef):
        inside = node.name in HELPERS
    if isinstance(node, ast.With):
        inside = inside or any(opens_a_record(item.context_expr) for item in node.items)
    if is_about_messages(node) and not inside:
        assert isinstance(node, ast.Call)
        yield node
    for child in ast.iter_child_nodes(node):
        yield from calls_outside(child, inside=inside)


def opens_a_record(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) in ("audit.record", "_on_the_record")


def is_about_messages(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Name):
        return node.func.id in HELPERS
    return (
        isinstance(node.func, ast.Attribute)
        and node.func.attr in ABOUT_MESSAGES
        and ast.unparse(node.func.value).endswith("client")
    )


def test_a_call_outside_the_gate_would_be_found() -> None:
    written = "def f():\n    with upstream.slot() as client:\n        client.pull(auth)\n"
    assert [call.lineno for call in calls_outside(ast.parse(written), inside=False)] == [3]
