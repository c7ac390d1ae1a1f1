"""How each person's activity on every surface is read and turned into facts."""

import json
from datetime import date
from typing import Any

import pytest

from claude_dash.facts import tables as t
from claude_dash.facts.batch import DayFacts
from claude_dash.facts.identity import Identified
from claude_dash.sources.enterprise_users import SOURCE
from tests.unit.sources.conftest import Vendor, page

DAY, NEXT = date(2026, 11, 16), date(2026, 11, 17)
KEY = b"0123456789abcdef" * 2
RIN = Identified("user_id", "user_01ExampleCCCC").who(KEY)
ADDRESS = Identified("email", "rin@example.org").who(KEY)
SENT = """
{
  "user": { "id": "user_01ExampleCCCC", "type": "user", "email_address": "rin@example.org" },
  "distinct_user_count": null,
  "last_activity_date": "2026-11-18",
  "web_search_count": 5,
  "claude_code_metrics": {
    "core_metrics": {
      "distinct_session_count": 6, "commit_count": 4, "pull_request_count": 2,
      "artifacts_created_count": 0, "lines_of_code": { "added_count": 930, "removed_count": 411 }
    },
    "tool_actions": {
      "edit_tool": { "accepted_count": 52, "rejected_count": 4 },
      "multi_edit_tool": { "accepted_count": 0, "rejected_count": 0 },
      "write_tool": { "accepted_count": 11, "rejected_count": 1 },
      "notebook_edit_tool": { "accepted_count": 0, "rejected_count": 0 }
    }
  },
  "chat_metrics": {
    "message_count": 12, "thinking_message_count": 3, "connectors_used_count": 1,
    "shared_conversations_viewed_count": 0, "distinct_conversation_count": 3,
    "distinct_projects_created_count": 0, "distinct_projects_used_count": 1,
    "distinct_files_uploaded_count": 0, "distinct_artifacts_created_count": 1,
    "distinct_shared_artifacts_viewed_count": null, "distinct_skills_used_count": 0,
    "distinct_connectors_used_count": 1
  },
  "cowork_metrics": {
    "message_count": 0, "action_count": 0, "dispatch_turn_count": 0, "skills_used_count": 0,
    "connectors_used_count": 0, "plugins_used_count": null, "artifacts_created_count": 0,
    "distinct_session_count": 0, "distinct_skills_used_count": 0,
    "distinct_connectors_used_count": 0, "distinct_plugins_used_count": null,
    "file_edit_count": null, "edit_tool_count": null, "write_tool_count": null,
    "multi_edit_tool_count": null, "notebook_edit_tool_count": null,
    "sessions_with_file_edits_count": null
  },
  "office_metrics": {
    "excel": { "message_count": 0, "skills_used_count": 0, "distinct_session_count": 0 },
    "powerpoint": { "message_count": 0, "skills_used_count": 0, "distinct_session_count": 0 },
    "word": { "message_count": 0, "skills_used_count": 0, "distinct_session_count": 0 },
    "outlook": { "message_count": 0, "skills_used_count": 0, "distinct_session_count": 0 }
  },
  "design_metrics": {
    "message_count": 0, "distinct_session_count": 0, "distinct_projects_created_count": 0,
    "distinct_projects_used_count": 0
  },
  "science_metrics": {
    "message_count": 0, "delegation_count": 0, "remote_compute_job_count": 0,
    "skills_used_count": 0, "distinct_session_count": 0
  }
}
"""
COLUMNS = {
    "messages",
    "actions",
    "conversations",
    "thinking_messages",
    "files_uploaded",
    "projects_created",
    "artifacts_created",
    "web_searches",
}


def sent(**changes: Any) -> dict[str, Any]:
    """Return the contract's example with changes."""
    return {**json.loads(SENT), **changes}


def only(**blocks: Any) -> dict[str, Any]:
    """Return a row of the example's person with nothing but some blocks."""
    return {"user": {"id": "user_01ExampleCCCC"}, **blocks}


def read_day(vendor: Vendor) -> DayFacts:
    """Return the facts of the day that a vendor tells about."""
    return SOURCE.read_span(vendor.client(), (DAY, NEXT), 7, KEY).days[DAY]


def facts_of(*rows: Any) -> DayFacts:
    """Return the facts of rows on one page."""
    vendor = Vendor()
    vendor.script = [page(*rows)]
    return read_day(vendor)


def surfaces(*rows: Any) -> dict[str, dict[str, int | None]]:
    """Return what was measured of each product, without what was not."""
    found = {}
    for row in facts_of(*rows).rows[t.SURFACE_DAY]:
        assert row.keys() == {"connection_id", "day", "who", "product", *COLUMNS}
        found[row["product"]] = {name: row[name] for name in COLUMNS if row[name] is not None}
    return found


def test_a_day_is_asked_for_as_the_contract_says(vendor: Vendor) -> None:
    """One date, the largest page, no grouping; both pages make one day."""
    other = sent(user={"id": "user_02", "type": "user", "email_address": "kai@example.org"})
    vendor.script = [page(sent(), following="t"), page(other)]
    made = read_day(vendor)
    asked = [dict(request.url.params.multi_items()) for request in vendor.asked]
    first = {"date": "2026-11-16", "limit": "1000"}
    assert asked == [first, {**first, "page": "t"}]
    assert set(vendor.paths) == {"analytics/users"}
    assert (made.records, len(made.rows[t.ACTIVITY_DAY])) == (2, 2)


def test_the_example_becomes_facts() -> None:
    """Claude Code stands in the tables of the Console's report, the rest in one of its own."""
    made = facts_of(sent())
    shared = {"connection_id": 7, "day": DAY, "who": RIN}
    code = {**shared, "terminal_type": "", "customer_type": ""}
    assert made.rows[t.ACTIVITY_DAY] == [
        {
            **code,
            "sessions": 6,
            "lines_added": 930,
            "lines_removed": 411,
            "commits": 4,
            "pull_requests": 2,
        }
    ]
    assert made.rows[t.TOOL_DAY] == [
        {**code, "tool": "edit_tool", "suggestions_accepted": 52, "suggestions_rejected": 4},
        {**code, "tool": "write_tool", "suggestions_accepted": 11, "suggestions_rejected": 1},
    ]
    chat = {
        "messages": 12,
        "conversations": 3,
        "thinking_messages": 3,
        "files_uploaded": 0,
        "projects_created": 0,
        "artifacts_created": 1,
    }
    assert surfaces(sent()) == {"chat": chat, "chat_and_claude_code": {"web_searches": 5}}
    assert (made.records, made.rejects) == (1, {})


@pytest.mark.parametrize("spelling", ["email_address", "email"])
def test_a_person_is_an_id_with_an_address_beside_it(spelling: str) -> None:
    """Under either spelling, in lower case; the pseudonym is that of the id."""
    made = facts_of(sent(user={"id": "user_01ExampleCCCC", spelling: " RIN@Example.org"}))
    assert made.identities == {
        RIN: Identified("user_id", "user_01ExampleCCCC"),
        ADDRESS: Identified("email", "rin@example.org"),
    }
    assert made.identities[RIN].email == "rin@example.org"
    assert made.links == {RIN: ADDRESS}


@pytest.mark.parametrize("user", [{"id": "user_01ExampleCCCC", "email_address": None}, only()])
def test_a_person_without_an_address_is_known_by_the_id(user: dict[str, Any]) -> None:
    """An address may be missing."""
    made = facts_of(sent(user=user.get("user", user)))
    assert (list(made.identities), made.links) == ([RIN], {})


CHAT = {"message_count": 4, "distinct_conversation_count": 2, "thinking_message_count": 0}
COWORK = {"message_count": 5, "action_count": 6, "artifacts_created_count": 1}


@pytest.mark.parametrize(
    ("blocks", "product", "amounts"),
    [
        ({"chat_metrics": CHAT}, "chat",
         {"messages": 4, "conversations": 2, "thinking_messages": 0}),
        ({"chat_metrics": {"distinct_files_uploaded_count": 3}}, "chat", {"files_uploaded": 3}),
        ({"cowork_metrics": COWORK}, "cowork",
         {"messages": 5, "actions": 6, "artifacts_created": 1}),
        ({"office_metrics": {"excel": {"message_count": 2}, "word": {"message_count": None},
                             "visio": {"message_count": 3}, "outlook": None}},
         "office_agent", {"messages": 5}),
        ({"design_metrics": {"message_count": 7, "distinct_projects_created_count": 1}},
         "claude_design", {"messages": 7, "projects_created": 1}),
        ({"science_metrics": {"message_count": 0, "delegation_count": 2,
                              "remote_compute_job_count": 3}},
         "claude_science", {"messages": 0, "actions": 5}),
        ({"science_metrics": {"delegation_count": None, "remote_compute_job_count": 3}},
         "claude_science", {"actions": 3}),
        ({"chat_cowork_unified_metrics": {"chat": CHAT, "sessions": COWORK}},
         "chat_cowork_unified",
         {"messages": 9, "conversations": 2, "thinking_messages": 0, "actions": 6,
          "artifacts_created": 1}),
        ({"chat_cowork_unified_metrics": {"chat": {"distinct_artifacts_created_count": 2},
                                          "sessions": {"artifacts_created_count": 3}}},
         "chat_cowork_unified", {"artifacts_created": 5}),
        ({"chat_cowork_unified_metrics": {"chat": CHAT, "sessions": None}},
         "chat_cowork_unified", {"messages": 4, "conversations": 2, "thinking_messages": 0}),
        ({"claude_tag_metrics": {"active_day_count": 1, "active_message_count": 8}},
         "claude_tag", {"messages": 8}),
        ({"claude_code_metrics": {"core_metrics": {"artifacts_created_count": 2}}},
         "claude_code", {"artifacts_created": 2}),
        ({"web_search_count": 1}, "chat_and_claude_code", {"web_searches": 1}),
    ],
)  # fmt: skip
def test_each_surface_has_a_row_of_its_own(
    blocks: dict[str, Any], product: str, amounts: dict[str, int]
) -> None:
    """A block becomes one row of its product; what is null in it is not measured."""
    assert surfaces(only(**blocks)) == {product: amounts}


@pytest.mark.parametrize(
    "blocks",
    [
        {},
        {"chat_metrics": None, "office_metrics": None, "chat_cowork_unified_metrics": None},
        {"chat_metrics": {}, "office_metrics": {}, "claude_code_metrics": {}},
        {"claude_code_metrics": None, "web_search_count": None},
        {"claude_code_metrics": {"core_metrics": None, "tool_actions": None}},
        {"chat_metrics": {"message_count": 0}, "web_search_count": 0},
        {"science_metrics": {"message_count": None}, "claude_tag_metrics": {}},
        {"claude_code_metrics": {"tool_actions": {"edit_tool": None, "write_tool": {}}}},
        {"hologram_metrics": {"message_count": 3}},
    ],
)
def test_nothing_above_zero_leaves_nothing(blocks: dict[str, Any]) -> None:
    """No fact and nobody known, whether blocks are absent, null, empty or zero."""
    made = facts_of(only(**blocks))
    assert (made.facts, made.identities, made.records, made.rejected) == (0, {}, 1, 0)


def test_sessions_that_were_not_measured_are_none() -> None:
    """A null of sessions is not none, and the rest of the row is kept."""
    core = {"distinct_session_count": None, "commit_count": 1}
    (row,) = facts_of(only(claude_code_metrics={"core_metrics": core})).rows[t.ACTIVITY_DAY]
    assert (row["sessions"], row["commits"]) == (None, 1)


def test_a_tool_that_nobody_announced_passes() -> None:
    """Tools are an open map, spelled as the vendor does; without other activity too."""
    actions = {"Edit Hologram": {"accepted_count": 0, "rejected_count": 2, "undone_count": 1}}
    made = facts_of(only(claude_code_metrics={"tool_actions": actions}))
    tools = [(row["tool"], row["suggestions_rejected"]) for row in made.rows[t.TOOL_DAY]]
    assert (tools, made.rows[t.ACTIVITY_DAY]) == ([("Edit Hologram", 2)], [])


def test_fields_that_nobody_announced_are_ignored() -> None:
    """In a row, in a block and in a person."""
    row = sent(mood="fine", user={**sent()["user"], "shoe_size": 44})
    row["chat_metrics"]["emoji_count"] = 9
    assert facts_of(row) == facts_of(sent())


@pytest.mark.parametrize("user", [None, {}, {"id": None}, {"id": " "}, {"email_address": "m@x"}])
def test_a_row_about_nobody_is_set_aside(user: Any) -> None:
    """Without an id there is nobody to count it for, an address or not."""
    made = facts_of(sent(user=user), sent())
    assert made.rejects == {"user: names nobody": 1}
    assert len(made.rows[t.ACTIVITY_DAY]) == 1


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("mallory@example.org", "record: model_type"),
        (None, "record: model_type"),
        ({"mallory": "@example.org"}, "user: names nobody"),
        (sent(user="mallory"), "user: model_type"),
        (sent(user={"id": "mallory\x00"}), "user.id: string_pattern_mismatch"),
        (sent(web_search_count=-1), "web_search_count: greater_than_equal"),
        (sent(chat_metrics={"message_count": "mallory"}), "chat_metrics.message_count: int_type"),
        (sent(chat_metrics={"message_count": True}), "chat_metrics.message_count: int_type"),
        (sent(office_metrics={"mallory": 1}), "office_metrics.*: model_type"),
        (
            sent(claude_code_metrics={"tool_actions": {"mallory": {"accepted_count": 1.5}}}),
            "claude_code_metrics.tool_actions.*.accepted_count: int_type",
        ),
    ],
)
def test_a_broken_row_is_set_aside(broken: Any, reason: str) -> None:
    """It is counted with a reason that holds nothing of it; the other row is kept."""
    made = facts_of(broken, sent())
    assert made.rejects == {reason: 1}
    assert made.rows == facts_of(sent()).rows
    assert "mallory" not in repr(made)


def test_nobody_is_named() -> None:
    """Neither the id nor the address can be read in what was made."""
    said = repr(facts_of(sent()))
    assert "rin@" not in said
    assert "user_01" not in said
