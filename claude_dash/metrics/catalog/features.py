"""Features: which skills, connectors, plugins and tools are used, and by how many."""

from claude_dash.metrics.define import PEOPLE_GRAINS, Metric, people, total

RARE = "Names that fewer than k people used stand together as other."
REDACTED = "Clients call some features custom or third-party in the place of their names."
FEATURE_USERS = Metric(
    name="feature_users",
    label="Feature users",
    unit="{user}",
    value=people("feature_users"),
    definition="Distinct people who used a skill, connector, plugin, MCP server, subagent or tool. "
    + RARE,
    grains=("day", *PEOPLE_GRAINS),
    technical=("feature", "kind"),
    reliability="medium",
    distortions="Skills count when they are activated explicitly; installed is not used. "
    + REDACTED,
)
FEATURE_USES = Metric(
    name="feature_uses",
    label="Feature uses",
    unit="{use}",
    value=total("feature_uses"),
    definition="Invocations of skills, plugins and subagents and calls of connectors, MCP servers "
    "and tools, each kind as the first source counts it. " + RARE,
    reliability="medium",
    distortions="Connector calls are classified since the end of May 2026; earlier are missing. "
    + REDACTED,
)
PLUGIN_INSTALL_RATE = Metric(
    name="plugin_install_rate",
    label="Plugin install rate",
    unit="1",
    value=people("installers") / people("people"),
    definition="Eligible people who installed a plugin since reading began over eligible people.",
    grains=PEOPLE_GRAINS,
)
