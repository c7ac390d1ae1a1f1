"""How the vendor words an answer: lists by id, lists by page token, and refusals."""

from collections.abc import Sequence
from typing import Any

import httpx
import orjson

DEFAULT_LIMIT = 20
MAX_LIMIT = 1000


def answered(body: dict[str, Any]) -> httpx.Response:
    """Return what was asked for."""
    headers = {"content-type": "application/json"}
    return httpx.Response(200, content=orjson.dumps(body), headers=headers)


def refused(status: int, kind: str, message: str) -> httpx.Response:
    """Return a refusal."""
    body = {"type": "error", "error": {"type": kind, "message": message}}
    return httpx.Response(status, json=body)


def invalid(message: str) -> httpx.Response:
    """Return the refusal of a parameter."""
    return refused(400, "invalid_request_error", message)


def limit_of(query: httpx.QueryParams, default: int = DEFAULT_LIMIT) -> int:
    """Return how many rows a page has.

    Raises:
        ValueError: It is no number that the vendor takes.
    """
    limit = int(query.get("limit", default))
    if not 1 <= limit <= MAX_LIMIT:
        message = f"limit must lie between 1 and {MAX_LIMIT}"
        raise ValueError(message)
    return limit


def by_id(found: list[dict[str, Any]], query: httpx.QueryParams) -> httpx.Response:
    """Return one page of a list that is walked by the last id."""
    limit, ids = limit_of(query), [one["id"] for one in found]
    start = ids.index(query["after_id"]) + 1 if query.get("after_id") in ids else 0
    page = found[start : start + limit]
    return answered(
        {
            "data": page,
            "has_more": start + limit < len(found),
            "first_id": page[0]["id"] if page else None,
            "last_id": page[-1]["id"] if page else None,
        }
    )


def by_token(
    found: Sequence[dict[str, Any]],
    query: httpx.QueryParams,
    *,
    default: int = DEFAULT_LIMIT,
    tells_more: bool = True,
    **beside: str | None,
) -> httpx.Response:
    """Return one page of a list that hands out tokens; not every one says whether there is more."""
    limit, start = limit_of(query, default), int(query.get("page") or "0")
    following = start + limit if start + limit < len(found) else None
    body: dict[str, Any] = {"data": found[start : start + limit]}
    if tells_more:
        body["has_more"] = following is not None
    body["next_page"] = None if following is None else str(following)
    return answered(body | beside)
