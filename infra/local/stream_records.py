"""Records of the engine's table streams: which are read, which are kept, and how they come back after a stop."""

# ruff: noqa: SLF001 - see infra.local.patches

from typing import Any

from infra.local.ministack import dynamodb, lambdas


def _readers(scope: tuple[str, str, str]) -> list[int]:
    """How far each event source mapping of a table has read its stream."""
    account, region, table = scope
    stream = f":table/{table}/stream/"
    return [
        lambdas._dynamodb_stream_positions._data.get(key, 0)
        for key, mapping in lambdas._esms._data.items()
        if key[:2] == (account, region) and stream in mapping.get("EventSourceArn", "")
    ]


def forget_read_records() -> None:
    """Drop stream records that every reader is past: the upstream engine keeps a day of them in memory."""
    for scope, records in list(dynamodb._stream_records._data.items()):
        trimmed = dynamodb._stream_trimmed._data.get(scope, 0)
        read = min(_readers(scope), default=0) - trimmed
        if read > 0:
            del records[:read]
            dynamodb._stream_trimmed._data[scope] = trimmed + read


def unread_stream_records() -> int:
    """Stream records that some reader has not seen yet."""
    return sum(
        max(0, dynamodb._stream_trimmed._data.get(scope, 0) + len(records) - min(_readers(scope)))
        for scope, records in list(dynamodb._stream_records._data.items())
        if _readers(scope)
    )


def kept_records() -> list[dict[str, Any]]:
    """Every stream's records for the checkpoint."""
    trimmed = dynamodb._stream_trimmed._data
    return [
        {"scope": list(scope), "trimmed": trimmed.get(scope, 0), "records": records}
        for scope, records in dynamodb._stream_records._data.items()
    ]


def restore_records(streams: list[dict[str, Any]]) -> None:
    """Upstream forgets stream records on a stop and would then read from a position that does not exist."""
    for stream in streams:
        scope = tuple(stream["scope"])
        dynamodb._stream_records._data[scope] = stream["records"]
        dynamodb._stream_trimmed._data[scope] = stream["trimmed"]
