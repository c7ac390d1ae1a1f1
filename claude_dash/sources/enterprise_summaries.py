"""What the vendor counts over a whole organization: active users, seats and invitations.

Source:  GET /v1/organizations/analytics/summaries
Grain:   UTC day x name x product; nobody is in it
Facts:   SummaryDay
"""

import datetime as dt
from collections.abc import Iterator
from itertools import product as each
from typing import Annotated, Any

from pydantic import BeforeValidator, ValidationError

from claude_dash.clock import end_of, today
from claude_dash.facts import tables as t
from claude_dash.sources.base import Covers, Fact, Rejected, Source
from claude_dash.sources.client import MAX_PAGES, NO_END, NOT_A_LIST, TOKEN, AnthropicClient, Params
from claude_dash.sources.enterprise_days import FLOOR, OLDEST
from claude_dash.sources.exchange import ANALYTICS
from claude_dash.sources.record import Block, Count, utc_day, where
from claude_dash.sources.refusals import shape

PATH = f"{ANALYTICS}summaries"
MAX_DAYS = 366  # of one query (contract 4.1, read 2026-11-21)
TWICE = "starting_at: the same day again"
_PRODUCTS = {  # how a field begins -> product
    "": "",
    "cowork_": "cowork",
    "chat_": "chat",
    "claude_code_": "claude_code",
    "claude_design_": "claude_design",
    "office_agent_": "office_agent",
    "science_": "claude_science",
    "chat_cowork_unified_": "chat_cowork_unified",
    "claude_tag_": "claude_tag",
}
_FIELDS = {  # field -> name and product
    "assigned_seat_count": ("assigned_seats", ""),
    "pending_invite_count": ("pending_invites", ""),
} | {
    f"{prefix}{span}_active_user_count": (f"{span}_active", product)
    for (prefix, product), span in each(_PRODUCTS.items(), ("daily", "weekly", "monthly"))
}


class Summary(Block):
    """One element of `data`: a UTC day, and the counts that were sent; null is not measurable."""

    starting_at: Annotated[dt.date, BeforeValidator(utc_day)]
    counts: dict[str, Count | None]

    @property
    def day(self) -> dt.date:
        """Return the UTC day."""
        return self.starting_at


def checked(sent: Any) -> Summary | Rejected:  # noqa: ANN401 - whatever was sent
    """Return a summary, or why what was sent is none."""
    if not isinstance(sent, dict):
        return Rejected("record: not an object")
    counts = {field: sent[field] for field in _FIELDS if field in sent}
    try:
        return Summary.model_validate({"starting_at": sent.get("starting_at"), "counts": counts})
    except ValidationError as error:
        return Rejected(where(error))


def read(
    client: AnthropicClient, since: dt.date, until: dt.date
) -> Iterator[Summary | Rejected | Covers]:
    """Yield the summary of each of some UTC days that has one, and up to when there are any."""
    seen: set[dt.date] = set()
    for sent in _rows(client, max(since, FLOOR), until):
        made = checked(sent)
        if isinstance(made, Rejected):
            yield made
        elif made.day in seen:
            yield Rejected(TWICE)
        else:
            seen.add(made.day)
            if since <= made.day < until:
                yield made
    yield Covers(end_of(max(seen)) if seen else None)


def _rows(client: AnthropicClient, since: dt.date, until: dt.date) -> list[Any]:
    """Return the rows of some days; which of the newest there are is left to the vendor.

    It refuses a range that ends after its newest day, so ranges that end of late are asked for
    without an end, and from a day on that must be there.
    """
    if since >= until or since > today():
        return []
    settled = max(FLOOR, today() - OLDEST)
    if until <= settled:
        return list(_walk(client, since, until))
    recent = max(min(since, settled), today() - dt.timedelta(days=MAX_DAYS))
    older = _walk(client, since, recent) if since < recent else ()
    return [*older, *_walk(client, recent, None)]


def _walk(client: AnthropicClient, since: dt.date, until: dt.date | None) -> Iterator[Any]:
    """Yield every row, in the newer envelope or in the older one, which has no pages.

    Without an end up to the vendor's newest day.

    Raises:
        SourceShapeError: There is no list, or its pages do not come to an end.
    """
    params: Params = {
        "starting_date": since.isoformat(),
        "ending_date": until.isoformat() if until else None,
    }
    seen: set[Any] = {None}
    token = None
    for _ in range(MAX_PAGES):
        body = client.get(PATH, {**params, "page": token})
        rows = body["data"] if body.get("data") is not None else body.get("summaries")
        if not isinstance(rows, list):
            raise shape(NOT_A_LIST)
        yield from rows
        token = body.get(TOKEN)
        if token is None and not body.get("has_more"):
            return
        if not isinstance(token, str) or token in seen:
            break
        seen.add(token)
    raise shape(NO_END)


def normalize(record: Summary, connection_id: int, key: bytes) -> Iterator[Fact]:  # noqa: ARG001
    """Turn a summary into one fact for each count that was sent; it is about nobody."""
    for field, value in record.counts.items():
        name, product = _FIELDS[field]
        place: dict[str, Any] = {
            "connection_id": connection_id,
            "day": record.day,
            "name": name,
            "product": product,
        }
        yield Fact(t.SUMMARY_DAY, place, {"value": value})


SOURCE = Source(
    "enterprise.summaries",
    FLOOR,
    (t.SUMMARY_DAY,),
    read,
    normalize,
    max_days=MAX_DAYS,
)
