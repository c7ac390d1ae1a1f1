from datetime import timedelta
from claude_dash.facts import tables as t
from tests.rolled import ALL, MONDAY, Rolled


def test_x(store: Rolled) -> None:
    store.teams(One=[1, 2], Two=[3])
    store.people(range(1, 11), 1)
    store.people(range(11, 21), 2)
    store.people(range(21, 31), 3)
    store.somebody(50)
    for n in range(1, 31):
        store.chat(n, 10)
        store.use(n, "skill:a", 5)
    store.chat(50, 7)
    store.use(3, "skill:mine", 4)
    store.read(MONDAY)
    store.roll()
    for m, d in (
        ("messages", ""),
        ("messages", "product"),
        ("active", "product"),
        ("surface_users", ""),
        ("feature_users", "feature"),
        ("feature_users", "kind"),
        ("feature_uses", "feature"),
        ("feature_uses", "kind"),
        ("feature_uses", ""),
    ):
        print(m, d, store.released(m, d))
    assert 0
