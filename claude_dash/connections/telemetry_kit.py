"""What must be done so that clients send: the steps, the snippets, and what to know before."""

from claude_dash.connections import deployments
from claude_dash.connections.snippets import Wanted, managed_settings, spelled

_STEPS = """\
{name}: telemetry of Claude Code clients

1  Whoever runs claude-dash makes a token: claude-dash connect add telemetry {name}
   It is shown once. Put it in the place of INGEST_TOKEN below; claude-dash connect rotate {name}
   makes a new one, and the old one is good for a day more.
2  Choose one of the ways below. Device management is the most reliable; the vendor's console is
   the quickest: an Owner opens claude.ai, Organization settings, Claude Code, pastes the managed
   settings and chooses Update settings. Only Owners can.
3  Developers start Claude Code anew. Settings from the console are polled hourly, and each
   developer sees "Managed settings require approval" once and has to accept.
4  Figures appear within a minute of the first export; that comes after the interval, or when a
   session ends. claude-dash connect test {name} says what arrived.

Know before:
- Managed settings supersede a collector that developers or repositories have set; from client
  2.1.217 on they also strip endpoints that developers set. Where one exists, use the collector's
  fan-out below in their place.
- Telemetry covers the command line and starts when it is switched on: there is no history.
- Prompts, code and tool contents are not asked for: no OTEL_LOG_ variable belongs in these
  settings. What a developer switches on all the same is dropped before anything is stored.
- A token that has ended loses usage: the client does not send again what was refused.
- People who sign in with an account are known by their address. For API keys and cloud providers
  set {person_key} in OTEL_RESOURCE_ATTRIBUTES, for example {person_key}=person-1@example.com.
- Behind a proxy pass /v1/ on, bodies of up to 4 MB, and use https.
"""


def written(wanted: Wanted) -> str:
    """Return the kit as text."""
    settings = managed_settings(wanted)
    where = "\n".join(f"# {system}: {path}" for system, path in deployments.PATHS.items())
    parts = (
        ("Managed settings: the vendor's console, or a file", f"{where}\n{spelled(settings)}"),
        ("macOS: configuration profile", deployments.configuration_profile(wanted, settings)),
        ("Windows: policy in the registry, or a script of Intune",
         deployments.registry_script(settings)),
        ("Shell profile, or an onboarding script", deployments.shell_profile(wanted)),
        ("Container: lines of a Dockerfile", deployments.image(wanted)),
        ("Container: compose", deployments.compose(wanted)),
        ("Beside an existing backend: fan-out of an OpenTelemetry Collector",
         deployments.collector(wanted)),
        ("Tokens that change: otelHeadersHelper", deployments.headers_helper()),
    )  # fmt: skip
    steps = _STEPS.format(name=wanted.name, person_key=wanted.person_key)
    return steps + "".join(f"\n## {title}\n\n{text.rstrip()}\n" for title, text in parts)
