"""What the tests of the roll-up stand on."""

from collections.abc import Iterator

import pytest

from claude_dash.config import Settings
from tests.rolled import Rolled, rolled


@pytest.fixture
def store(settings: Settings) -> Iterator[Rolled]:
    """Return a store without anybody."""
    with rolled(settings) as made:
        yield made
