"""The kit of telemetry as text: what to know before, what is pasted where, and the rollout."""

from dataclasses import dataclass
from textwrap import fill

from claude_dash.connections import deployments
from claude_dash.connections.rollout import MESSAGE, appears, checklist
from claude_dash.connections.snippets import TOKEN, Wanted, managed_settings, spelled

WIDTH = 100
VENDOR_CONSOLE = "https://claude.ai/admin-settings/claude-code"


WHERE_CONSOLE = f"""\
An Owner opens Organization settings, Claude Code, pastes this into the managed settings, and
chooses Update settings: {VENDOR_CONSOLE}
If settings are there already, add these lines to their env. Clients ask at start and every hour."""
WHERE_FILE = """\
By device management, the most reliable way: a file that everybody may read, and administrators
alone may write:"""
WHERE_PROFILE = f"""\
By device management, in the place of the file: a profile for the domain {deployments.DOMAIN}.
Save it as claude-usage.mobileconfig and push it."""
WHERE_REGISTRY = """\
By device management, in the place of the file: a platform script of Intune (64 bit, not with the
credentials of who is signed in), or the same value by a group policy."""
WHERE_SHELL = """\
For one person, or in an onboarding script: ~/.profile, ~/.zshenv, dotfiles. Anybody can undo it."""
WHERE_IMAGE = """\
For containers: lines of a Dockerfile, without the token, since images are shared: give
OTEL_EXPORTER_OTLP_METRICS_HEADERS when the container starts. Each container is an installation of
its own: where no account names people, name them by {person_key} in OTEL_RESOURCE_ATTRIBUTES."""
WHERE_COMPOSE = "The same as a service of a compose file, with the token in a file beside it."
WHERE_COLLECTOR = """\
Where clients send to another backend already: let them send to this OpenTelemetry Collector
(contrib distribution), which sends to both. Put your own backend in, and print the kit again with
the collector's address for the clients (--endpoint)."""
WHERE_HELPER = f"""\
To change tokens without new settings: a file that device management replaces, read by a script.
Add "otelHeadersHelper": "{deployments.HELPER_PATH}" to the settings
and leave the HEADERS variable out. The client runs it at start and every 29 minutes, so an overlap
of an hour does."""
PLAIN = """\
The address is plain http: the token can be read on the way. Put TLS in front and set
CLAUDE_DASH_PUBLIC_URL to the https address. Plain http is for this machine alone."""
LOCAL = """\
The address is this machine's own: no other machine can send to it. Set CLAUDE_DASH_PUBLIC_URL, or
give --endpoint."""
ALWAYS = (
    """\
It takes the place of a collector that developers or repositories have set: the managed endpoint
wins, and from client 2.1.217 on their own endpoints are removed. Ask first, or put the collector
below in between, which sends to both.""",
    """\
Settings from the vendor's console come before those of device management, which are then not used.
Choose one way.""",
    """\
Each developer is asked once, at the next start: "Managed settings require approval". Who does not
accept sends nothing, and looks like somebody who does not use it.""",
    "It takes effect after a full restart of Claude Code.",
    "It covers the command line alone: not editor extensions, not the desktop.",
    "It goes forward only: nothing from before is sent.",
    """\
Prompts, answers and code are not asked for, and are dropped before anything is stored when a
developer's own settings send them.""",
    """\
Whoever reads the settings sees the token. It lets its holder send, and read nothing. What is sent
with a token that has ended is lost, so let the old one overlap.""",
)


@dataclass(frozen=True, slots=True)
class Part:
    """Something to be pasted: what it is, where it goes, and the text."""

    title: str
    where: str
    text: str


def parts(wanted: Wanted) -> tuple[Part, ...]:
    """Return what can be pasted, each a way of its own."""
    settings = managed_settings(wanted)
    places = "".join(f"\n  {system:11} {path}" for system, path in deployments.PATHS.items())
    return (
        Part("Vendor's console", WHERE_CONSOLE, spelled(settings)),
        Part("File", WHERE_FILE + places, spelled(settings)),
        Part("macOS profile", WHERE_PROFILE, deployments.configuration_profile(wanted, settings)),
        Part("Windows policy", WHERE_REGISTRY, deployments.registry_script(settings)),
        Part("Shell profile", WHERE_SHELL, deployments.shell_profile(wanted)),
        Part("Image", WHERE_IMAGE.format(person_key=wanted.person_key), deployments.image(wanted)),
        Part("Compose", WHERE_COMPOSE, deployments.compose(wanted)),
        Part("Collector", WHERE_COLLECTOR, deployments.collector(wanted)),
        Part("Headers helper", WHERE_HELPER, deployments.headers_helper()),
    )


def warnings(wanted: Wanted) -> tuple[str, ...]:
    """Return what must be known before anything is pasted."""
    of_address = (PLAIN,) if wanted.is_plain else (LOCAL,) if wanted.is_local else ()
    return (*of_address, *ALWAYS)


def written(wanted: Wanted) -> str:
    """Return the whole kit as text."""
    return "\n".join(
        [
            *pasted(wanted, "telemetry", warnings(wanted), parts(wanted)),
            f"\n--- Rollout ---\n\n{checklist(wanted.name)}",
            f"--- Message to developers ---\n\n{MESSAGE}",
            f"--- When figures appear ---\n\n{_wrapped(appears(wanted))}\n",
        ]
    )


def pasted(
    wanted: Wanted, kind: str, known_before: tuple[str, ...], found: tuple[Part, ...]
) -> list[str]:
    """Return the lines of a kit that every kind has: what it is, warnings, and what is pasted."""
    lines = [f"{wanted.name}: {kind} of Claude Code\n"]
    if wanted.token == TOKEN:
        lines.append(
            f"{TOKEN} stands for the token: claude-dash connect add {kind} NAME prints one,\n"
            "once, and claude-dash connect rotate NAME a new one.\n"
        )
    lines.append("--- Before you begin ---\n")
    lines += [_wrapped(one, "- ") for one in known_before]
    for part in found:
        lines.append(f"\n--- {part.title} ---\n\n{part.where}\n\n{part.text.rstrip()}")
    return lines


def _wrapped(text: str, begins: str = "") -> str:
    found = " ".join(text.split())
    return fill(found, WIDTH, initial_indent=begins, subsequent_indent=" " * len(begins))
