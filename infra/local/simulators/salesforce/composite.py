"""`/composite`, `/composite/batch`, `/composite/tree` and `/composite/graph`: several calls in one."""

import json
import re
from collections.abc import Callable
from typing import Any

from infra.local.simulators.salesforce.errors import SalesforceError, not_found
from infra.local.simulators.salesforce.org import Actor, Org
from infra.local.simulators.salesforce.records import body_of
from infra.local.simulators.salesforce.writing import create
from infra.local.simulators.wire import Answer, Call, json_answer

MOST_CALLS = 25
MOST_QUERIES = 5
MOST_TREE_RECORDS = 200
MOST_GRAPHS = 75
MOST_NODES = 500
_REFERENCE = re.compile(r"@\{([A-Za-z0-9_]+)((?:\.[A-Za-z0-9_]+|\[\d+\])*)\}")
_STEP = re.compile(r"\.([A-Za-z0-9_]+)|\[(\d+)\]")
_COSTLY = re.compile(r"/services/data/v[\d.]+/(query|queryAll|composite/sobjects)\b")
_HALTED = "The transaction was rolled back since another operation in the same transaction failed."
Run = Callable[[Call], Answer]


class _Unresolved(Exception):
    """A reference to a call that failed, or to a value its answer does not have."""


class Composite:
    """Runs bundles. `run` answers one call as if it had come alone."""

    def __init__(self, org: Org, run: Run) -> None:
        self._org = org
        self._run = run

    def answer(self, call: Call, parts: list[str], actor: Actor) -> Answer:
        """Any call below `/composite` except `/composite/sobjects`."""
        if call.method != "POST":
            raise SalesforceError("METHOD_NOT_ALLOWED", f"HTTP Method '{call.method}' not allowed. Allowed are POST")
        body = body_of(call)
        match parts:
            case []:
                calls = _calls(body, "compositeRequest", MOST_CALLS)
                _check_costly(calls)
                answers = self._bundle(calls, call, all_or_none=body.get("allOrNone") is True)
                return json_answer({"compositeResponse": answers})
            case ["batch"]:
                return self._batch(body, call)
            case ["graph"]:
                return self._graphs(body, call)
            case ["tree", name]:
                return self._tree(name, body, actor)
        raise not_found()

    def _bundle(self, calls: list[dict[str, Any]], outer: Call, *, all_or_none: bool) -> list[dict[str, Any]]:
        with self._org.store.transaction() as attempt:
            answers = self._in_order(calls, outer)
            if not all_or_none or all(answer["httpStatusCode"] < 400 for answer in answers):
                return answers
            attempt.roll_back()
        halted = _shown(400, [{"errorCode": "PROCESSING_HALTED", "message": _HALTED}])
        return [
            answer if answer["httpStatusCode"] >= 400 else {**halted, "referenceId": answer["referenceId"]}
            for answer in answers
        ]

    def _in_order(self, calls: list[dict[str, Any]], outer: Call) -> list[dict[str, Any]]:
        known: dict[str, Any] = {}
        answers = []
        for one in calls:
            name = str(one.get("referenceId"))
            try:
                shown = self._one(_resolve(one, known), outer)
            except _Unresolved as unresolved:
                message = f"Invalid reference specified. No value for {unresolved} found in the previous answers"
                shown = _shown(400, [{"errorCode": "PROCESSING_HALTED", "message": message}])
            if shown["httpStatusCode"] < 400:
                known[name] = shown["body"]
            answers.append({**shown, "referenceId": name})
        return answers

    def _one(self, one: dict[str, Any], outer: Call) -> dict[str, Any]:
        headers = {name: str(value) for name, value in (one.get("httpHeaders") or {}).items()}
        body = b"" if one.get("body") is None else json.dumps(one["body"]).encode()
        answer = self._run(
            Call.of(str(one.get("method")), str(one.get("url")), headers={**outer.headers, **headers}, body=body)
        )
        value = json.loads(answer.body) if answer.body else None
        return _shown(answer.status, value, dict(answer.headers))

    def _batch(self, body: dict[str, Any], outer: Call) -> Answer:
        results: list[dict[str, Any]] = []
        halt = False
        for one in _calls(body, "batchRequests", MOST_CALLS):
            if halt:
                error = {"errorCode": "BATCH_PROCESSING_HALTED", "message": "Batch processing halted per request"}
                results.append({"statusCode": 412, "result": [error]})
                continue
            url = str(one.get("url", ""))
            whole = url if url.startswith("/services/") else f"/services/data/{url.lstrip('/')}"
            shown = self._one({"method": one.get("method"), "url": whole, "body": one.get("richInput")}, outer)
            results.append({"statusCode": shown["httpStatusCode"], "result": shown["body"]})
            halt = body.get("haltOnError") is True and shown["httpStatusCode"] >= 400
        return json_answer({"hasErrors": any(one["statusCode"] >= 400 for one in results), "results": results})

    def _tree(self, name: str, body: dict[str, Any], actor: Actor) -> Answer:
        """Flat inserts of one object: all, or none with the errors of each."""
        item = self._org.find_object(name)
        rows = _calls(body, "records", MOST_TREE_RECORDS)
        good, bad = [], []
        with self._org.store.transaction() as attempt:
            for row in rows:
                reference = str((row.get("attributes") or {}).get("referenceId"))
                try:
                    with self._org.store.transaction():
                        good.append({"referenceId": reference, "id": create(self._org, item, row, actor)})
                except SalesforceError as error:
                    bad.append({"referenceId": reference, "errors": [error.as_row()]})
            if bad:
                attempt.roll_back()
        return json_answer({"hasErrors": bool(bad), "results": bad or good}, 400 if bad else 201)

    def _graphs(self, body: dict[str, Any], outer: Call) -> Answer:
        shown = []
        for graph in _calls(body, "graphs", MOST_GRAPHS):
            answers = self._bundle(_calls(graph, "compositeRequest", MOST_NODES), outer, all_or_none=True)
            good = all(answer["httpStatusCode"] < 400 for answer in answers)
            shown.append(
                {
                    "graphId": graph.get("graphId"), "isSuccessful": good,
                    "graphResponse": {"compositeResponse": answers},
                }
            )  # fmt: skip
        return json_answer({"graphs": shown})


def _calls(body: dict[str, Any], name: str, most: int) -> list[dict[str, Any]]:
    calls = body.get(name)
    if not isinstance(calls, list) or not calls or not all(isinstance(one, dict) for one in calls):
        raise SalesforceError("JSON_PARSER_ERROR", f"{name} must be a list of objects")
    if len(calls) > most:
        raise SalesforceError("LIMIT_EXCEEDED", f"{name}: at most {most}")
    return calls


def _check_costly(calls: list[dict[str, Any]]) -> None:
    costly = sum(bool(_COSTLY.match(str(one.get("url")))) for one in calls)
    if costly > MOST_QUERIES:
        raise SalesforceError(
            "LIMIT_EXCEEDED", f"At most {MOST_QUERIES} subrequests may be queries or sObject collections: {costly}"
        )


def _resolve(value: Any, known: dict[str, Any]) -> Any:
    """A subrequest with its references replaced by what earlier answers hold."""
    if isinstance(value, dict):
        return {name: _resolve(inner, known) for name, inner in value.items()}
    if isinstance(value, list):
        return [_resolve(inner, known) for inner in value]
    if not isinstance(value, str):
        return value
    whole = _REFERENCE.fullmatch(value)
    if whole:
        return _referred(whole, known)
    return _REFERENCE.sub(lambda found: str(_referred(found, known)), value)


def _referred(found: re.Match[str], known: dict[str, Any]) -> Any:
    try:
        value = known[found[1]]
        for name, index in _STEP.findall(found[2]):
            value = value[name] if name else value[int(index)]
    except (KeyError, IndexError, TypeError) as error:
        raise _Unresolved(found[0]) from error
    return value


def _shown(status: int, body: Any, headers: dict[str, str] | None = None) -> dict[str, Any]:
    return {"body": body, "httpHeaders": headers or {}, "httpStatusCode": status}
