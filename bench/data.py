"""A large organisation: its people, its teams of every size, and the facts of a day."""

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from sqlalchemy import Engine, insert

TEAMS, DEPARTMENTS, KEYS = 200, 20, 12
MODELS = ("claude-opus-4-8", "claude-sonnet-5", "claude-haiku-4-5")
TERMINALS = ("vscode", "iTerm.app", "tmux", "")
TOOLS = ("edit_tool", "write_tool")
PRESENT = 0.93


def people_of(engine: Engine, people: int) -> None:
    """Store people, teams of a few to a few hundred, and everybody's place."""
    from claude_dash.facts import tables as t

    now = datetime.now(UTC)
    with engine.begin() as c:
        c.execute(
            insert(t.CONNECTION).values(
                id=1,
                name="Bench",
                kind="console",
                status="ok",
                organization_id="bench",
                organization_name="",
                key_tail="",
                options="{}",
                created_at=now,
                backfill_done=True,
                error_code="",
                error_message="",
                progress="",
            )
        )
        c.execute(
            insert(t.DEPARTMENT), [{"id": n, "name": f"D{n}"} for n in range(1, DEPARTMENTS + 1)]
        )
        c.execute(
            insert(t.TEAM),
            [
                {
                    "id": n,
                    "name": f"Team {n:03d}",
                    "department_id": 1 + n % DEPARTMENTS,
                    "rank": 0,
                    "workspace_id": "",
                }
                for n in range(1, TEAMS + 1)
            ],
        )
        everybody = range(1, people + KEYS + 1)
        c.execute(
            insert(t.PERSON), [{"id": n, "automation": n > people, "name": ""} for n in everybody]
        )
        c.execute(
            insert(t.IDENTITY),
            [
                {"who": n, "person_id": n, "kind": "email", "value": f"p{n}", "first_seen": None}
                for n in everybody
            ],
        )
        # Teams of every size: a few people to a few hundred.
        weights = np.random.default_rng(3).pareto(1.5, TEAMS) + 0.3
        teams = np.random.default_rng(4).choice(TEAMS, people, p=weights / weights.sum()) + 1
        c.execute(
            insert(t.MEMBERSHIP),
            [
                {"person_id": n, "team_id": int(teams[n - 1]), "origin": "csv"}
                for n in range(1, people + 1)
            ],
        )
        c.execute(
            insert(t.ROSTER_ENTRY),
            [
                {
                    "person_id": n,
                    "origin": "csv",
                    "eligible": True,
                    "vendor_user_id": "",
                    "role": "",
                }
                for n in range(1, people + 1)
            ],
        )


def day_of(day: date, people: int, seed: int) -> dict[str, list[dict[str, Any]]]:
    """Return one day's rows by table name."""
    rng = np.random.default_rng([seed, day.toordinal()])
    who = np.flatnonzero(rng.random(people + KEYS) < PRESENT) + 1
    size = len(who)
    terminal = rng.integers(0, len(TERMINALS), size)
    work = (rng.pareto(2.0, size) * 3 + 1).astype(int)
    activity, usage, tools = [], [], []
    for n, amount, at in zip(who.tolist(), work.tolist(), terminal.tolist(), strict=True):
        key = {
            "connection_id": 1,
            "day": day,
            "who": n,
            "terminal_type": TERMINALS[at],
            "customer_type": "api",
        }
        activity.append(
            {
                **key,
                "sessions": amount,
                "lines_added": 40 * amount,
                "lines_removed": 9 * amount,
                "commits": amount // 2,
                "pull_requests": amount // 6,
            }
        )
        for model in MODELS[: 1 + n % 2]:
            usage.append(
                {
                    **key,
                    "model": model,
                    "input_tokens": 900 * amount,
                    "output_tokens": 2_000 * amount,
                    "cache_read_tokens": 90_000 * amount,
                    "cache_write_tokens": 7_000 * amount,
                    "cost_estimated": 410_000_000 * amount,
                }
            )
        tools.append(
            {
                **key,
                "tool": TOOLS[n % 2],
                "suggestions_accepted": 5 * amount,
                "suggestions_rejected": amount,
            }
        )
    return {"activity_day": activity, "model_usage_day": usage, "tool_day": tools}
