"""Skills, connectors, plugins, chat projects and artifacts: Enterprise Analytics API.

Source:  GET /v1/organizations/analytics/{skills,connectors,plugins,apps/chat/projects,artifacts}
Grain:   person x UTC day x product x feature; projects without a feature: theirs are content
Facts:   FeatureDay, one kind for each report
"""

import datetime as dt
from collections.abc import Iterator
from functools import partial
from typing import Annotated, Any, ClassVar, NamedTuple

from pydantic import AfterValidator, ValidationError

from claude_dash.facts import tables as t
from claude_dash.facts.dimensions import UNATTRIBUTED, product_named
from claude_dash.facts.identity import Identified
from claude_dash.sources.base import Fact, Rejected, Source
from claude_dash.sources.client import AnthropicClient
from claude_dash.sources.enterprise_days import FLOOR, rows_by_day
from claude_dash.sources.enterprise_users import added
from claude_dash.sources.exchange import ANALYTICS
from claude_dash.sources.record import Block, Count, Text, where
from claude_dash.sources.spend_record import NOBODY

Amounts = dict[str, int | None]
Name = Annotated[Text, AfterValidator(lambda sent: sent or UNATTRIBUTED)]  # some are withheld
_NOT_MEASURED = {one.name: None for one in t.FEATURE_DAY.columns if not one.primary_key}


class Row(Block):
    """One element of `data`, by person; without one it is what the vendor cannot attribute.

    kind: of the feature; path: of the report; by: the dimensions that it is grouped by.
    """

    kind: ClassVar[str]
    path: ClassVar[str]
    by: ClassVar[tuple[str, ...]] = ("user_id", "product")
    user_id: Text = ""
    product: Text = ""

    @property
    def surface(self) -> str:
        """Return the product; empty when the vendor leaves it open."""
        return product_named(self.product) if self.product else ""

    def kept(self) -> tuple[str, Amounts]:
        """Return the name of the feature, and what was measured."""
        raise NotImplementedError


class Skill(Row):
    """How often a skill was invoked."""

    kind = "skill"
    path = f"{ANALYTICS}skills"
    skill_name: Name
    invocation_count: Count | None = None

    def kept(self) -> tuple[str, Amounts]:
        """Return the name of the skill, and what was measured."""
        return self.skill_name, {"uses": self.invocation_count}


class Connector(Row):
    """How often a connector was called."""

    kind = "connector"
    path = f"{ANALYTICS}connectors"
    connector_name: Name
    read_call_count: Count | None = None
    write_call_count: Count | None = None
    unclassified_call_count: Count | None = None

    def kept(self) -> tuple[str, Amounts]:
        """Return the name of the connector, and its calls, whatever they did."""
        calls = (self.read_call_count, self.write_call_count, self.unclassified_call_count)
        return self.connector_name, {"uses": added(*calls)}


class Plugin(Row):
    """How often a plugin was invoked and installed."""

    kind = "plugin"
    path = f"{ANALYTICS}plugins"
    plugin_name: Name
    invocation_count: Count | None = None
    install_count: Count | None = None

    def kept(self) -> tuple[str, Amounts]:
        """Return the name of the plugin, and what was measured."""
        return self.plugin_name, {"uses": self.invocation_count, "installs": self.install_count}


class Project(Row):
    """Messages in a chat project, whose name and id are content and not read."""

    kind = "project"
    path = f"{ANALYTICS}apps/chat/projects"
    by = ("user_id",)
    message_count: Count

    @property
    def surface(self) -> str:
        """Return chat, the only product with such projects."""
        return "chat"

    def kept(self) -> tuple[str, Amounts]:
        """Return no name, and the messages."""
        return "", {"uses": self.message_count}


class Artifact(Row):
    """Artifacts of one MIME type, shared or not."""

    kind = "artifact"
    path = f"{ANALYTICS}artifacts"
    artifact_type: Name
    artifacts_created_count: Count | None = None
    published_artifacts_created_count: Count | None = None

    def kept(self) -> tuple[str, Amounts]:
        """Return the type, and how many were created and published."""
        published = self.published_artifacts_created_count
        return self.artifact_type, {"uses": self.artifacts_created_count, "published": published}


class Record(NamedTuple):
    """A row and the UTC day that was asked for: the row itself does not tell."""

    day: dt.date
    row: Row


def checked(model: type[Row], sent: Any, day: dt.date) -> Record | Rejected:  # noqa: ANN401
    """Return a record of a UTC day, or why what was sent is none."""
    try:
        return Record(day, model.model_validate(sent))
    except ValidationError as error:
        return Rejected(where(error), day)


def read(
    model: type[Row], client: AnthropicClient, since: dt.date, until: dt.date
) -> Iterator[Record | Rejected]:
    """Yield every row of some UTC days, day by day."""
    for day, sent in rows_by_day(client, model.path, since, until, *model.by):
        yield checked(model, sent, day)


def normalize(record: Record, connection_id: int, key: bytes) -> Iterator[Identified | Fact]:
    """Turn one row into an identity and a fact; what is nothing but zeros leaves none.

    A row whose counts were not measured is use all the same: the vendor counts its person.
    """
    row = record.row
    feature, amounts = row.kept()
    measured = [amount for amount in amounts.values() if amount is not None]
    if measured and not any(measured):
        return
    who = Identified("user_id", row.user_id) if row.user_id else NOBODY
    yield who
    place: dict[str, Any] = {
        "connection_id": connection_id,
        "day": record.day,
        "who": who.who(key),
        "kind": row.kind,
        "feature": feature,
        "product": row.surface,
    }
    yield Fact(t.FEATURE_DAY, place, {**_NOT_MEASURED, **amounts})


def _source(model: type[Row]) -> Source:
    return Source(
        f"enterprise.{model.kind}s",
        FLOOR,
        (t.FEATURE_DAY,),
        partial(read, model),
        normalize,
        owns={"kind": model.kind},
        is_lagging=True,
    )


SKILLS = _source(Skill)
CONNECTORS = _source(Connector)
PLUGINS = _source(Plugin)
PROJECTS = _source(Project)
ARTIFACTS = _source(Artifact)
