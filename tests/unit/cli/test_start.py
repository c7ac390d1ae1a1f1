"""How commands start: what they do not need, they do not import."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("alembic", "boto3", "botocore", "httpx", "opentelemetry", "pandas", "plotly", "streamlit")
RUN = f"""
import json, sys
from claude_dash import cli
try:
    cli.app(sys.argv[1:])
except SystemExit as left:
    assert not left.code, left.code
print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))
"""


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    "command",
    ["--help", "connect list", "sync", "import sessions {} --person person-1@example.com"],
    ids=["help", "list", "sync", "import"],
)
def test_a_command_that_asks_nobody_starts_light(command: str, tmp_path: Path) -> None:
    """On a store that is up to date nothing is loaded that reads buckets, asks or draws."""
    words = command.format(tmp_path).split()
    done = subprocess.run(
        [sys.executable, "-c", RUN, *words], check=True, capture_output=True, text=True
    )
    assert json.loads(done.stdout.splitlines()[-1]) == []
