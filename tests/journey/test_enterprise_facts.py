"""What Claude Enterprise tells becomes facts, through every fault: they are the truth, exactly."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, select

from claude_dash.config import Settings
from claude_dash.facts import tables as t
from tests import enterprise_truth as truth
from tests import spend_server
from tests.enterprise_organization import EnterpriseOrganization
from tests.enterprise_truth import Where
from tests.journey.conftest import (
    ENTERPRISE_FIRST,
    ENTERPRISE_LAST,
    EnterpriseReader,
    Read,
    ServeEnterprise,
    faults,
)
from tests.journey.enterprise_facts import (
    Facts,
    engagement,
    known_ids,
    spend,
    true_engagement,
    true_spend,
    true_summaries,
    united,
)
from tests.vendor_faults import KINDS

OLD = "2023-06-01"
FIRST = date(2026, 11, 6)


def stored(reader: EnterpriseReader) -> Facts:
    """Return everything that is stored."""
    return engagement(reader.engine) | spend(reader.engine)


def expected(reader: EnterpriseReader, where: Where = truth.everything) -> Facts:
    """Return everything that is true, as the newer reports tell it."""
    org, latest = reader.organization, reader.server.latest
    days = [day for day in org.days if day <= latest("summaries")]
    return (
        true_engagement(org, latest)
        | true_summaries(org, days)
        | true_spend(org, org.days, reader.vault.pseudonym_key, where)
    )


def read(
    engine: Engine, settings: Settings, serve: ServeEnterprise, **options: Any
) -> EnterpriseReader:
    """Read a smaller organization; return the program in front of it."""
    people, first = options.pop("people", 50), options.pop("first", FIRST)
    blocks = options.pop("optional_blocks", True)
    one = EnterpriseOrganization(people, first, ENTERPRISE_LAST, optional_blocks=blocks)
    reader = EnterpriseReader(engine, settings, serve(one, faults=faults(3), **options))
    assert reader.connect(reader.server.key).status == "ok"
    outcome = reader.sync()
    assert (outcome.status, outcome.error, outcome.rejected) == ("ok", None, 0)
    assert reader.server.forbidden == reader.server.rollups == []
    return reader


def test_every_fault_is_met_and_nothing_is_asked_that_is_forbidden(enterprise_once: Read) -> None:
    """Tokens run out, answers are cut off and late; all is read, and no range instead of days."""
    outcome, server = enterprise_once.outcome, enterprise_once.server
    assert (outcome.status, outcome.error, outcome.rejected) == ("ok", None, 0)
    assert server.forbidden == server.rollups == []
    assert set(server.faults.said) >= set(KINDS)
    assert (outcome.first_day, outcome.last_day) == (ENTERPRISE_FIRST, ENTERPRISE_LAST)


def test_every_fact_is_the_vendors(enterprise: EnterpriseReader) -> None:
    """Of each surface, tool, feature, seat, token and nanodollar, by day and by whom."""
    found, true = stored(enterprise), expected(enterprise)
    assert found.keys() == true.keys()
    assert {name for name in true if found[name] != true[name]} == set()
    assert all(counter.total() for counter in true.values())


def test_a_user_id_is_a_person_whatever_the_address(enterprise: EnterpriseReader) -> None:
    """Renamed people stay one, an address given to somebody else makes two, the deleted stay."""
    org = enterprise.organization
    with enterprise.engine.connect() as connection:
        c = t.IDENTITY.c
        found = connection.execute(select(c.value, c.person_id).where(c.kind == "user_id")).all()
        persons = dict(found)
        addresses = dict(
            connection.execute(select(c.value, c.person_id).where(c.kind == "email")).all()
        )
        entry = t.ROSTER_ENTRY.c
        roster = dict(connection.execute(select(entry.vendor_user_id, entry.person_id)).all())
    assert len(set(persons.values())) == len(persons) > 100
    assert persons.keys() == known_ids(org)
    third, fifth, new = (org.persons[n] for n in (3, 5, 120))
    assert {addresses[one] for one in (third.address, "renamed3@example.org")} == {
        persons[third.user_id]
    }
    assert fifth.address == new.address
    assert addresses[new.address] == persons[new.user_id] != persons[fifth.user_id]
    assert roster == {user: person for user, person in roster.items() if
                      persons.get(user, person) == person}  # fmt: skip
    assert roster.keys() == {one.user_id for one in org.members}


@pytest.mark.parametrize("shapes", [OLD, "2026-10-21"])
def test_the_older_reports_tell_the_same(
    shapes: str, engine: Engine, settings: Settings, serve_enterprise: ServeEnterprise,
    hurried: None,
) -> None:  # fmt: skip
    """Without the newer ones; what is nobody's in particular stands together."""
    del hurried
    reader = read(engine, settings, serve_enterprise, shapes=shapes, beta=False, page_rows=30)
    days, key = reader.organization.days, reader.vault.pseudonym_key
    by_person = true_spend(reader.organization, days, key, truth.per_person)
    true = expected(reader, truth.legacy)
    true |= {name: united(true[name], people, key) for name, people in by_person.items()}
    assert stored(reader) == true


def test_the_largest_groups_and_no_more_are_told(
    engine: Engine, settings: Settings, serve_enterprise: ServeEnterprise, hurried: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """People are told in full; of what is nobody's, as much as the older totals name."""
    del hurried
    monkeypatch.setattr(spend_server, "MOST_GROUPS", 8)
    reader = read(engine, settings, serve_enterprise, beta=False, first=date(2026, 11, 16))
    days, key = reader.organization.days, reader.vault.pseudonym_key
    by_person = true_spend(reader.organization, days, key, truth.per_person)
    everyone = true_spend(reader.organization, days, key, truth.legacy)
    found = spend(reader.engine)
    for name, counter in by_person.items():
        assert {place: found[name][place] for place in counter} == counter
        assert counter.total() <= found[name].total() <= everyone[name].total()
    money = [one["cost_billed"].total() for one in (by_person, found, everyone)]
    assert money[0] <= money[1] < money[2]


def test_what_is_not_switched_on_is_absent(
    engine: Engine, settings: Settings, serve_enterprise: ServeEnterprise, hurried: None
) -> None:
    """Neither blocks nor breakdown: nothing is read into them, and nothing of the rest is lost."""
    del hurried
    reader = read(
        engine, settings, serve_enterprise, shapes=OLD, optional_blocks=False, breakdown=False
    )
    true = expected(reader)
    for name in ("daily_active", "weekly_active", "monthly_active"):
        told = {place: n for place, n in true[name].items() if place[1] in {"", "cowork"}}
        true[name].clear()
        true[name].update(told)
    assert stored(reader) == true
    with engine.connect() as connection:
        products = set(connection.execute(select(t.SURFACE_DAY.c.product).distinct()).scalars())
    assert not products & {"chat_cowork_unified", "claude_tag"}
