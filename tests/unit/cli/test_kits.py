"""What `connect kit` prints."""

import pytest
from typer.testing import CliRunner

from claude_dash.cli import app
from claude_dash.config import Settings

SCOPES = ("read:analytics", "read:members", "read:rbac_groups", "read:spend_limits")


def printed(kind: str) -> str:
    """Return what the command prints for a kind of connection."""
    result = CliRunner().invoke(app, ["connect", "kit", kind])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_enterprise_kit_holds_a_letter_to_the_primary_owner(settings: Settings) -> None:
    """Who asks finds who can make the key, both addresses, every scope twice, and a letter."""
    text = printed("enterprise")
    steps, letter = text.split("A letter for the primary owner:")
    assert "primary owner" in steps
    assert settings.anthropic_base_url in steps
    for part in (steps, letter):
        assert "https://claude.ai/admin-settings/api" in part
        assert all(scope in part for scope in SCOPES)
    assert "https://claude.ai/analytics/api-keys" in letter
    assert "prompts, answers, files and code" in letter


@pytest.mark.parametrize("kind", ["console", "enterprise"])
def test_a_kit_says_what_stays_invisible_and_how_it_ends(kind: str) -> None:
    """Each kit names what its key cannot show, and where the key is deleted."""
    text = " ".join(printed(kind).split())
    assert "Not visible with it" in text
    assert "To end it, delete the key" in text
