# noqa: INP001 - a script
"""Fails when a committed file holds what looks like a credential.

Test keys say so: a key with `test`, `demo`, `fake`, `example`, `wrong` or `planted` in it is fine.
"""

import re
import subprocess
import sys
from pathlib import Path

PATTERNS = {
    "Anthropic key": re.compile(r"sk-ant-[A-Za-z0-9]+-[A-Za-z0-9_\-]{16,}"),
    "AWS access key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "AWS secret key": re.compile(r"(?i)aws_secret_access_key\s*[=:]\s*[\"']?[A-Za-z0-9/+]{40}"),
    "private key": re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"),
    "GitHub token": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36,}"),
    "Slack token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    "Fernet key": re.compile(r"(?<![\w/+-])[A-Za-z0-9_-]{43}=(?![\w=])"),
}
INVENTED = re.compile(r"(?i)test|demo|fake|example|wrong|planted|invented")


def main() -> int:
    """Print each finding by file, line and kind, never the value; return how it went."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        capture_output=True,
        check=True,
    )
    findings = 0
    for name in filter(None, listed.stdout.decode().split("\0")):
        path = Path(name)
        if not path.is_file():
            continue
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            for kind, pattern in PATTERNS.items():
                if any(not INVENTED.search(found[0]) for found in pattern.finditer(line)):
                    sys.stdout.write(f"{name}:{number}: {kind}\n")
                    findings += 1
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
