"""How names of teams are spelled and compared."""

import pytest

from claude_dash.people.names import fault, folded, spelled


def test_spellings_of_one_name_are_one() -> None:
    """Case, runs of spaces and the form of letters make no difference."""
    composed, apart = "Z\u00fcrich Ops", "  ZU\u0308RICH\u00a0 ops"
    assert folded(composed) == folded(apart)
    assert spelled("  Web \t Shop ") == "Web Shop"


@pytest.mark.parametrize("name", ["All", "UNASSIGNED", "Automation", "Other small teams (Sales)"])
def test_collective_rows_keep_their_names(name: str) -> None:
    """No team may be called like a row that is no team."""
    assert fault(name) == "is a reserved name"


def test_a_name_like_a_formula_is_a_name() -> None:
    """What a spreadsheet would run is kept; exports escape it."""
    assert fault("=1+1") == ""
    assert fault("a\x00b") == "holds a control character"
