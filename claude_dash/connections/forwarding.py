"""Commands that forward a hook's standard input to us, for the event that has no HTTP hook.

They wait two seconds at most, print nothing and never fail: a hook must not hold a developer up.
"""

from claude_dash.connections.snippets import TOKEN_VARIABLE

# The token goes through a file descriptor, since arguments stand in the list of processes. `-q`
# leaves a developer's own .curlrc out.
POSIX = """\
if [ -n "${{{variable}:-}}" ] && command -v curl >/dev/null 2>&1; then
  curl -q --config /dev/fd/3 --data-binary @- >/dev/null 2>&1 3<<END
url = "{url}"
header = "Authorization: Bearer ${variable}"
header = "Content-Type: application/json"
max-time = 2
silent
END
fi
exit 0
"""
POWERSHELL = """\
# Forwards a hook event of Claude Code. Waits 2 s at most, prints nothing, never fails.
$ProgressPreference = 'SilentlyContinue'
try {{
  if ($env:{variable}) {{
    $spoken = [Net.ServicePointManager]::SecurityProtocol
    [Net.ServicePointManager]::SecurityProtocol = $spoken -bor [Net.SecurityProtocolType]::Tls12
    $sent = New-Object System.IO.MemoryStream
    [Console]::OpenStandardInput().CopyTo($sent)
    $null = Invoke-WebRequest -UseBasicParsing -Method Post -Uri '{url}' -TimeoutSec 2 `
      -ContentType 'application/json' -Headers @{{ Authorization = "Bearer $env:{variable}" }} `
      -Body $sent.ToArray()
  }}
}} catch {{ }}
exit 0
"""
POWERSHELL_PATH = r"C:\Program Files\ClaudeCode\claude-usage-hook.ps1"
POWERSHELL_COMMAND = f'powershell -NoProfile -ExecutionPolicy Bypass -File "{POWERSHELL_PATH}"'


def posix(url: str) -> str:
    """Return the command for Linux, macOS and WSL, with curl."""
    return POSIX.format(url=url, variable=TOKEN_VARIABLE)


def powershell(url: str) -> str:
    """Return the script for Windows, whose own PowerShell 5.1 runs it."""
    return POWERSHELL.format(url=url, variable=TOKEN_VARIABLE)
