"""The measures we know: their name, unit, where they stand in the facts, what they split by."""

from dataclasses import dataclass

# Of Claude Code alone, whose product is told from the measure; others have one of their own.
MEASURE_SPLITS = ("source", "connection", "product", "terminal_type", "customer_type")
SPEND_SPLITS = ("product", "model", "workspace", "service_tier", "source", "connection")
SURFACE_SPLITS = ("product", "source", "connection")
FEATURE_SPLITS = ("feature", "kind", *SURFACE_SPLITS)
FEATURE_KINDS = (
    "connector",
    "mcp_server",
    "plugin",
    "skill",
    "subagent",
    "tool",
)  # kinds of facts that are features


@dataclass(frozen=True, slots=True)
class Measure:
    """A magnitude: something that adds up over people, days and technical values.

    `column` names the fact column that is added up; several columns are the values of `type`.
    `splits` are the technical dimensions that exist for it. `otel` is the OpenTelemetry name.
    """

    name: str
    unit: str
    columns: tuple[str, ...]
    splits: tuple[str, ...]
    otel: str = ""


ACTIVITY = (
    Measure("sessions", "{session}", ("sessions",), MEASURE_SPLITS, "claude_code.session.count"),
    Measure("active_days", "{day}", (), ()),  # a day with two terminals is one day: no splits
    Measure(
        "lines_added", "{line}", ("lines_added",), MEASURE_SPLITS, "claude_code.lines_of_code.count"
    ),
    Measure(
        "lines_removed",
        "{line}",
        ("lines_removed",),
        MEASURE_SPLITS,
        "claude_code.lines_of_code.count",
    ),
    Measure("commits", "{commit}", ("commits",), MEASURE_SPLITS, "claude_code.commit.count"),
    Measure(
        "pull_requests",
        "{pull_request}",
        ("pull_requests",),
        MEASURE_SPLITS,
        "claude_code.pull_request.count",
    ),
)
HOURS = (
    Measure("active_ms", "ms", ("active_ms",), MEASURE_SPLITS, "claude_code.active_time.total"),
)
MODEL_USAGE = (
    Measure(
        "tokens",
        "{token}",
        ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"),
        ("type", "model", *MEASURE_SPLITS),
        "claude_code.token.usage",
    ),
    Measure(
        "cost_estimated",
        "USD",
        ("cost_estimated",),
        ("model", *MEASURE_SPLITS),
        "claude_code.cost.usage",
    ),
)
TOOLS = (
    Measure(
        "suggestions_accepted",
        "{suggestion}",
        ("suggestions_accepted",),
        ("tool", *MEASURE_SPLITS),
        "claude_code.code_edit_tool.decision",
    ),
    Measure(
        "suggestions_rejected",
        "{suggestion}",
        ("suggestions_rejected",),
        ("tool", *MEASURE_SPLITS),
        "claude_code.code_edit_tool.decision",
    ),
)
REQUESTS = (
    Measure("requests", "{request}", ("requests",), ("product", "model", "source", "connection")),
)
SPEND = (
    Measure("cost_billed", "USD", ("cost_billed",), ("cost_type", *SPEND_SPLITS)),
    Measure("cost_list", "USD", ("cost_list",), ("cost_type", *SPEND_SPLITS)),
)
# The same of every product but Claude Code: a figure of Claude Code is never hidden because few
# people use something else, and a total over all products is the sum of two that may be shown.
ELSEWHERE_USAGE = (
    Measure("tokens_elsewhere", "{token}", ("tokens",), SPEND_SPLITS),
    Measure("requests_elsewhere", "{request}", ("requests",), SPEND_SPLITS),
)
ELSEWHERE_COST = tuple(
    Measure(f"{one}_elsewhere", "USD", (one,), ("cost_type", *SPEND_SPLITS))
    for one in ("cost_billed", "cost_list")
)
SURFACES = tuple(
    Measure(name, unit, (name,), SURFACE_SPLITS)
    for name, unit in (
        ("messages", "{message}"),
        ("actions", "{action}"),
        ("conversations", "{conversation}"),
        ("thinking_messages", "{message}"),
        ("files_uploaded", "{file}"),
        ("projects_created", "{project}"),
        ("artifacts_created", "{artifact}"),
        ("web_searches", "{search}"),
    )
)
FEATURES = (Measure("feature_uses", "{use}", ("uses",), FEATURE_SPLITS),)
PROJECTS = (Measure("project_messages", "{message}", ("uses",), ("source", "connection")),)
PUBLISHED = (
    Measure("artifacts_published", "{artifact}", ("published",), ("source", "connection")),
)
MEASURES = {
    measure.name: measure
    for measure in (
        *ACTIVITY,
        *HOURS,
        *MODEL_USAGE,
        *TOOLS,
        *REQUESTS,
        *SPEND,
        *ELSEWHERE_USAGE,
        *ELSEWHERE_COST,
        *SURFACES,
        *FEATURES,
        *PROJECTS,
        *PUBLISHED,
    )
}
TOKEN_TYPES = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cache_read": "cache_read_tokens",
    "cache_write": "cache_write_tokens",
}
