"""Events that have a known form: CloudEvents, those of R2, and those of Cloudflare's event subscriptions."""

from collections.abc import Mapping

from queues_app.bodies.exact_json import Node, Tree

_LONGEST = 60
_R2_ACTIONS = ("PutObject", "CopyObject", "CompleteMultipartUpload", "DeleteObject", "LifecycleDeletion")


def event_of(tree: Tree) -> tuple[str, str] | None:
    """What kind of event a tree is, and which one; None for anything else."""
    top = _members(tree)
    said = _said(top, "type")
    if "specversion" in top and said and "source" in top and "id" in top:
        return "CloudEvents", f"{said}, version {_said(top, 'specversion')}"
    if said.startswith("cf.") and "payload" in top and "metadata" in top:
        return "Cloudflare event", said
    action = _said(top, "action")
    if action in _R2_ACTIONS and "bucket" in top and "object" in top:
        return "R2 event", f"{action} in {_said(top, 'bucket')}"
    return None


def _members(tree: Tree) -> Mapping[str, Node]:
    """The members of the top object."""
    first = tree.nodes[0]
    if first.kind != "object":
        return {}
    members, index = {}, 1
    while index < first.end:
        node = tree.nodes[index]
        members[node.key or ""] = node
        index = node.end
    return members


def _said(members: Mapping[str, Node], key: str) -> str:
    node = members.get(key)
    return node.text[:_LONGEST] if node is not None and node.kind == "string" else ""
