"""The sign-in forms as plain HTML: no script, no request to another host."""

from html import escape

STYLE = """
:root { color-scheme: light dark; --ground: #ffffff; --text: #10151d; --line: #dfe3e9;
  --quiet: #5b6472; --field: #f5f6f8; --button: #2f5bc4; --wrong: #a8322b; }
@media (prefers-color-scheme: dark) { :root { --ground: #14171c; --text: #e6e9ee;
  --line: #323946; --quiet: #a3abb8; --field: #1e232b; --button: #4771d8; --wrong: #f09a92; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text);
  font: 15px/1.5 "Source Sans 3", system-ui, sans-serif; }
main { max-width: 440px; margin: 12vh auto 0; padding: 28px; border: 1px solid var(--line);
  border-radius: 8px; }
@media (max-width: 480px) { main { margin: 16px; padding: 20px; } }
h1 { font-size: 22px; font-weight: 650; margin: 0 0 4px; }
p { color: var(--quiet); margin: 0 0 16px; }
p[role=alert] { color: var(--wrong); }
label { display: block; font-weight: 600; margin: 12px 0 4px; }
input { width: 100%; padding: 9px 11px; border: 1px solid var(--line); border-radius: 8px;
  background: var(--field); color: var(--text); font: inherit; }
button { width: 100%; margin-top: 20px; padding: 10px; border: 0; border-radius: 8px;
  background: var(--button); color: #ffffff; font: inherit; font-weight: 600; cursor: pointer; }
:focus-visible { outline: 3px solid var(--button); outline-offset: 2px; }
"""


def page(title: str, lead: str, body: str, problem: str = "") -> str:
    """Return a whole document with one card."""
    alert = f'<p role="alert">{escape(problem)}</p>' if problem else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} · claude-dash</title><style>{STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1><p>{escape(lead)}</p>{alert}{body}</main></body></html>"
    )


def _field(name: str, label: str, kind: str, auto: str, *, value: str = "") -> str:
    return (
        f'<label for="{name}">{escape(label)}</label><input id="{name}" name="{name}" '
        f'type="{kind}" autocomplete="{auto}" value="{escape(value)}" required>'
    )


def sign_in(action: str, following: str, *, problem: str = "", email: str = "") -> str:
    """Return the form that asks for an address and a password."""
    body = (
        f'<form method="post" action="{escape(action)}">'
        f'<input type="hidden" name="next" value="{escape(following)}">'
        + _field("email", "Mail address", "email", "username", value=email)
        + _field("password", "Password", "password", "current-password")
        + "<button>Sign in</button></form>"
    )
    return page("Sign in", "Claude Code usage, by team, never by person.", body, problem)


def first(action: str, token: str, *, with_email: bool, problem: str = "", email: str = "") -> str:
    """Return the form with which the owner of a link chooses a password."""
    address = _field("email", "Mail address", "email", "username", value=email)
    body = (
        f'<form method="post" action="{escape(action)}">'
        f'<input type="hidden" name="token" value="{escape(token)}">'
        + (address if with_email else "")
        + _field("password", "Password, 12 characters at least", "password", "new-password")
        + "<button>Save and sign in</button></form>"
    )
    title = "First administrator" if with_email else "Choose a password"
    lead = "The link can be used once. You stay signed in on this browser for a week."
    return page(title, lead, body, problem)
