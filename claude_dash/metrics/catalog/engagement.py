"""Engagement: how Claude is used on every surface, Claude Code among them."""

from claude_dash.metrics.define import PEOPLE_GRAINS, Metric, people, total

DAYS_ADDED = "Distinct within each UTC day; a week is the sum of its days."
MESSAGES = Metric(
    name="messages",
    label="Messages",
    unit="{message}",
    value=total("messages"),
    definition="Messages sent to Claude on any surface but Claude Code's command line.",
    distortions="Members with Chat and Cowork unified count as a surface of their own.",
)
THINKING_MESSAGES = Metric(
    name="thinking_messages",
    label="Thinking messages",
    unit="{message}",
    value=total("thinking_messages"),
    definition="Chat messages that were answered with extended thinking.",
)
CONVERSATIONS = Metric(
    name="conversations",
    label="Conversations",
    unit="{conversation}",
    value=total("conversations"),
    definition=f"Chat conversations with a message, as conversation-days. {DAYS_ADDED}",
)
FILES_UPLOADED = Metric(
    name="files_uploaded",
    label="Files uploaded",
    unit="{file}",
    value=total("files_uploaded"),
    definition=f"Files uploaded to chat. {DAYS_ADDED}",
)
PROJECTS_CREATED = Metric(
    name="projects_created",
    label="Projects created",
    unit="{project}",
    value=total("projects_created"),
    definition="Chat and Claude Design projects that were created.",
)
ARTIFACTS_CREATED = Metric(
    name="artifacts_created",
    label="Artifacts created",
    unit="{artifact}",
    value=total("artifacts_created"),
    definition="Artifacts that were created, on any surface.",
    distortions="Claude Code and Cowork report artifacts since 17 August 2026.",
)
ARTIFACTS_PUBLISHED = Metric(
    name="artifacts_published",
    label="Artifacts published",
    unit="{artifact}",
    value=total("artifacts_published"),
    definition="Artifacts that were published for others.",
)
WEB_SEARCHES = Metric(
    name="web_searches",
    label="Web searches",
    unit="{search}",
    value=total("web_searches"),
    definition="Web searches in chat and Claude Code, which the report does not tell apart.",
)
ACTIONS = Metric(
    name="actions",
    label="Actions",
    unit="{action}",
    value=total("actions"),
    definition="Actions that Claude took in Cowork or delegated in Claude Science.",
)
SURFACE_USERS = Metric(
    name="surface_users",
    label="People on other surfaces",
    unit="{user}",
    value=people("surface_users"),
    definition="Distinct people with a message or an action on any surface but Claude Code.",
    grains=("day", *PEOPLE_GRAINS),
)
PROJECT_USERS = Metric(
    name="project_users",
    label="People in projects",
    unit="{user}",
    value=people("project_users"),
    definition="Distinct people with a message in a chat project.",
    grains=("day", *PEOPLE_GRAINS),
)
