"""Names of teams and departments: how they are spelled, compared, and which are taken."""

import unicodedata

MAX_NAME_CHARS = 100
# What the rows of a table are called that are no single team; see interfaces.md, section 4.
RESERVED = ("all", "unassigned", "automation", "no department")
RESERVED_HEADS = ("other small teams", "other small departments")


def spelled(name: str) -> str:
    """Return a name without stray spaces."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def folded(name: str) -> str:
    """Return what two spellings of one name have in common."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def fault(name: str) -> str:
    """Say what is wrong with a name of a team or department; empty when nothing is."""
    if len(name) > MAX_NAME_CHARS:
        return f"is longer than {MAX_NAME_CHARS} characters"
    if any(char in name for char in "\r\n"):
        return "holds a line break"
    if any(unicodedata.category(char) == "Cc" for char in name):
        return "holds a control character"
    if folded(name) in RESERVED or folded(name).startswith(RESERVED_HEADS):
        return "is a reserved name"
    return ""
