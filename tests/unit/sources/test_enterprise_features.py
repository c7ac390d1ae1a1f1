"""How skills, connectors, plugins, projects and artifacts are read and turned into facts."""

import json
from datetime import date
from typing import Any

import pytest

from claude_dash.facts import tables as t
from claude_dash.facts.batch import DayFacts
from claude_dash.facts.identity import Identified
from claude_dash.sources import enterprise_features as features
from claude_dash.sources.base import Source, found
from tests.unit.sources.conftest import Vendor, page

DAY, NEXT = date(2026, 11, 16), date(2026, 11, 17)
KEY = b"0123456789abcdef" * 2
RIN = Identified("user_id", "user_01ExampleCCCC").who(KEY)
NOBODY = Identified("unattributed", "unattributed").who(KEY)
EXAMPLES: dict[str, dict[str, Any]] = json.loads("""
{
  "skill": {
    "skill_name": "release-notes", "skill_display_name": null, "share_status": "organization",
    "distinct_user_count": 7, "invocation_count": 31, "enable_count": null,
    "estimated_overage_spend": "412.5", "attributed_list_price": "2890.25", "currency": "USD",
    "chat_metrics": { "distinct_conversation_skill_used_count": 4 },
    "claude_code_metrics": { "distinct_session_skill_used_count": 18 }
  },
  "connector": {
    "connector_name": "github", "connector_display_name": null, "distinct_user_count": 21,
    "read_call_count": 340, "write_call_count": 52, "unclassified_call_count": 118,
    "managed_auth_distinct_user_count": null, "individual_auth_distinct_user_count": null,
    "chat_metrics": { "distinct_conversation_connector_used_count": 15 }
  },
  "plugin": {
    "plugin_name": "deploy-tools", "plugin_id": "deploy-tools@example-market",
    "distinct_user_count": 6, "install_count": 1, "invocation_count": 19,
    "claude_code_metrics": { "distinct_session_plugin_used_count": 11 }
  },
  "project": {
    "project_id": "claude_proj_01ExampleJJJJ", "project_name": "Quarterly review",
    "message_count": 44, "distinct_user_count": 5, "distinct_conversation_count": 12,
    "created_at": "2026-10-02T12:00:00Z",
    "created_by": {
      "id": "user_01ExampleDDDD", "type": "user", "email_address": "rin@example.org"
    }
  },
  "artifact": {
    "artifact_type": "text/html", "is_shared": false, "artifacts_created_count": 8,
    "published_artifacts_created_count": 0, "distinct_user_count": 5
  }
}
""")
SOURCES: dict[str, Source] = {
    "skill": features.SKILLS,
    "connector": features.CONNECTORS,
    "plugin": features.PLUGINS,
    "project": features.PROJECTS,
    "artifact": features.ARTIFACTS,
}
KEPT: dict[str, tuple[str, str, dict[str, int | None]]] = {
    "skill": ("release-notes", "cowork", {"uses": 31, "installs": None, "published": None}),
    "connector": ("github", "cowork", {"uses": 510, "installs": None, "published": None}),
    "plugin": ("deploy-tools", "cowork", {"uses": 19, "installs": 1, "published": None}),
    "project": ("", "chat", {"uses": 44, "installs": None, "published": None}),
    "artifact": ("text/html", "cowork", {"uses": 8, "installs": None, "published": 0}),
}
PATHS = {"project": "apps/chat/projects"}
NAMES = {"skill": "skill_name", "connector": "connector_name", "plugin": "plugin_name"}
every_kind = pytest.mark.parametrize("kind", SOURCES)


def sent(kind: str, **changes: Any) -> dict[str, Any]:
    """Return the contract's example, grouped by person and product, with changes."""
    by = {"user_id": "user_01ExampleCCCC"}
    if kind != "project":
        by["product"] = "cowork"
    return {**EXAMPLES[kind], **by, **changes}


def read_day(kind: str, vendor: Vendor) -> DayFacts:
    """Return the facts of the day that a vendor tells about."""
    return SOURCES[kind].read_span(vendor.client(), (DAY, NEXT), 7, KEY).days[DAY]


def facts_of(kind: str, *rows: Any) -> DayFacts:
    """Return the facts of rows on one page."""
    vendor = Vendor()
    vendor.script = [page(*rows)]
    return read_day(kind, vendor)


def only(kind: str, *rows: Any) -> dict[str, Any]:
    """Return the one fact of rows."""
    (row,) = facts_of(kind, *rows).rows[t.FEATURE_DAY]
    return row


@every_kind
def test_the_example_becomes_a_fact(kind: str) -> None:
    """Its name, product and amounts, under the pseudonym of its person and its kind."""
    made = facts_of(kind, sent(kind))
    feature, product, amounts = KEPT[kind]
    place = {"connection_id": 7, "day": DAY, "who": RIN, "kind": kind}
    row = {**place, "feature": feature, "product": product, **amounts}
    assert made.rows == {t.FEATURE_DAY: [row]}
    assert list(row) == [column.name for column in t.FEATURE_DAY.columns]
    assert made.identities == {RIN: Identified("user_id", "user_01ExampleCCCC")}
    assert (made.records, made.rejects, made.owns) == (1, {}, {"kind": kind})


@every_kind
def test_a_day_is_asked_for_by_person_and_product(kind: str, vendor: Vendor) -> None:
    """Projects by person alone, since they refuse a product; both pages are added up."""
    vendor.script = [page(sent(kind), following="t"), page(sent(kind))]
    (row,) = read_day(kind, vendor).rows[t.FEATURE_DAY]
    by = [("group_by[]", "user_id"), ("group_by[]", "product")][: 1 if kind == "project" else 2]
    first = [("date", "2026-11-16"), *by, ("limit", "1000")]
    asked = [request.url.params.multi_items() for request in vendor.asked]
    assert asked == [first, [*first, ("page", "t")]]
    assert set(vendor.paths) == {f"analytics/{PATHS.get(kind, f'{kind}s')}"}
    assert row["uses"] == 2 * (KEPT[kind][2]["uses"] or 0)


@every_kind
def test_it_is_found_under_its_name(kind: str) -> None:
    """Each report is a source of its own, and the newest days may be refused."""
    source = SOURCES[kind]
    assert found()[f"enterprise.{kind}s"] is source
    assert (source.is_lagging, source.floor) == (True, date(2026, 1, 1))


@every_kind
@pytest.mark.parametrize("user", [{"user_id": None}, {"user_id": ""}])
def test_what_nobody_is_named_for_is_unattributed(kind: str, user: dict[str, Any]) -> None:
    """It counts for the organization and for no person."""
    made = facts_of(kind, sent(kind, **user))
    assert made.rows[t.FEATURE_DAY][0]["who"] == NOBODY
    assert [one.is_automation for one in made.identities.values()] == [True]


@every_kind
def test_nothing_above_zero_leaves_nothing(kind: str) -> None:
    """No fact and nobody known."""
    zeros = {name: 0 for name in EXAMPLES[kind] if name.endswith("_count")}
    made = facts_of(kind, sent(kind, **zeros))
    assert (made.facts, made.identities, made.records, made.rejected) == (0, {}, 1, 0)


@every_kind
def test_fields_that_nobody_announced_are_ignored(kind: str) -> None:
    """A new field changes nothing, and neither does a known one that we do not keep."""
    strange = sent(kind, mood="fine", distinct_user_count="many", share_status=7)
    assert facts_of(kind, strange) == facts_of(kind, sent(kind))


@pytest.mark.parametrize("kind", [kind for kind in SOURCES if kind != "project"])
@pytest.mark.parametrize(
    ("said", "product"),
    [
        (None, ""),
        ("", ""),
        ("claude-tag", "claude_tag"),
        ("holodeck", "holodeck"),
        ("chat_cowork_unified", "chat_cowork_unified"),
    ],
)
def test_a_product_has_one_spelling(kind: str, said: str | None, product: str) -> None:
    """One that nobody announced passes; one that is left open is empty."""
    assert only(kind, sent(kind, product=said))["product"] == product


@pytest.mark.parametrize("kind", [kind for kind in SOURCES if kind != "project"])
def test_an_absent_product_is_empty(kind: str) -> None:
    """As one that is null."""
    row = sent(kind)
    del row["product"]
    assert only(kind, row)["product"] == ""


@pytest.mark.parametrize("kind", NAMES)
def test_a_name_that_is_withheld_is_unattributed(kind: str) -> None:
    """An empty name is one row of its kind, since uses are uses."""
    assert only(kind, sent(kind, **{NAMES[kind]: " "}))["feature"] == "unattributed"


@pytest.mark.parametrize(
    ("calls", "uses"),
    [((None, None, 3), 3), ((1, 0, None), 1), ((1, 2, 3), 6), ((0, 5, None), 5)],
)
def test_calls_of_a_connector_are_those_that_were_measured(
    calls: tuple[int | None, ...], uses: int
) -> None:
    """Reads, writes and the rest are added up, and a null is left out."""
    names = ("read_call_count", "write_call_count", "unclassified_call_count")
    assert only("connector", sent("connector", **dict(zip(names, calls, strict=True))))["uses"] == (
        uses
    )


def test_calls_of_a_connector_that_nobody_measured_are_unknown() -> None:
    """Three nulls, or three absent fields, are not zero: somebody used it, who knows how often."""
    for row in ({"connector_name": "x"}, {"connector_name": "x", "read_call_count": None}):
        assert features.Connector.model_validate(row).kept() == ("x", {"uses": None})
        assert only("connector", row)["uses"] is None


def test_a_plugin_may_be_installed_and_not_used() -> None:
    """Null, absent and zero stay apart."""
    row = only("plugin", sent("plugin", invocation_count=0))
    assert (row["uses"], row["installs"]) == (0, 1)
    row = only("plugin", sent("plugin", invocation_count=None))
    assert (row["uses"], row["installs"]) == (None, 1)
    row = only("plugin", sent("plugin", install_count=None))
    assert (row["uses"], row["installs"]) == (19, None)


def test_projects_of_a_person_are_one() -> None:
    """Messages are added up over projects, of which no name, id or author is left."""
    other = sent("project", project_id="claude_proj_02", project_name="Mallory", message_count=6)
    made = facts_of("project", sent("project"), other)
    (row,) = made.rows[t.FEATURE_DAY]
    assert (row["uses"], row["feature"], row["product"]) == (50, "", "chat")
    said = repr((made.rows, list(made.identities.values())))
    for name in ("Mallory", "Quarterly", "claude_proj", "rin@", "user_01"):
        assert name not in said


def test_artifacts_are_added_up_whether_shared_or_not() -> None:
    """Two cells of one type are one fact; another type is another."""
    shared = {"is_shared": True, "artifacts_created_count": 2}
    other = {"artifact_type": "other", "published_artifacts_created_count": None}
    made = facts_of(
        "artifact",
        sent("artifact"),
        sent("artifact", **shared, published_artifacts_created_count=1),
        sent("artifact", **other),
    )
    amounts = {row["feature"]: (row["uses"], row["published"]) for row in made.rows[t.FEATURE_DAY]}
    assert amounts == {"text/html": (10, 1), "other": (8, None)}


@every_kind
@pytest.mark.parametrize(
    "broken",
    [
        "mallory@example.org",
        None,
        7,
        ["mallory"],
        {"mallory": "@example.org"},
        {"user_id": "mallory"},
        {"user_id": {"mallory": 1}},
    ],
)
def test_a_broken_row_is_set_aside(kind: str, broken: Any) -> None:
    """It is counted with a reason that holds nothing of it; the other row is kept."""
    made = facts_of(kind, broken, sent(kind))
    assert (made.records, made.rejected) == (2, 1)
    assert made.rows == facts_of(kind, sent(kind)).rows
    assert "mallory" not in repr(made)


@every_kind
@pytest.mark.parametrize("wrong", ["mallory", -1, 1.5, True, 10**15])
def test_a_wrong_count_sets_its_row_aside(kind: str, wrong: Any) -> None:
    """The reason names the field and holds nothing of what stood in it."""
    field = {"connector": "read_call_count", "project": "message_count"}.get(
        kind, "artifacts_created_count" if kind == "artifact" else "invocation_count"
    )
    made = facts_of(kind, sent(kind, **{field: wrong}))
    (reason,) = made.rejects
    assert reason.startswith(f"{field}: ")
    assert "mallory" not in reason
    assert made.facts == 0
