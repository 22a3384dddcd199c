"""The GraphQL endpoint, as far as queues are concerned (fact sheet, 4). It answers 200 even where it refuses."""

from collections.abc import Iterator
from typing import Any

from queues_app.sandbox import datasets, errors, fields, graphql, lifecycle
from queues_app.sandbox.context import Answer, Call
from queues_app.sandbox.datasets import Question
from queues_app.sandbox.errors import ApiError
from queues_app.sandbox.graphql import Field, QueryError
from queues_app.sandbox.history import Period
from queues_app.sandbox.identity import ANALYTICS
from queues_app.sandbox.store import Account
from queues_app.sandbox.wire import Fields, rfc3339

_bad_request = fields.refusing(errors.BAD_REQUEST)
_DELAYED = "queueDelayedBacklogAdaptiveGroups"
_CONSUMER = "queueConsumerMetricsAdaptiveGroups"

type _Told = dict[tuple[str, int, int], list[Period]]
"""Queue, first and last moment → what its history tells."""


def answer(call: Call) -> Answer:
    body = call.body(errors.BAD_REQUEST, _bad_request)
    query, variables = fields.text(body, "query", _bad_request), fields.mapping(body, "variables", _bad_request)
    try:
        data, problems = _answered(call, graphql.parsed(query, variables))
    except QueryError as problem:
        return Answer(bare={"data": None, "errors": [_problem(call, problem)]})
    return Answer(bare={"data": data, "errors": [_problem(call, one) for one in problems] or None})


def _answered(call: Call, top: list[Field]) -> tuple[Fields, list[QueryError]]:
    viewer = _only(top, "viewer")
    one = _only(viewer.fields, "accounts")
    tag = one.arguments.get("filter", {})
    account_id = tag.get("accountTag") if isinstance(tag, dict) else None
    if not isinstance(account_id, str):
        raise QueryError("error parsing args: accountTag is required")
    account = call.store.accounts.get(account_id)
    variant = call.store.variants_for(account).analytics
    if variant == "no_delayed" and any(part.name == _DELAYED for part in one.fields):
        raise QueryError(f'unknown field "{_DELAYED}"')
    questions = [datasets.asked(part, call.now_ms) for part in one.fields]
    path = ("viewer", "accounts", "0")
    identity = call.identity
    if identity is None or account is None or not identity.sees(account_id) or ANALYTICS not in identity.powers:
        raise QueryError("not authorized for that account", code="authz", path=path)
    problems = []
    found: Fields = {}
    told: _Told = {}
    for question in questions:
        name = question.field.name
        if variant == "partial" and name == _CONSUMER:
            found[question.field.alias] = None
            problems.append(QueryError("unable to execute query, please try again later", path=(*path, name)))
        else:
            found[question.field.alias] = [] if variant == "empty" else _rows(call, account, question, told)
    return {viewer.alias: {one.alias: [found]}}, problems


def _rows(call: Call, account: Account, question: Question, told: _Told) -> list[Fields]:
    def periods() -> Iterator[tuple[str, Period]]:
        for queue in list(account.queues.values()):
            # Of a queue that is made when somebody asks for it, nothing is known to who asks for none by name.
            if queue.filling is not None and not question.names_queues:
                continue
            if question.wants(queue.id):
                # The datasets of one query ask for the same, as a rule.
                key = (queue.id, question.first_ms, question.last_ms)
                if key not in told:
                    lifecycle.settle(call.store, account, queue, call.now_ms)
                    told[key] = list(queue.history.periods(*key[1:], call.now_ms))
                yield from ((queue.id, period) for period in told[key])

    return datasets.rows(question, periods())


def _only(found: list[Field], name: str) -> Field:
    for one in found:
        if one.name != name:
            raise QueryError(f'unknown field "{one.name}"')
    if len(found) != 1:
        raise ApiError(errors.BAD_REQUEST, what=f"{name} is asked for once")
    if not found[0].fields:
        raise QueryError("object field must have selections")
    return found[0]


def refused(message: str, code: str, now_ms: int) -> Fields:
    """The whole of a refusal that comes before the query is read."""
    return {"data": None, "errors": [_told(QueryError(message, code=code), now_ms)]}


def _problem(call: Call, problem: QueryError) -> dict[str, Any]:
    return _told(problem, call.now_ms)


def _told(problem: QueryError, now_ms: int) -> dict[str, Any]:
    extensions = {"timestamp": rfc3339(now_ms), **({"code": problem.code} if problem.code else {})}
    return {"message": problem.message, "path": list(problem.path) or None, "extensions": extensions}
