"""The keys of invocation logs: which objects are logs, of which account and day.

Layout: [PREFIX/]AWSLogs/ACCOUNT/BedrockModelInvocationLogs/REGION/YYYY/MM/DD/HH/NAME.json.gz
"""

import re
from datetime import date

LOGS = "BedrockModelInvocationLogs"
MARKER = "amazon-bedrock-logs-permission-check"
# The safe rule of the contract, section 2: a body under `data/` has one segment more, and the
# marker is known by its name.
KEY = re.compile(
    rf"(?:^|/)AWSLogs/(?P<account>\d{{12}})/{LOGS}/(?P<region>[a-z0-9-]+)/"
    rf"(?P<day>\d{{4}}/\d\d/\d\d)/\d\d/(?!{MARKER})[^/]+\.json(?:\.gz)?\Z"
)
ACCOUNT, REGION = re.compile(r"\d{12}"), re.compile(r"[a-z0-9-]+")
DATE_PARTS = (re.compile(r"\d{4}"), re.compile(r"\d\d"), re.compile(r"\d\d"))
_BODIES = "/data/"


def root_of(prefix: str) -> str:
    """Return the prefix of every log: what stands before `AWSLogs/`, and that."""
    return f"{prefix}AWSLogs/" if not prefix or prefix.endswith("/") else f"{prefix}/AWSLogs/"


def day_of(text: str) -> date | None:
    """Return the day of `2026/11/18`; None when the calendar has no such day."""
    try:
        return date(*map(int, text.split("/")))
    except ValueError:
        return None


def past_bodies(folder: str, key: str) -> str:
    """Return the key after which to go on: the last one listed, or the last of the bodies there."""
    inside = key[len(folder) - 1 :]
    if _BODIES not in inside:
        return key
    hour = inside.partition(_BODIES)[0]
    return f"{folder[:-1]}{hour}/data0"  # "0" follows "/"
