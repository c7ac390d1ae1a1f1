"""What Claude Enterprise says of the same people: surfaces, features, tokens, money and seats."""

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from data import KEYS, MODELS
from sqlalchemy import Engine, insert

CONSOLE, ENTERPRISE = 1, 2
PRODUCTS = ("chat", "cowork", "office", "design", "slack", "claude_code")
FEATURES = {"skill": 100, "connector": 60, "plugin": 40}
COST_TYPES = ("tokens", "web_search")
WORKSPACES, TIERS = ("w1", "w2", "w3", ""), ("standard", "batch")
ACTIVE, CHANCES = 0.8, (0.7, 0.25, 0.1, 0.05, 0.03)  # of a day; of each surface, all but the last
HAS_FEATURE, RARE = 0.35, 1.4
Rows = dict[str, list[dict[str, Any]]]


def connect(engine: Engine, people: int) -> None:
    """Store the second connection, and everybody as its member."""
    from claude_dash.facts import tables as t

    with engine.begin() as c:
        c.execute(
            insert(t.CONNECTION).values(
                id=ENTERPRISE,
                name="Bench Enterprise",
                kind="enterprise",
                status="ok",
                organization_id="bench-enterprise",
                organization_name="",
                key_tail="",
                options="{}",
                created_at=datetime.now(UTC),
                backfill_done=True,
                error_code="",
                error_message="",
                progress="",
            )
        )
        c.execute(
            insert(t.ROSTER_ENTRY),
            [
                {
                    "person_id": n,
                    "origin": "vendor",
                    "connection_id": ENTERPRISE,
                    "vendor_user_id": f"user_{n}",
                    "role": "",
                    "eligible": True,
                }
                for n in range(1, people + 1)
            ],
        )


def day_of(day: date, people: int, seed: int) -> dict[tuple[int, str], Rows]:
    """Return one day's rows by table name, for each (connection, report)."""
    rng = np.random.default_rng([seed, 11, day.toordinal()])
    here = np.flatnonzero(rng.random(people) < ACTIVE) + 1
    work = (rng.pareto(2.0, len(here)) * 4 + 1).astype(int)
    surfaces, usage, cost = [], [], []
    chances = rng.random((len(here), len(CHANCES))) < CHANCES
    for who, amount, used in zip(here.tolist(), work.tolist(), chances, strict=True):
        for product in (PRODUCTS[n] for n in np.flatnonzero(used).tolist()):
            key = {"connection_id": ENTERPRISE, "day": day, "who": who, "product": product}
            surfaces.append(
                {
                    **key,
                    "messages": 3 * amount,
                    "actions": amount if product == "cowork" else None,
                    "conversations": amount if product == "chat" else None,
                    "thinking_messages": amount // 2,
                    "files_uploaded": amount // 3,
                    "projects_created": amount // 40,
                    "artifacts_created": amount // 5,
                    "web_searches": amount // 2,
                }
            )
        for product in ("chat", "claude_code")[: 1 + who % 2]:
            key = {"connection_id": ENTERPRISE, "day": day, "who": who, "product": product}
            _spent(usage, cost, key, amount, ("", ""))
    keys = [people + 1 + n for n in range(KEYS)]
    key_usage: list[dict[str, Any]] = []
    key_cost: list[dict[str, Any]] = []
    for who in keys:
        key = {"connection_id": CONSOLE, "day": day, "who": who, "product": "api"}
        place = WORKSPACES[who % len(WORKSPACES)], TIERS[who % len(TIERS)]
        _spent(key_usage, key_cost, key, 400, place)
    features = _features(day, here, rng)
    return {
        (ENTERPRISE, "enterprise.users"): {"surface_day": surfaces},
        (ENTERPRISE, "enterprise.usage"): {"usage_day": usage},
        (ENTERPRISE, "enterprise.cost"): {"cost_day": cost},
        (CONSOLE, "console.usage"): {"usage_day": key_usage},
        (CONSOLE, "console.cost"): {"cost_day": key_cost},
        **{
            (ENTERPRISE, f"enterprise.{kind}s"): {"feature_day": features[kind]}
            for kind in FEATURES
        },
        (ENTERPRISE, "enterprise.summaries"): {"summary_day": _summaries(day, people, len(here))},
    }


def _spent(
    usage: list[dict[str, Any]],
    cost: list[dict[str, Any]],
    key: dict[str, Any],
    amount: int,
    place: tuple[str, str],
) -> None:
    """Add what one actor spent on a product: tokens of one model, and two kinds of cost."""
    model = MODELS[key["who"] % len(MODELS)]
    shared = {**key, "model": model, "workspace": place[0], "service_tier": place[1]}
    usage.append(
        {
            **shared,
            "input_tokens": 900 * amount,
            "output_tokens": 2_000 * amount,
            "cache_read_tokens": 90_000 * amount,
            "cache_write_tokens": 7_000 * amount,
            "requests": 6 * amount,
            "web_searches": 0,
        }
    )
    for n, cost_type in enumerate(COST_TYPES[: 1 + key["who"] % 3 // 2]):
        billed = 300_000_000 * amount // (1 + 9 * n)
        amounts = {"cost_billed": billed, "cost_list": billed * 5 // 4}
        cost.append({**shared, "cost_type": cost_type, **amounts})


def _features(day: date, here: Any, rng: np.random.Generator) -> Rows:  # noqa: ANN401 - an array
    found: Rows = {kind: [] for kind in FEATURES}
    for kind, names in FEATURES.items():
        who = here[rng.random(len(here)) < HAS_FEATURE]
        chosen = np.minimum(rng.zipf(RARE, len(who)) - 1, names - 1)
        uses = rng.integers(1, 9, len(who))
        for person, name, amount in zip(who.tolist(), chosen.tolist(), uses.tolist(), strict=True):
            found[kind].append(
                {
                    "connection_id": ENTERPRISE,
                    "day": day,
                    "who": person,
                    "kind": kind,
                    "feature": f"{kind}-{name:03d}",
                    "product": "claude_code" if kind == "plugin" else "chat",
                    "uses": amount,
                    "installs": 1 if kind == "plugin" else None,
                    "published": None,
                }
            )
    return found


def _summaries(day: date, people: int, active: int) -> list[dict[str, Any]]:
    counted = {
        "daily_active": active,
        "weekly_active": people * 9 // 10,
        "monthly_active": people,
        "assigned_seats": people,
        "pending_invites": 12,
    }
    return [
        {"connection_id": ENTERPRISE, "day": day, "name": name, "product": "", "value": value}
        for name, value in counted.items()
    ]
