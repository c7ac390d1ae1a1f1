"""What the simulated organisation did, day by day, in the vendor's field names."""

from datetime import date, timedelta
from typing import Any

import numpy as np

from claude_dash.demo.organization import DROPPED, KEYS, Organization, Somebody

# US dollars per million tokens: input, output, cache read, cache write of 5 minutes; list prices of
# the first-party API, read 2026-11-21.
PRICES = {
    "claude-sonnet-4-6": (3.0, 15.0, 0.3, 3.75),
    "claude-sonnet-5": (2.0, 10.0, 0.2, 2.5),
    "claude-opus-4-8": (5.0, 25.0, 0.5, 6.25),
    "claude-haiku-4-5": (1.0, 5.0, 0.1, 1.25),
}
UNKNOWN_MODEL = "claude-next-preview"  # billed like any other, and not estimated yet
TERMINALS = ("vscode", "iTerm.app", "tmux", "windows-terminal")
WEEKEND = 0.12
SATURDAY = 5


def coded(organization: Organization, day: date) -> list[tuple[Somebody | None, dict[str, Any]]]:
    """Return who used Claude Code on one UTC day and how, by whatever way.

    Nobody stands beside the use of a key.
    """
    if not organization.first <= day <= organization.last:
        return []
    rng = np.random.default_rng([organization.seed, day.toordinal()])
    rows: list[tuple[Somebody | None, dict[str, Any]]] = []
    for one in organization.people:
        draw, amount, place = rng.random(), rng.gamma(3.0, 0.9), int(rng.integers(0, 100))
        if draw >= _chance(organization, one, day):
            continue
        work = max(amount * one.strong, 0.6)
        actor = {"type": "user_actor", "email_address": one.email}
        terminal = TERMINALS[(one.number + (place > 80)) % len(TERMINALS)]  # noqa: PLR2004 - per cent
        rows.append((one, _row(organization, day, actor, terminal, work=work, rng=rng)))
        if place < 12:  # noqa: PLR2004 - per cent of days that go on in the cloud
            third = work / 3
            remote = _row(organization, day, actor, terminal, work=third, rng=rng, is_remote=True)
            rows.append((one, remote))
    for number, name in enumerate(KEYS):
        actor = {"type": "api_actor", "api_key_name": name}
        work = 2.0 + number + rng.gamma(2.0, 0.5)
        rows.append((None, _row(organization, day, actor, "", work=work, rng=rng)))
    return rows


def _chance(organization: Organization, one: Somebody, day: date) -> float:
    """Return how likely somebody is to use it on a day."""
    if day < one.starts or not one.is_member(day):
        return 0.0
    grown = min(1.0, 0.55 + (day - one.starts).days / 120)
    chance = one.keen * grown * (WEEKEND if day.weekday() >= SATURDAY else 1.0)
    ago = (organization.last - day).days
    return chance * (0.15 if one.team == DROPPED and 63 <= ago < 77 else 1.0)  # noqa: PLR2004 - two weeks


def _row(
    organization: Organization,
    day: date,
    actor: dict[str, str],
    terminal: str,
    *,
    work: float,
    rng: np.random.Generator,
    is_remote: bool = False,
) -> dict[str, Any]:
    sessions = max(1, round(work * 0.9))
    accepted = round(work * 11)
    return {
        "date": f"{day.isoformat()}T00:00:00Z",
        "actor": actor,
        "organization_id": "0d9a1f52-demo-4f0e-9f7c-1f1f7a6f2a10",
        "customer_type": "api",
        "subscription_type": None,
        "terminal_type": terminal,
        "is_remote": is_remote,
        "core_metrics": {
            "num_sessions": sessions,
            "lines_of_code": {"added": round(work * 95), "removed": round(work * 31)},
            "commits_by_claude_code": int(rng.poisson(work * 0.5)),
            "pull_requests_by_claude_code": int(rng.poisson(work * 0.13)),
        },
        "tool_actions": {
            "edit_tool": {"accepted": accepted, "rejected": int(rng.poisson(work))},
            "write_tool": {"accepted": round(work * 3), "rejected": int(rng.poisson(work * 0.3))},
            "multi_edit_tool": {"accepted": 0, "rejected": 0},
            "notebook_edit_tool": {"accepted": int(rng.poisson(0.1)), "rejected": 0},
        },
        "model_breakdown": [
            _model(name, work * share) for name, share in _mix(organization, day, rng)
        ],
    }


def _mix(
    organization: Organization, day: date, rng: np.random.Generator
) -> list[tuple[str, float]]:
    """Return the models of a row and their shares; Opus grows, Sonnet is replaced half-way."""
    gone = (day - organization.first).days / max((organization.last - organization.first).days, 1)
    half = organization.first + (organization.last - organization.first) / 2
    opus = 0.08 + 0.32 * gone
    found = [
        ("claude-sonnet-5" if day >= half else "claude-sonnet-4-6", 0.85 - opus),
        ("claude-opus-4-8", opus),
        ("claude-haiku-4-5", 0.15),
    ]
    recent = day > organization.last - timedelta(days=20)
    if recent and rng.random() < 0.03:  # noqa: PLR2004 - a model that nobody has heard of
        found.append((UNKNOWN_MODEL, 0.05))
    return found


def _model(name: str, work: float) -> dict[str, Any]:
    tokens = {
        "input": round(work * 21_000),
        "output": round(work * 26_000),
        "cache_read": round(work * 2_900_000),
        "cache_creation": round(work * 190_000),
    }
    prices = PRICES.get(name, (2.5, 12.5, 0.25, 3.1))
    dollars = sum(n * p for n, p in zip(tokens.values(), prices, strict=True)) / 1_000_000
    cost = {"amount": round(dollars * 100, 4), "currency": "USD"}
    return {"model": name, "tokens": tokens, "estimated_cost": cost}
