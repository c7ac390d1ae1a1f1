"""What a connection to a bucket of logs is told, and which calls in it count."""

import json
import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from claude_dash.errors import ConfigError
from claude_dash.sources.bedrock_reading import Reading
from claude_dash.sources.bedrock_rule import RULES, Rule, Selection

if TYPE_CHECKING:
    from claude_dash.sources.aws_session import Access
    from claude_dash.sources.client import Transport

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d+")
# In a policy `*`, `?` and `${` would mean more than themselves.
_PREFIX = re.compile(r"[^*?$<>\"\\\x00-\x1f\x7f]{0,512}")
_ROLE = re.compile(r"arn:aws[\w-]*:iam::\d{12}:role/[\w+=,.@/-]+")
# What may take ages on a name that somebody made for it: repeated groups, many repetitions.
_REPEATED_GROUP, _REPETITION, _MOST = re.compile(r"\)[*+{]"), re.compile(r"[*+{]"), 5
_GROUPS = frozenset({"email", "name"})


@dataclass(frozen=True, slots=True)
class Options:
    """What a connection of this kind is told; checked when it is made.

    prefix: what stands before `AWSLogs/`. role_arn: empty for a bucket that the credentials of
    this machine may read. external_id: ours. rule, names: which calls are Claude Code. patterns:
    of session names that name a person. person_key: of request metadata that does.
    """

    bucket: str
    region: str
    prefix: str = ""
    role_arn: str = ""
    external_id: str = field(default="", repr=False)
    rule: Rule = "people"
    names: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    person_key: str = ""

    def __post_init__(self) -> None:
        """Refuse what AWS would not take, in our words.

        Raises:
            ConfigError: Naming the part.
        """
        for is_wrong, message, hint in (
            (
                not _BUCKET.fullmatch(self.bucket),
                "The bucket has no name that S3 allows.",
                "Enter the name alone, without s3:// and without a path.",
            ),
            (
                not _REGION.fullmatch(self.region),
                "The Region has no name that AWS has.",
                "Enter it like us-east-1.",
            ),
            (
                not _PREFIX.fullmatch(self.prefix) or "AWSLogs" in self.prefix.split("/"),
                "The prefix is no folder that can stand before AWSLogs/.",
                "Enter what the logging setting has as prefix; leave it empty if it has none.",
            ),
            (
                self.role_arn and not _ROLE.fullmatch(self.role_arn),
                "The role is no ARN of a role.",
                "Enter it like arn:aws:iam::111122223333:role/claude-dash.",
            ),
            (
                self.rule not in RULES,
                "There is no such rule for which calls are Claude Code.",
                f"Choose one of {', '.join(RULES)}.",
            ),
            (
                self.rule != "people" and not self.names,
                "The rule needs names to go by.",
                "Enter roles, profiles, or key=value of the request metadata.",
            ),
        ):
            if is_wrong:
                raise ConfigError(message, hint)
        self.compiled()

    @classmethod
    def load(cls, text: str) -> "Options":
        """Return what is stored of a connection."""
        kept = json.loads(text)
        return cls(**{**kept, "names": tuple(kept["names"]), "patterns": tuple(kept["patterns"])})

    def dump(self) -> str:
        """Return it as it is stored."""
        return json.dumps(asdict(self))

    def access(self, transport: "Transport | None" = None) -> "Access":
        """Return where the logs are, and as whom they are read."""
        from claude_dash.sources.aws_session import Access  # noqa: PLC0415 - start-up is fast

        return Access(
            self.bucket, self.region, self.prefix, self.role_arn, self.external_id, transport
        )

    def selection(self) -> Selection:
        """Return which calls are Claude Code."""
        return Selection(self.rule, self.names)

    def compiled(self) -> list[re.Pattern[str]]:
        """Return the patterns of session names.

        Raises:
            ConfigError: One of them is none.
        """
        found = []
        for one in self.patterns:
            if _REPEATED_GROUP.search(one) or len(_REPETITION.findall(one)) > _MOST:
                message = "A pattern of session names repeats a group, or has too many repetitions."
                hint = f"Repeat single characters or sets alone, at most {_MOST} times."
                raise ConfigError(message, hint)
            try:
                found.append(re.compile(one))
            except re.error:
                found.append(re.compile(""))
            if not _GROUPS.intersection(found[-1].groupindex):
                message = "A pattern of session names is no regular expression with a named group."
                hint = r"Enter it like dev-(?P<name>\w+) or team-(?P<email>.+@example\.com)."
                raise ConfigError(message, hint)
        return found

    def reading(self) -> Reading:
        """Return how calls are read."""
        return Reading(self.selection(), tuple(self.compiled()), self.person_key)
