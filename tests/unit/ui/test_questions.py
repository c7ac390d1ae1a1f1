"""What is asked most, as the glossary shows it."""

import pytest

from claude_dash.ui.questions import questions

ASKED = (
    "recent activity missing",
    "products are included",
    "far back",
    "plan is needed",
    "conversations read",
    "source code read",
    "taken back",
    "employer see",
)


@pytest.mark.parametrize("words", ASKED)
def test_what_is_asked_most_is_answered(words: str) -> None:
    """Each of the questions that people bring stands in the document, once, with an answer."""
    found = [answer for asked, answer in questions().items() if words in asked]
    assert len(found) == 1
    assert len(found[0]) > 80


def test_answers_can_be_shown_on_a_page() -> None:
    """No answer holds a heading, or a link that leads to a file."""
    assert [
        asked for asked, answer in questions().items() if "](" in answer or "\n#" in answer
    ] == []
