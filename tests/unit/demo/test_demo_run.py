"""The demo's store: both organizations read, with the stories that a reader looks for."""

from claude_dash import budget, connections, trust
from claude_dash.access.readers import Reader, Role
from claude_dash.config import Settings
from claude_dash.demo import run
from claude_dash.store.engine import open_store

VIEWER = Reader("demo", Role.VIEWER)


def test_the_demo_has_every_story(settings: Settings) -> None:
    """Both connections are read, money was revised, a model has no price, idle seats cost."""
    steps: list[str] = []
    settings = settings.model_copy(update={"requests_per_minute": 1_000_000})
    run.build(settings, people=60, days=90, seed=7, progress=steps.append)
    engine = open_store(settings.url)
    listed = connections.list_all(engine)
    assert [(one.kind, one.status, one.error) for one in listed] == [
        ("console", "ok", None),
        ("enterprise", "ok", None),
    ]
    assert trust.revisions(engine)
    assert trust.unpriced_models(engine) == ["claude-next-preview"]
    assert budget.reclaim(engine, VIEWER)
    outlook = budget.month_outlook(engine, VIEWER)
    assert outlook
    assert outlook.kind == "cost_billed"
    assert budget.monthly_budget(engine)
    assert steps
    engine.dispose()
