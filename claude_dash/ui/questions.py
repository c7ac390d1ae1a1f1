"""What is asked most, with its answers, which stand in `docs/questions.md` alone."""

from functools import cache
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "questions.md"


@cache
def questions() -> dict[str, str]:
    """Return each question with its answer, in the order of the document."""
    _, *parts = DOCUMENT.read_text(encoding="utf-8").split("\n## ")
    return {asked: answer.strip() for asked, _, answer in (one.partition("\n") for one in parts)}
