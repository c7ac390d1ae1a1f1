"""Structured log lines on standard error that carry no identity and no secret."""

import logging
import re
import sys

# What must never be written, whoever wrote it into a message (privacy rules, A5 item 6).
_SECRETS = (
    re.compile(r"sk-ant-[A-Za-z0-9_\-]+"),
    re.compile(r"(?i)bearer\s+[^\s\"']+"),
    re.compile(r"arn:aws[\w-]*:[^\s\"']+"),
    re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+"),
    re.compile(r"(?i)(?<=token=)[\w\-]+"),
    re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"),
)
MASK = "[withheld]"


def scrub(text: str) -> str:
    """Return `text` with keys, bearer tokens, ARNs, mail addresses and URL passwords masked."""
    for pattern in _SECRETS:
        text = pattern.sub(MASK, text)
    return text


class _Scrubber(logging.Formatter):
    """Formats a record, its trace included, and masks what must not be written."""

    def format(self, record: logging.LogRecord) -> str:
        return scrub(super().format(record))


def configure(level: int = logging.INFO) -> None:
    """Send every log line of the process through the scrubber, to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Scrubber("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("alembic", "apscheduler", "httpcore", "httpx"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # Streamlit gives it a level again; a line a request is noise, and holds who sent it.
    logging.getLogger("uvicorn.access").disabled = True
    # It warns with a trace of every refusal, which is told as an error of ours.
    logging.getLogger("botocore").setLevel(logging.ERROR)


def event(logger: logging.Logger, name: str, **fields: str | float | None) -> None:
    """Log one event as `name key=value ...`; the caller passes counts, codes and days only."""
    logger.info("%s %s", name, " ".join(f"{key}={value}" for key, value in fields.items()))
