"""Which columns of which fact tables feed which measures, and by what they split."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, Table, case, func

from claude_dash.facts import tables as t
from claude_dash.facts.dimensions import CLAUDE_CODE
from claude_dash.facts.measures import FEATURE_KINDS, TOKEN_TYPES
from claude_dash.facts.measures import SURFACES as SURFACE_MEASURES
from claude_dash.rollup.once import CLIENTS

TYPES = tuple(TOKEN_TYPES.values())
ACTIVITY_COLUMNS = ("sessions", "lines_added", "lines_removed", "commits", "pull_requests")
TOOL_COLUMNS = ("suggestions_accepted", "suggestions_rejected")
COST = "cost_estimated"
MONEY_COLUMNS = ("cost_billed", "cost_list")
SURFACE_COLUMNS = tuple(measure.name for measure in SURFACE_MEASURES)


def _every(_: str) -> bool:
    return True


def _counts_tokens(kind: str) -> bool:
    """Leave the Console out: its Claude Code report has the tokens, by person and by key."""
    return kind != "console"


@dataclass(frozen=True, slots=True)
class Origin:
    """Rows of one fact table.

    splits: technical dimension -> column. amounts: a column for each measure, None for none.
    counts: whether the rows of a kind of connections count. setup: the column that tells where a
    client sent its requests.
    """

    table: Table
    splits: dict[str, ColumnElement[str]]
    amounts: tuple[ColumnElement[int] | None, ...]
    where: tuple[ColumnElement[bool], ...] = ()
    counts: Callable[[str], bool] = _every
    setup: ColumnElement[int] | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """Measures that come from the same rows.

    measures: by their names, in the order of the amounts; further amounts are flags of the row.
    has_actors: whether a part of people alone is needed, for what is told per active user.
    together: for each amount the place of what it is a part of, as types are of tokens, since one
    source tells all of them; -1: it holds whichever source counts. Empty: each alone.
    apart: dimensions, since under different values of them no two sources tell the same.
    lacking: the measure that rows whose last flag is set have no amount of; empty: none.
    """

    name: str
    measures: tuple[str, ...]
    origins: tuple[Origin, ...]
    has_actors: bool = False
    together: tuple[int, ...] = ()
    apart: tuple[str, ...] = ()
    lacking: str = ""

    @property
    def splits(self) -> tuple[str, ...]:
        """Return the technical dimensions of any of its rows."""
        return tuple(dict.fromkeys(name for one in self.origins for name in one.splits))


def _columns(table: Table, names: tuple[str, ...]) -> tuple[ColumnElement[int], ...]:
    return tuple(table.c[name] for name in names)


def _splits(table: Table, *names: str) -> dict[str, ColumnElement[str]]:
    return {name: table.c[name] for name in names}


_ACTIVITY, _MODELS, _TOOLS = t.ACTIVITY_DAY, t.MODEL_USAGE_DAY, t.TOOL_DAY
_USAGE, _COST, _SURFACE, _FEATURE = t.USAGE_DAY.c, t.COST_DAY.c, t.SURFACE_DAY, t.FEATURE_DAY.c
_CLIENT = ("terminal_type", "customer_type")
_BILLED = ("model", "workspace", "service_tier")


def _tokens(table: Table) -> ColumnElement[int]:
    first, *others = _columns(table, TYPES)
    return sum(others, first)


def _priced(table: Table) -> tuple[ColumnElement[int], ...]:
    """Return tokens and cost, and the flag of a row whose tokens have no price."""
    cost = table.c[COST]
    lacks_cost = case(((cost.is_(None)) & (_tokens(table) > 0), 1), else_=None)
    return *_columns(table, TYPES), cost, lacks_cost


def _reported(
    table: Table, splits: tuple[str, ...], amounts: tuple[ColumnElement[int], ...]
) -> Origin:
    is_seat = case((table.c.customer_type == "subscription", 1), else_=0)
    return Origin(table, _splits(table, *splits, *_CLIENT), amounts, setup=is_seat)


def _sent(
    table: Table,
    splits: tuple[str, ...],
    amounts: tuple[ColumnElement[int] | None, ...],
    kinds: Collection[str] = CLIENTS,
) -> Origin:
    counts = frozenset(kinds).__contains__
    return Origin(table, _splits(table, *splits), amounts, counts=counts, setup=table.c.setup)


def _done(*kinds: str, lacks: str = "") -> Origin:
    """Return what clients of some kinds did; what they cannot see is no zero that could count."""
    amounts = (None if name == lacks else t.CLIENT_DAY.c[name] for name in ACTIVITY_COLUMNS)
    return _sent(t.CLIENT_DAY, ("terminal_type",), (*amounts, None), kinds)


def _acted(table: Table) -> tuple[ColumnElement[int], ...]:
    """Return what was done, and the flag of a row that does not tell in how many sessions."""
    sessions, *others = _columns(table, ACTIVITY_COLUMNS)
    lacks_sessions = case(((sessions.is_(None)) & (sum(others[1:], others[0]) > 0), 1), else_=None)
    return sessions, *others, lacks_sessions


_NAME = t.CLIENT_TOOL_DAY.c.tool
# The edit tools as reports spell them, whatever clients call them.
_AS_REPORTED = case(
    {"Edit": "edit_tool", "MultiEdit": "multi_edit_tool", "NotebookEdit": "notebook_edit_tool",
     "Write": "write_tool"}, value=_NAME, else_=_NAME,
)  # fmt: skip
IS_USED = case(
    (func.coalesce(_FEATURE.uses, 0) > 0, 1),
    ((_FEATURE.uses.is_(None)) & (_FEATURE.installs.is_(None)), 1),
    else_=0,
)

_LACKS_USES = case(((_FEATURE.uses.is_(None)) & (_FEATURE.installs.is_(None)), 1), else_=None)

ACTIVITY = Feed(
    "activity",
    ACTIVITY_COLUMNS,  # and a flag: whether the row does not tell in how many sessions
    (
        _reported(_ACTIVITY, (), _acted(_ACTIVITY)),
        _done("telemetry", "hooks"),
        _done("sessions", lacks="commits"),
    ),
    has_actors=True,
    together=(*range(len(ACTIVITY_COLUMNS)), -1),
    lacking="sessions",
)
HOURS = Feed(
    "hours",
    ("active_ms",),
    (_sent(t.CLIENT_DAY, ("terminal_type",), (t.CLIENT_DAY.c.active_ms,), ("telemetry",)),),
    has_actors=True,
)
USAGE = Feed(
    "usage",
    (*TYPES, COST),  # and a flag: whether the tokens of the row have no price
    (
        _reported(_MODELS, ("model",), _priced(_MODELS)),
        Origin(
            t.USAGE_DAY,
            _splits(t.USAGE_DAY, "model"),
            (*_columns(t.USAGE_DAY, TYPES), None, None),
            (_USAGE.product == CLAUDE_CODE,),
            _counts_tokens,
        ),
        Origin(
            t.INVOCATION_DAY,
            _splits(t.INVOCATION_DAY, "model"),
            _priced(t.INVOCATION_DAY),
        ),
        _sent(t.CLIENT_MODEL_DAY, ("model", "terminal_type"), _priced(t.CLIENT_MODEL_DAY)),
    ),
    has_actors=True,
    together=(0, 0, 0, 0, 1, 1),
    lacking=COST,
)
TOOLS = Feed(
    "tools",
    TOOL_COLUMNS,
    (
        _reported(_TOOLS, ("tool",), _columns(_TOOLS, TOOL_COLUMNS)),
        replace(
            _sent(t.CLIENT_TOOL_DAY, ("terminal_type",), _columns(t.CLIENT_TOOL_DAY, TOOL_COLUMNS)),
            splits={"tool": _AS_REPORTED, **_splits(t.CLIENT_TOOL_DAY, "terminal_type")},
        ),
    ),
    has_actors=True,
    together=(0, 0),
)
REQUESTS = Feed(
    "requests",
    ("requests",),
    (
        Origin(
            t.USAGE_DAY,
            _splits(t.USAGE_DAY, "model"),
            (_USAGE.requests,),
            (_USAGE.product == CLAUDE_CODE,),
        ),
        Origin(
            t.INVOCATION_DAY,
            _splits(t.INVOCATION_DAY, "model"),
            _columns(t.INVOCATION_DAY, ("requests",)),
        ),
        _sent(t.CLIENT_MODEL_DAY, ("model",), _columns(t.CLIENT_MODEL_DAY, ("requests",))),
    ),
)
SPEND = Feed(
    "spend",
    MONEY_COLUMNS,
    (
        Origin(
            t.COST_DAY,
            _splits(t.COST_DAY, *_BILLED, "cost_type"),
            _columns(t.COST_DAY, MONEY_COLUMNS),
            (_COST.product == CLAUDE_CODE,),
        ),
    ),
    has_actors=True,
)
USAGE_ELSEWHERE = Feed(
    "usage_elsewhere",
    ("tokens_elsewhere", "requests_elsewhere"),
    (
        Origin(
            t.USAGE_DAY,
            _splits(t.USAGE_DAY, "product", *_BILLED),
            (_tokens(t.USAGE_DAY), _USAGE.requests),
            (_USAGE.product != CLAUDE_CODE,),
        ),
    ),
)
SPEND_ELSEWHERE = Feed(
    "spend_elsewhere",
    tuple(f"{name}_elsewhere" for name in MONEY_COLUMNS),
    (
        Origin(
            t.COST_DAY,
            _splits(t.COST_DAY, "product", *_BILLED, "cost_type"),
            _columns(t.COST_DAY, MONEY_COLUMNS),
            (_COST.product != CLAUDE_CODE,),
        ),
    ),
)
SURFACES = Feed(
    "surfaces",
    SURFACE_COLUMNS,
    (Origin(_SURFACE, _splits(_SURFACE, "product"), _columns(_SURFACE, SURFACE_COLUMNS)),),
)
FEATURES = Feed(
    "features",
    ("feature_uses",),  # and flags: was it used, was it installed, does the source count no uses
    (
        Origin(
            t.FEATURE_DAY,
            {
                "feature": _FEATURE.kind + ":" + _FEATURE.feature,
                "kind": _FEATURE.kind,
                "product": _FEATURE.product,
            },
            (_FEATURE.uses, IS_USED, _FEATURE.installs, _LACKS_USES),
            (_FEATURE.kind.in_(FEATURE_KINDS),),
        ),
    ),
    together=(0, -1, -1, -1),
    apart=("kind", "product"),  # not by name, which one source redacts and another tells
    lacking="feature_uses",
)
PROJECTS = Feed(
    "projects",
    ("project_messages",),
    (Origin(t.FEATURE_DAY, {}, (_FEATURE.uses,), (_FEATURE.kind == "project",)),),
)
PUBLISHED = Feed(
    "artifacts",
    ("artifacts_published",),
    (Origin(t.FEATURE_DAY, {}, (_FEATURE.published,), (_FEATURE.kind == "artifact",)),),
)
PRESENCE = (ACTIVITY, HOURS, USAGE, TOOLS, REQUESTS)  # any amount makes a person active (B1)
FEEDS = (
    *PRESENCE,
    SPEND,
    USAGE_ELSEWHERE,
    SPEND_ELSEWHERE,
    SURFACES,
    FEATURES,
    PROJECTS,
    PUBLISHED,
)
