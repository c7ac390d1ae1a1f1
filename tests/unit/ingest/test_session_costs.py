"""What session files cost: by the list, or as their client says, and never both."""

from pathlib import Path

from sqlalchemy import Engine, select

from claude_dash.facts import tables as t
from tests import session_lines as lines
from tests.session_lines import MODEL, USAGE, Take, answer, cost, said_of

PRICE = 10 * 3_000 + 20 * 15_000 + 30 * 300 + 40 * 3_750  # nanodollars of the usual answer


def cost_of(engine: Engine) -> list[int | None]:
    """Return the cost of every row."""
    with engine.connect() as connection:
        query = select(t.CLIENT_MODEL_DAY.c.cost_estimated).order_by(t.CLIENT_MODEL_DAY.c.day)
        return list(connection.execute(query).scalars())


def test_cost_is_that_of_the_list(engine: Engine, folder: Path, take: Take) -> None:
    """Cache writes cost by how long they are kept; a model without a price has no cost."""
    hours = {**USAGE, "cache_creation": {"ephemeral_1h_input_tokens": 40}}
    lines.write(folder / "a.jsonl", [answer(1)])
    take()
    assert cost_of(engine) == [PRICE]
    lines.write(folder / "b.jsonl", [answer(2, hours), answer(3, model="private-model")])
    take()
    assert sorted(cost_of(engine), key=str) == [2 * PRICE + 40 * (6_000 - 3_750), None]


def test_what_the_client_says_replaces_the_list_and_is_never_added(
    engine: Engine, folder: Path, take: Take
) -> None:
    """Its last word counts where it is about what was counted; else the list does."""
    file = lines.write(folder / "a.jsonl", [answer(1), cost(0.5, said_of(1))])
    take()
    assert cost_of(engine) == [500_000_000]
    lines.grow(file, answer(2, timestamp="2026-11-18T09:00:00Z"))
    take()  # what it said is behind
    assert cost_of(engine) == [PRICE, PRICE]
    lines.grow(file, cost(0.8, said_of(2)))
    take()
    assert cost_of(engine) == [400_000_000, 400_000_000]
    lines.grow(file, cost(0.9, said_of(3)))  # with a request that is in no file
    take()
    assert cost_of(engine) == [PRICE, PRICE]


def test_what_the_client_knows_a_price_for_has_a_cost(
    engine: Engine, folder: Path, take: Take
) -> None:
    """A model that no list of ours has, and fast answers; a price that it guessed is none."""
    fast = {**USAGE, "speed": "fast"}
    for number, (model, guess, usage) in enumerate(
        [("private-1", False, USAGE), ("private-2", True, USAGE), (MODEL, False, fast)]
    ):
        session = {"sessionId": f"session-{number}"}
        lines.write(
            folder / f"{number}.jsonl",
            [
                answer(number, usage, model=model, **session),
                cost(0.1, said_of(1), model, hasUnknownModelCost=guess, **session),
            ],
        )
    take()
    with engine.connect() as connection:
        c = t.CLIENT_MODEL_DAY.c
        found = dict(connection.execute(select(c.model, c.cost_estimated)).all())
    assert found == {"private-1": 100_000_000, "private-2": None, MODEL: 100_000_000}


def test_a_cost_of_which_a_part_is_unknown_is_unknown(
    engine: Engine, folder: Path, take: Take
) -> None:
    """A smaller sum would pass for the whole one."""
    lines.write(folder / "a.jsonl", [answer(1), answer(2, {**USAGE, "speed": "fast"})])
    take()
    assert cost_of(engine) == [None]
