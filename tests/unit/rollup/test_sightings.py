"""Who is counted where: people of other surfaces, and features within their kind."""

from tests.rolled import ALL, MONDAY, Rolled

OUTSIDER = 50


def filled(store: Rolled) -> Rolled:
    """Let thirty people of three teams and one who is on no roster chat, and use a skill."""
    store.teams(One=[1, 2], Two=[3])
    for team in (1, 2, 3):
        store.people(range(10 * team - 9, 10 * team + 1), team)
    store.somebody(OUTSIDER)
    for number in range(1, 31):
        store.chat(number, 10)
        store.use(number, "skill:known", 5)
    store.chat(OUTSIDER, 7)
    store.read(MONDAY)
    return store


def test_whoever_was_seen_counts(store: Rolled) -> None:
    """Somebody off the roster who never used Claude Code is in the totals of other surfaces."""
    filled(store).roll()
    assert store.released("messages")[ALL, ""] == 30 * 10 + 7
    assert store.released("surface_users")[ALL, ""] == 31
    assert store.released("active")[ALL, ""] == 0


def test_a_name_of_few_is_told_with_others_of_its_kind(store: Rolled) -> None:
    """A skill that one person uses has no row of its own, and nothing tells how much it was."""
    filled(store)
    store.use(3, "skill:mine", 4)
    store.roll()
    uses = {item for _, item in store.released("feature_uses", "feature")}
    users = {item for _, item in store.released("feature_users", "feature")}
    assert uses | users == {"skill:known", "skill:other"}
    assert store.released("feature_uses", "feature")[ALL, "skill:other"] == "small group"
    known = store.released("feature_uses", "feature")[ALL, "skill:known"]
    wholes = {
        store.released("feature_uses", "kind")[ALL, "skill"],
        store.released("feature_uses")[ALL, ""],
    }
    assert known != 30 * 5 or 30 * 5 + 4 not in wholes
