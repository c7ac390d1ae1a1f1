"""What a store holds of Enterprise or Console spend, and what is true of it, in the same words.

Both are counters by name, keyed by day and whatever the name splits by; zeros are left out.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Engine, Table, func, select

from claude_dash.facts import tables as t
from claude_dash.facts.identity import Identified
from tests import enterprise_truth as truth
from tests.enterprise_lines import MICRO, OTHER_ACTORS, TOKENS, Line, actor_id
from tests.enterprise_organization import EnterpriseOrganization
from tests.enterprise_truth import Where, everything

Facts = dict[str, Counter[tuple[Any, ...]]]
Days = Iterable[date]
Newest = Callable[[str], date]
CLAUDE_CODE = "claude_code"
UNATTRIBUTED = "unattributed"
NANO_PER_MICRO = 10_000_000 // MICRO
BILLED_SEARCHES = "searches_billed"
SEARCHES = "chat_and_claude_code"
COLUMNS = {  # a column of the surfaces -> the truth about it
    "messages": "messages",
    "actions": "actions",
    "conversations": "conversations",
    "thinking_messages": "thinking_messages",
    "files_uploaded": "files",
    "projects_created": "projects_created",
    "artifacts_created": "artifacts_created",
}
CORE = ("sessions", "commits", "pull_requests", "lines_added", "lines_removed")
TYPES = {
    "input_tokens": TOKENS[:1],
    "cache_read_tokens": TOKENS[1:2],
    "output_tokens": TOKENS[2:3],
    "cache_write_tokens": TOKENS[3:],
}
KINDS = {one: f"{one}s" for one in ("skill", "connector", "plugin", "artifact", "project")}
WINDOWS = {"daily_active": 1, "weekly_active": 7, "monthly_active": 30}
PRODUCTS = ("chat", "cowork", "office_agent", "claude_design", "claude_science",
            "chat_cowork_unified", "claude_tag")  # fmt: skip
INVITES = 2
SPEND = ("product", "model", "workspace", "service_tier", "who")
WHO = 1 + SPEND.index("who")


def _sums(
    engine: Engine, table: Table, columns: Iterable[str], by: Iterable[str], *where: Any
) -> Iterator[tuple[str, tuple[Any, ...], int]]:
    """Yield column, key and sum."""
    names, keys = [*columns], [table.c.day, *(table.c[name] for name in by)]
    query = select(*keys, *(func.sum(table.c[name]) for name in names)).where(*where)
    with engine.connect() as connection:
        for row in connection.execute(query.group_by(*keys)):
            for name, number in zip(names, row[len(keys) :], strict=True):
                yield name, tuple(row[: len(keys)]), int(number or 0)


def engagement(engine: Engine) -> Facts:
    """Return what is stored of engagement."""
    found: Facts = {}

    def keep(name: str, key: tuple[Any, ...], number: int) -> None:
        found.setdefault(name, Counter())[key] += number

    for one in _sums(engine, t.SURFACE_DAY, (*COLUMNS, "web_searches"), ("product",)):
        keep(*one)
    for one in _sums(engine, t.ACTIVITY_DAY, CORE, ()):
        keep(*one)
    tools = ("suggestions_accepted", "suggestions_rejected")
    for one in _sums(engine, t.TOOL_DAY, tools, ("tool",)):
        keep(*one)
    for column, key, number in _sums(
        engine, t.FEATURE_DAY, ("uses", "installs", "published"), ("kind", "feature")
    ):
        keep(column, key, number)
    c = t.FEATURE_DAY.c
    query = select(c.day, c.kind, c.feature, func.count(c.who.distinct()))
    with engine.connect() as connection:
        for *key, number in connection.execute(query.group_by(c.day, c.kind, c.feature)):
            keep("people", tuple(key), number)
        c = t.SUMMARY_DAY.c
        for day, name, product, value in connection.execute(
            select(c.day, c.name, c.product, c.value).where(c.value.is_not(None))
        ):
            keep(name, (day, product), value)
    return {name: +counter for name, counter in found.items()}


def true_engagement(org: EnterpriseOrganization, newest: Newest) -> Facts:
    """Return what is true of engagement up to each report's newest day, summaries left out."""

    def days(report: str) -> list[date]:
        return [day for day in org.days if day <= newest(report)]

    people = days("users")
    found: Facts = {
        column: Counter(truth.activity(org, name, people)) for column, name in COLUMNS.items()
    }
    made = truth.claude_code(org, "artifacts_created", people)
    found["artifacts_created"].update({(day, CLAUDE_CODE): n for day, n in made.items()})
    searches = truth.web_searches(org, people)
    found["web_searches"] = Counter({(day, SEARCHES): n for day, n in searches.items()})
    for name in CORE:
        counted = truth.claude_code(org, name, people)
        found[name] = Counter({(day,): n for day, n in counted.items()})
    for (day, tool, word), number in truth.edits(org, people).items():
        found.setdefault(f"suggestions_{word}", Counter())[day, tool] += number
    found |= {name: Counter() for name in ("uses", "installs", "published", "people")}
    for kind, report in KINDS.items():
        for day in days(report):
            _add_features(found, org, kind, day)
    return {name: +counter for name, counter in found.items()}


def _add_features(found: Facts, org: EnterpriseOrganization, kind: str, day: date) -> None:
    report = KINDS[kind]
    uses = org.features(report, day)
    named = ["" if kind == "project" else use.name for use in uses]
    seen = {(name, use.user_id) for name, use in zip(named, uses, strict=True)}
    found["people"].update((day, kind, name) for name, _ in seen)
    for (_, name), number in truth.feature_uses(org, report, [day]).items():
        found["uses"][day, kind, "" if kind == "project" else name] += number
    for name, use in zip(named, uses, strict=True):
        for column, field in (
            ("installs", "install_count"),
            ("published", "published_artifacts_created_count"),
        ):
            found[column][day, kind, name] += use.counts.get(field) or 0


def true_summaries(org: EnterpriseOrganization, days: Days) -> Facts:
    """Return what the vendor counts itself, with every product told apart."""
    found: Facts = {name: Counter() for name in (*WINDOWS, "assigned_seats", "pending_invites")}
    sets: dict[str, dict[date, set[str]]] = {
        product: truth.active_on(org, product, org.days) for product in PRODUCTS
    }
    sets[CLAUDE_CODE] = truth.active(org, org.days, spend=False)
    sets[""] = {day: set().union(*(one[day] for one in sets.values())) for day in org.days}
    for day in days:
        found["assigned_seats"][day, ""] = org.seats(day)
        found["pending_invites"][day, ""] = INVITES
        for name, length in WINDOWS.items():
            for product, by_day in sets.items():
                is_short = length == 30 and product in {"chat_cowork_unified", "claude_tag"}
                window = [day - timedelta(days=n) for n in range(28 if is_short else length)]
                number = len(set().union(*(by_day.get(one, set()) for one in window)))
                found[name][day, product] = number
    return {name: +counter for name, counter in found.items()}


def spend(engine: Engine) -> Facts:
    """Return what is stored of tokens, requests and money, by everything it splits by."""
    found: Facts = {}
    usage = (*TYPES, "requests", "web_searches")
    for table, columns, by in (
        (t.USAGE_DAY, usage, SPEND),
        (t.COST_DAY, ("cost_billed", "cost_list"), (*SPEND, "cost_type")),
    ):
        for name, key, number in _sums(engine, table, columns, by):
            told = BILLED_SEARCHES if name == "web_searches" else name
            found.setdefault(told, Counter())[key] += number
    return {name: +counter for name, counter in found.items()}


def pseudonym_of(line: Line, key: bytes) -> int:
    """Return the pseudonym of whoever a line is about."""
    actor = line.actor or {}
    if actor.get("type") == "federated_actor":
        words = "111122223333 ci aws" if actor is OTHER_ACTORS[1] else None
        name = words or f"https://issuer.example oidc {actor['subject']}"
        return Identified("federated", name).who(key)
    kinds = {"user_actor": "user_id", "service_account_actor": "service_account",
             "api_actor": "api_key"}  # fmt: skip
    kind: Any = kinds.get(str(actor.get("type")), UNATTRIBUTED)
    return Identified(kind, actor_id(line.actor) or UNATTRIBUTED).who(key)


def known_ids(org: EnterpriseOrganization) -> set[str]:
    """Return the user ids of everybody of whom anything is told but zeros."""
    found = {line.actor_id for line in truth.lines(org) if line.actor_id.startswith("user_")}
    for by_day in (truth.active(org, spend=False), *(truth.active_on(org, p) for p in PRODUCTS)):
        found = found.union(*by_day.values())
    return found


def true_spend(
    org: EnterpriseOrganization, days: Days, key: bytes, where: Where = everything
) -> Facts:
    """Return what is true of usage and cost on some days, as the newer reports split it."""
    found: Facts = {}

    def keep(name: str, line: Line, number: int, *more: str) -> None:
        told = (line.dims["product"] or UNATTRIBUTED, line.dims["model"] or UNATTRIBUTED,
                line.dims["workspace_id"] or "", line.dims["service_tier"] or "")  # fmt: skip
        place = (line.day, *told, pseudonym_of(line, key), *more)
        found.setdefault(name, Counter())[place] += number

    for line in truth.lines(org, days, where):
        for name, types in TYPES.items():
            keep(name, line, sum(line.tokens[one] for one in types))
        keep("requests", line, line.requests)
        keep(BILLED_SEARCHES, line, line.searches)
        for (cost_type, _), (amount, listed) in line.costs.items():
            keep("cost_billed", line, amount * NANO_PER_MICRO, cost_type)
            keep("cost_list", line, listed * NANO_PER_MICRO, cost_type)
    return {name: +counter for name, counter in found.items()}


def united(
    counter: Counter[tuple[Any, ...]], people: Counter[tuple[Any, ...]], key: bytes
) -> Counter[tuple[Any, ...]]:
    """Return spend as the older reports tell it: what is no person's stands together."""
    nobody, found = Identified("unattributed", UNATTRIBUTED).who(key), Counter(people)
    for place, number in (counter - people).items():
        found[*place[:WHO], nobody, *place[WHO + 1 :]] += number
    return found
