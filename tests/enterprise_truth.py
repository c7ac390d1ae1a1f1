"""What is true of an invented organization, worked out without any of the program's code.

Each function takes the organization and, where it matters, the days (all when left out).
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from tests.enterprise_lines import CONSOLE, MICRO, Line
from tests.enterprise_organization import APPS, EnterpriseOrganization, Json

Org = EnterpriseOrganization
Days = Iterable[date] | None
Where = Callable[[Line], bool]
Week = tuple[int, int]
CENT = Decimal(100 * MICRO)  # micro-cents of a dollar


def everything(_: Line) -> bool:
    """Accept every line: what usage and cost tell."""
    return True


def legacy(line: Line) -> bool:
    """Accept what the older Enterprise reports tell: no Console products."""
    return line.dims["product"] not in {*CONSOLE} - {"claude_code"}


def per_person(line: Line) -> bool:
    """Accept what the older reports by person tell: people only."""
    return legacy(line) and line.actor_id.startswith("user_")


def messages_report(line: Line) -> bool:
    """Accept what the older Console report of tokens tells: no execution of code."""
    return line.dims["product"] is not None


def console_cost(line: Line) -> bool:
    """Accept what the older Console report of cost tells: no priority tier."""
    return line.dims["service_tier"] != "priority"


def week(day: date) -> Week:
    """Return ISO year and week."""
    return day.isocalendar()[:2]


def lines(org: Org, days: Days = None, where: Where = everything) -> Iterator[Line]:
    """Yield the lines of usage and cost."""
    for day in org.days if days is None else days:
        yield from filter(where, org.lines(day))


def tokens(
    org: Org, days: Days = None, where: Where = everything
) -> Counter[tuple[date, str | None]]:
    """Return all five types of tokens by (day, product)."""
    found: Counter[tuple[date, str | None]] = Counter()
    for line in lines(org, days, where):
        found[line.day, line.dims["product"]] += sum(line.tokens.values())
    return +found


def tokens_by_model(
    org: Org, days: Days = None, where: Where = everything
) -> Counter[tuple[date, str | None]]:
    """Return Claude Code's tokens by (day, model)."""
    found: Counter[tuple[date, str | None]] = Counter()
    for line in lines(org, days, where):
        if line.dims["product"] == "claude_code":
            found[line.day, line.dims["model"]] += sum(line.tokens.values())
    return +found


def tokens_by_type(
    org: Org, days: Days = None, where: Where = everything
) -> Counter[tuple[date, str]]:
    """Return tokens by (day, type), the types as in `TOKENS`."""
    found: Counter[tuple[date, str]] = Counter()
    for line in lines(org, days, where):
        for name, number in line.tokens.items():
            found[line.day, name] += number
    return +found


def tokens_by_actor(
    org: Org, days: Days = None, where: Where = everything
) -> Counter[tuple[date, str]]:
    """Return tokens by (day, actor id); an empty id is unattributed."""
    found: Counter[tuple[date, str]] = Counter()
    for line in lines(org, days, where):
        found[line.day, line.actor_id] += sum(line.tokens.values())
    return +found


def requests(
    org: Org, days: Days = None, where: Where = everything
) -> Counter[tuple[date, str | None]]:
    """Return requests by (day, product); those without a product are executions of code."""
    found: Counter[tuple[date, str | None]] = Counter()
    for line in lines(org, days, where):
        found[line.day, line.dims["product"]] += line.requests
    return +found


def searches_billed(
    org: Org, days: Days = None, where: Where = everything
) -> Counter[tuple[date, str | None]]:
    """Return web searches of the usage report by (day, product)."""
    found: Counter[tuple[date, str | None]] = Counter()
    for line in lines(org, days, where):
        found[line.day, line.dims["product"]] += line.searches
    return +found


def cost(
    org: Org,
    by: str = "product",
    days: Days = None,
    where: Where = everything,
    *,
    listed: bool = False,
) -> dict[tuple[date, str | None], Decimal]:
    """Return dollars by (day, product, model, any other dimension, `cost_type` or `actor`)."""
    found: Counter[tuple[date, str | None]] = Counter()
    for line in lines(org, days, where):
        for (cost_type, _), amounts in line.costs.items():
            own = {**line.dims, "cost_type": cost_type, "actor": line.actor_id}
            found[line.day, own[by]] += amounts[listed]
    return {key: number / CENT for key, number in found.items() if number}


def _blocks(row: Json) -> Iterator[tuple[str, Json]]:
    both = row.get("chat_cowork_unified_metrics") or {}
    yield "chat", row["chat_metrics"]
    yield "cowork", row["cowork_metrics"]
    for app in APPS:
        yield "office_agent", row["office_metrics"][app]
    yield "claude_design", row["design_metrics"]
    yield "claude_science", row["science_metrics"]
    yield "chat_cowork_unified", both.get("chat") or {}
    yield "chat_cowork_unified", both.get("sessions") or {}
    yield "claude_tag", row.get("claude_tag_metrics") or {}


ACTIVITY = {
    "messages": ("message_count", "active_message_count"),
    "conversations": ("distinct_conversation_count",),
    "thinking_messages": ("thinking_message_count",),
    "files": ("distinct_files_uploaded_count",),
    "projects_created": ("distinct_projects_created_count",),
    "artifacts_created": ("distinct_artifacts_created_count", "artifacts_created_count"),
    "actions": ("action_count", "delegation_count", "remote_compute_job_count"),
}
CORE = {
    "sessions": ("distinct_session_count",),
    "commits": ("commit_count",),
    "pull_requests": ("pull_request_count",),
    "lines_added": ("lines_of_code", "added_count"),
    "lines_removed": ("lines_of_code", "removed_count"),
    "artifacts_created": ("artifacts_created_count",),
}


def activity(org: Org, what: str, days: Days = None) -> Counter[tuple[date, str]]:
    """Return one of `ACTIVITY` by (day, product), without Claude Code; a null counts nothing."""
    found: Counter[tuple[date, str]] = Counter()
    for day in org.days if days is None else days:
        for row in org.users(day):
            for product, block in _blocks(row):
                found[day, product] += sum(block.get(name) or 0 for name in ACTIVITY[what])
    return +found


def web_searches(org: Org, days: Days = None) -> Counter[date]:
    """Return the web searches of the users report by day: chat and Claude Code together."""
    found: Counter[date] = Counter()
    for day in org.days if days is None else days:
        found[day] += sum(row["web_search_count"] for row in org.users(day))
    return +found


def claude_code(org: Org, what: str, days: Days = None) -> Counter[date]:
    """Return one of `CORE` by day; a null counts nothing."""
    found: Counter[date] = Counter()
    for day in org.days if days is None else days:
        for row in org.users(day):
            value: Any = row["claude_code_metrics"]["core_metrics"]
            for name in CORE[what]:
                value = value[name]
            found[day] += value or 0
    return +found


def edits(org: Org, days: Days = None) -> Counter[tuple[date, str, str]]:
    """Return proposals by (day, tool, `accepted` or `rejected`)."""
    found: Counter[tuple[date, str, str]] = Counter()
    for day in org.days if days is None else days:
        for row in org.users(day):
            for tool, counts in row["claude_code_metrics"]["tool_actions"].items():
                found[day, tool, "accepted"] += counts["accepted_count"]
                found[day, tool, "rejected"] += counts["rejected_count"]
    return +found


def active(
    org: Org, days: Days = None, where: Where = everything, *, spend: bool = True
) -> dict[date, set[str]]:
    """Return user ids active in Claude Code by day: a counter above zero, tokens or requests.

    spend: whether tokens and requests count.
    """
    found: dict[date, set[str]] = {}
    for day in org.days if days is None else days:
        ids = {row["user"]["id"] for row in org.users(day) if _any(row["claude_code_metrics"])}
        if spend:
            ids |= {
                line.actor_id
                for line in lines(org, [day], where)
                if line.dims["product"] == "claude_code"
                and line.actor_id.startswith("user_")
                and (line.requests or any(line.tokens.values()))
            }
        found[day] = ids
    return found


def active_on(org: Org, product: str, days: Days = None) -> dict[date, set[str]]:
    """Return user ids with any counter of a product other than Claude Code above zero, by day."""
    return {
        day: {
            row["user"]["id"]
            for row in org.users(day)
            if any(_any(block) for name, block in _blocks(row) if name == product)
        }
        for day in (org.days if days is None else days)
    }


def by_week(daily: dict[date, set[str]]) -> dict[Week, set[str]]:
    """Return who was there in each ISO week."""
    found: defaultdict[Week, set[str]] = defaultdict(set)
    for day, ids in daily.items():
        found[week(day)] |= ids
    return dict(found)


USES = {
    "skills": ("invocation_count",),
    "connectors": ("read_call_count", "write_call_count", "unclassified_call_count"),
    "plugins": ("invocation_count",),
    "artifacts": ("artifacts_created_count",),
    "projects": ("message_count",),
}


def feature_users(org: Org, kind: str, days: Days = None) -> dict[Week, set[str]]:
    """Return user ids with a row for a kind of feature by ISO week, of plugins also installers."""
    given = org.days if days is None else days
    return by_week({day: {use.user_id for use in org.features(kind, day)} for day in given})


def feature_uses(org: Org, kind: str, days: Days = None) -> Counter[tuple[date, str]]:
    """Return uses by (day, feature name); a null counts nothing."""
    found: Counter[tuple[date, str]] = Counter()
    for day in org.days if days is None else days:
        for use in org.features(kind, day):
            found[day, use.name] += sum(use.counts[name] or 0 for name in USES[kind])
    return +found


def plugin_installs(org: Org, days: Days = None) -> Counter[tuple[date, str]]:
    """Return distinct installers by (day, plugin)."""
    return Counter({
        (day, name): number
        for day in (org.days if days is None else days)
        for name, number in Counter(
            name for name, _ in {
                (use.name, use.user_id)
                for use in org.features("plugins", day) if use.counts["install_count"]
            }
        ).items()
    })  # fmt: skip


def seats(org: Org, days: Days = None) -> dict[date, int]:
    """Return assigned seats by day."""
    return {day: org.seats(day) for day in (org.days if days is None else days)}


def _any(block: Any) -> bool:
    if isinstance(block, dict):
        return any(map(_any, block.values()))
    return bool(block)
