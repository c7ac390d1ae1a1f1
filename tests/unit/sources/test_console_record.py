"""Which records of the Console's report are taken, and what is said about those that are not."""

from datetime import date
from typing import Any

import pytest

from claude_dash.sources.base import Rejected
from claude_dash.sources.console_record import Record, checked
from tests.unit.sources.conftest import report_row

DAY = date(2026, 11, 17)


def without(*names: str) -> dict[str, Any]:
    """Return a row that lacks some fields."""
    return {name: value for name, value in report_row().items() if name not in names}


@pytest.mark.parametrize(
    "row",
    [
        without("is_remote", "subscription_type", "organization_id"),
        without("core_metrics", "tool_actions", "model_breakdown", "terminal_type"),
        dict.fromkeys(report_row(), None) | without(*list(report_row())[2:]),
        report_row(novel_field={"deep": [1]}, is_remote=None),
        report_row(is_remote="yes", organization_id=7, subscription_type=["x"]),
        report_row(customer_type="barter", terminal_type="", subscription_type="novel"),
        report_row(core_metrics=None, tool_actions=None, model_breakdown=None),
        report_row(core_metrics={"num_sessions": None, "lines_of_code": None}),
        report_row(core_metrics={"lines_of_code": {"added": None}}),
        report_row(tool_actions={"novel_tool": {"accepted": 1, "rejected": 0, "x": 1}, "y": None}),
        report_row(model_breakdown=[{"model": "claude-novel-9"}]),
        report_row(model_breakdown=[{"model": "m", "tokens": None, "estimated_cost": None}]),
        report_row(model_breakdown=[]),
        report_row(date="2026-11-17"),
        report_row(date="2026-11-17T00:00:00+00:00"),
        report_row(date="2026-11-17T00:00:00.000Z"),
        report_row(date="2026-11-17T05:30:00Z"),
        report_row(date="2026-11-16T22:00:00-05:00"),
        report_row(actor={"type": "user_actor", "email": "rin@example.org"}),
        report_row(actor={"type": "user_actor", "email_address": "r@example.org", "user_id": "u"}),
        report_row(actor={"email_address": "rin@example.org"}),
    ],
)
def test_what_may_vary_is_taken(row: dict[str, Any]) -> None:
    """Absent, null, unknown and older spellings are no reason to set a record aside."""
    assert isinstance(checked(row, DAY), Record)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("mallory@example.org", "record: model_type"),
        (None, "record: model_type"),
        ([], "record: model_type"),
        (without("date"), "date: missing"),
        (without("actor"), "actor: missing"),
        (report_row(date=None), "date: missing"),
        (report_row(date=1763337600), "date: value_error"),
        (report_row(date="mallory@example.org"), "date: value_error"),
        (report_row(date="2026-11-31"), "date: value_error"),
        (report_row(date="2026-11-18T00:00:00Z"), "date: another day"),
        (report_row(date="2026-11-17T22:00:00-05:00"), "date: another day"),
        (report_row(actor="mallory@example.org"), "actor: model_type"),
        (report_row(actor={}), "actor: names nobody"),
        (report_row(actor={"type": "user_actor"}), "actor: names nobody"),
        (report_row(email=" "), "actor: names nobody"),
        (
            report_row(actor={"type": "user_actor", "email_address": 7}),
            "actor.email_address: string_type",
        ),
        (report_row(core_metrics={"num_sessions": "4"}), "core_metrics.num_sessions: int_type"),
        (report_row(core_metrics={"num_sessions": True}), "core_metrics.num_sessions: int_type"),
        (
            report_row(core_metrics={"num_sessions": 10**18}),
            "core_metrics.num_sessions: less_than",
        ),
        (
            report_row(core_metrics={"lines_of_code": {"added": -1}}),
            "core_metrics.lines_of_code.added: greater_than_equal",
        ),
        (
            report_row(tool_actions={"mallory": {"accepted": "x"}}),
            "tool_actions.*.accepted: int_type",
        ),
        (report_row(tool_actions=[1]), "tool_actions: dict_type"),
        (report_row(model_breakdown={"m": 1}), "model_breakdown: list_type"),
        (report_row(model_breakdown=[{"tokens": {}}]), "model_breakdown.*.model: missing"),
        (report_row(model_breakdown=[{"model": ""}]), "model_breakdown.*.model: string_too_short"),
        (
            report_row(model_breakdown=[{"model": "m\x00"}]),
            "model_breakdown.*.model: string_pattern_mismatch",
        ),
        (
            report_row(model_breakdown=[{"model": "m" * 321}]),
            "model_breakdown.*.model: string_too_long",
        ),
        (
            report_row(model_breakdown=[{"model": "\ud800"}]),
            "model_breakdown.*.model: string_unicode",
        ),
        (
            report_row(model_breakdown=[{"model": "m", "estimated_cost": {"amount": -1}}]),
            "model_breakdown.*.estimated_cost.amount: greater_than_equal",
        ),
        (
            report_row(model_breakdown=[{"model": "m", "estimated_cost": {"amount": True}}]),
            "model_breakdown.*.estimated_cost.amount: value_error",
        ),
        (
            report_row(model_breakdown=[{"model": "m", "estimated_cost": {"amount": "NaN"}}]),
            "model_breakdown.*.estimated_cost.amount: finite_number",
        ),
        (
            report_row(model_breakdown=[{"model": "m", "tokens": {"input": 1.5}}]),
            "model_breakdown.*.tokens.input: int_type",
        ),
        (report_row(terminal_type=["mallory"]), "terminal_type: string_type"),
    ],
)
def test_what_is_broken_is_set_aside_with_its_place(row: Any, reason: str) -> None:
    """The reason is a path of known fields and a kind of error; nothing of the record is in it."""
    assert checked(row, DAY) == Rejected(reason, DAY)
    assert "mallory" not in reason


def test_texts_are_trimmed() -> None:
    """Spaces around a name do not make another name of it."""
    record = checked(report_row(terminal_type=" vscode ", customer_type="api "), DAY)
    assert isinstance(record, Record)
    assert (record.terminal_type, record.customer_type) == ("vscode", "api")


def test_a_record_prints_no_name_in_an_error() -> None:
    """Even the library's own error, were it ever shown, hides what was sent."""
    with pytest.raises(ValueError, match="num_sessions") as raised:
        Record.model_validate(report_row(core_metrics={"num_sessions": "mallory"}))
    assert "mallory" not in str(raised.value)
