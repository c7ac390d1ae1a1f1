"""The measures we know: their name, unit, where they stand in the facts, what they split by."""

from dataclasses import dataclass

MEASURE_SPLITS = ("source", "connection", "product", "terminal_type", "customer_type")


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
MEASURES = {measure.name: measure for measure in (*ACTIVITY, *MODEL_USAGE, *TOOLS)}
TOKEN_TYPES = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cache_read": "cache_read_tokens",
    "cache_write": "cache_write_tokens",
}
