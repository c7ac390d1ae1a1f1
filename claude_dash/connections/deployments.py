"""The same settings in the forms in which they reach clients: files, profiles, shells, containers.

Where each lies: the vendor's pages on managed settings, read on 26 November 2026.
"""

import json
import plistlib
import shlex
from uuid import NAMESPACE_URL, uuid5

from claude_dash.connections.snippets import TOKEN_VARIABLE, Settings, Wanted, variables

PATHS = {
    "Linux, WSL": "/etc/claude-code/managed-settings.json",
    "macOS": "/Library/Application Support/ClaudeCode/managed-settings.json",
    "Windows": r"C:\Program Files\ClaudeCode\managed-settings.json",
}
DOMAIN = "com.anthropic.claudecode"
REGISTRY = r"HKLM:\SOFTWARE\Policies\ClaudeCode"
HELPER_PATH = "/etc/claude-code/claude-usage-headers.sh"
TOKEN_PATH = "/etc/claude-code/claude-usage-token"  # noqa: S105 - a path
EXISTING = "https://EXISTING_BACKEND"


def configuration_profile(wanted: Wanted, settings: Settings) -> str:
    """Return a configuration profile for macOS that holds settings."""

    def payload(kind: str, part: str) -> Settings:
        of = f"{wanted.base_url}/{part}"
        return {
            "PayloadType": kind,
            "PayloadVersion": 1,
            "PayloadIdentifier": f"claude-dash.{part}",
            # The same profile again replaces itself.
            "PayloadUUID": str(uuid5(NAMESPACE_URL, of)).upper(),
            "PayloadDisplayName": "Claude Code usage",
        }

    inner = payload(DOMAIN, "settings") | settings
    outer = payload("Configuration", "profile")
    outer |= {"PayloadScope": "System", "PayloadContent": [inner]}
    return plistlib.dumps(outer, sort_keys=False).decode()


def registry_script(settings: Settings) -> str:
    """Return a script for Windows, also as a platform script of Intune, that sets a policy."""
    value = json.dumps(settings, ensure_ascii=False).replace("'", "''")
    return (
        f"New-Item -Path '{REGISTRY}' -Force | Out-Null\n"
        f"Set-ItemProperty -Path '{REGISTRY}' -Name 'Settings' -Type String -Value '{value}'\n"
    )


def shell_profile(wanted: Wanted) -> str:
    """Return lines for ~/.profile, ~/.zshenv or an onboarding script."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables(wanted).items()]
    lines.append(
        f"# An API key names nobody: add {wanted.person_key}=ADDRESS to OTEL_RESOURCE_ATTRIBUTES."
    )
    return "\n".join(lines) + "\n"


def image(wanted: Wanted) -> str:
    """Return lines for a Dockerfile; the token is not among them, since images are shared."""
    lines = [
        f"ENV {name}={json.dumps(value)}"
        for name, value in variables(wanted).items()
        if not name.endswith("_HEADERS")
    ]
    return "\n".join(lines) + "\n"


def compose(wanted: Wanted) -> str:
    """Return a service of a compose file, which takes the token from a file `.env` beside it."""
    told = variables(wanted)
    for name in told:
        if name.endswith("_HEADERS"):
            told[name] = f"Authorization=Bearer ${{{TOKEN_VARIABLE}}}"
    lines = [f"      {name}: {json.dumps(value)}" for name, value in told.items()]
    return "\n".join(
        [
            f"# In a file .env beside this one: {TOKEN_VARIABLE}={wanted.token}",
            "services:",
            "  developer:",
            "    environment:",
            *lines,
            "",
        ]
    )


def collector(wanted: Wanted) -> str:
    """Return a configuration of an OpenTelemetry Collector that sends to two backends."""
    ours = {"metrics": wanted.address("metrics")}
    if wanted.counts_events:
        ours["logs"] = wanted.address("logs")
    addresses = "\n".join(f"    {one}_endpoint: {where}" for one, where in ours.items())
    logs = "otlphttp/existing, otlphttp/usage" if wanted.counts_events else "otlphttp/existing"
    return f"""\
# {TOKEN_VARIABLE}={wanted.token} in the environment of the collector.
receivers:
  otlp:
    protocols:
      http:
        endpoint: 0.0.0.0:4318
processors:
  filter/usage:
    metrics:
      metric:
        - not IsMatch(name, "^claude_code[.]")
exporters:
  otlphttp/existing:
    endpoint: {EXISTING}
  otlphttp/usage:
{addresses}
    headers:
      Authorization: Bearer ${{env:{TOKEN_VARIABLE}}}
service:
  pipelines:
    metrics/existing:
      receivers: [otlp]
      exporters: [otlphttp/existing]
    metrics/usage:
      receivers: [otlp]
      processors: [filter/usage]
      exporters: [otlphttp/usage]
    logs:
      receivers: [otlp]
      exporters: [{logs}]
"""


def headers_helper() -> str:
    """Return a script that tells the client the header, from a file that can be replaced."""
    return (
        "#!/bin/sh\n"
        f"# {HELPER_PATH}; mode 0755. Reads the token from a file of one line.\n"
        f'printf \'{{"Authorization": "Bearer %s"}}\\n\' "$(cat {TOKEN_PATH})"\n'
    )
