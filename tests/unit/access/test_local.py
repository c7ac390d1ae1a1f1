"""Signing in: one-use links, passwords, sessions that end, and roles looked up each time."""

import pytest
from sqlalchemy import Engine, select

from claude_dash.access import local
from claude_dash.access.local import SignInError
from claude_dash.access.readers import MAY, Role, may
from claude_dash.errors import ConfigError, UnknownNameError
from claude_dash.facts import tables as t

URL = "http://127.0.0.1:8501"
PASSWORD = "a sentence is a good one"
KEY = b"k" * 32


def token_of(link: str | None) -> str:
    assert link is not None
    return link.rpartition("token=")[2]


@pytest.fixture
def admin(engine: Engine) -> str:
    """Make the first administrator; return their session's cookie."""
    link = local.first_admin_link(engine, URL)
    return local.use_link(engine, token_of(link), PASSWORD, "Ada@Example.org")


def test_the_first_link_makes_an_administrator(engine: Engine, admin: str) -> None:
    """Whoever uses the first link is the administrator, and is signed in."""
    reader = local.reader_of(engine, admin)
    assert reader is not None
    assert (reader.name, reader.role) == ("ada@example.org", Role.ADMIN)


def test_there_is_no_first_link_once_there_is_an_administrator(engine: Engine, admin: str) -> None:
    """A start with an administrator prints no link."""
    assert admin
    assert local.first_admin_link(engine, URL) is None


def test_a_new_start_makes_the_old_first_link_useless(engine: Engine) -> None:
    """Only the newest first link works."""
    old = local.first_admin_link(engine, URL)
    new = local.first_admin_link(engine, URL)
    assert not local.is_link_good(engine, token_of(old))
    assert local.is_link_good(engine, token_of(new))


def test_a_link_works_once(engine: Engine) -> None:
    """Looking does not use a link up; its form does."""
    token = token_of(local.first_admin_link(engine, URL))
    assert local.is_link_good(engine, token)
    assert local.is_link_good(engine, token)
    local.use_link(engine, token, PASSWORD, "ada@example.org")
    with pytest.raises(SignInError):
        local.use_link(engine, token, PASSWORD, "eve@example.org")


def test_a_link_ends_after_a_day(engine: Engine, clock: object) -> None:
    """A link that was not used for 24 hours is useless."""
    token = token_of(local.first_admin_link(engine, URL))
    clock.advance(hours=24, seconds=1)  # type: ignore[attr-defined]
    assert not local.is_link_good(engine, token)


def test_no_token_stands_in_the_store(engine: Engine, admin: str) -> None:
    """Links and cookies are stored as hashes only."""
    token = token_of(local.add(engine, "bo@example.org", "viewer", base_url=URL))
    with engine.connect() as connection:
        links = str(connection.execute(select(t.SIGN_IN_TOKEN)).all())
        sessions = str(connection.execute(select(t.SIGN_IN_SESSION)).all())
    assert token not in links
    assert admin not in sessions


def test_a_password_opens_and_a_wrong_one_does_not(engine: Engine, admin: str) -> None:
    """Address in any case and the right password give a session; else one sentence for all."""
    assert admin
    assert local.sign_in(engine, KEY, "ADA@example.org ", PASSWORD, "c")
    said = []
    for email, password in (("ada@example.org", "wrong"), ("nobody@example.org", PASSWORD)):
        with pytest.raises(SignInError) as caught:
            local.sign_in(engine, KEY, email, password, "c")
        said.append(str(caught.value))
    assert said[0] == said[1]


def test_many_tries_are_refused(engine: Engine, admin: str, clock: object) -> None:
    """After five failures even the right password waits a quarter of an hour."""
    assert admin
    for _ in range(local.FAILURES):
        with pytest.raises(SignInError):
            local.sign_in(engine, KEY, "ada@example.org", "wrong", "c")
    with pytest.raises(SignInError, match="Too many"):
        local.sign_in(engine, KEY, "ada@example.org", PASSWORD, "another")
    clock.advance(minutes=16)  # type: ignore[attr-defined]
    assert local.sign_in(engine, KEY, "ada@example.org", PASSWORD, "c")


def test_a_session_ends(engine: Engine, admin: str, clock: object) -> None:
    """A session ends twelve hours after it was used last."""
    clock.advance(hours=11)  # type: ignore[attr-defined]
    assert local.reader_of(engine, admin)
    clock.advance(hours=11)  # type: ignore[attr-defined]
    assert local.reader_of(engine, admin)
    clock.advance(hours=13)  # type: ignore[attr-defined]
    assert local.reader_of(engine, admin) is None


def test_a_session_ends_after_a_week_whatever_its_use(
    engine: Engine, admin: str, clock: object
) -> None:
    """Use prolongs a session for seven days at most."""
    for _ in range(16):
        clock.advance(hours=10)  # type: ignore[attr-defined]
        local.reader_of(engine, admin)
    clock.advance(hours=9)  # type: ignore[attr-defined]
    assert local.reader_of(engine, admin) is None


def test_a_role_holds_from_the_next_page_on(engine: Engine, admin: str) -> None:
    """Changing a role changes what a running session may do."""
    link = local.add(engine, "bo@example.org", "admin", base_url=URL)
    cookie = local.use_link(engine, token_of(link), PASSWORD)
    local.set_role(engine, "bo@example.org", "viewer")
    reader = local.reader_of(engine, cookie)
    assert reader is not None
    assert reader.role is Role.VIEWER
    assert admin


def test_removing_an_account_ends_its_sessions(engine: Engine, admin: str) -> None:
    """Who is removed is out at once."""
    link = local.add(engine, "bo@example.org", "viewer", base_url=URL)
    cookie = local.use_link(engine, token_of(link), PASSWORD)
    local.remove(engine, "bo@example.org")
    assert local.reader_of(engine, cookie) is None
    assert local.reader_of(engine, admin)


def test_the_last_administrator_stays(engine: Engine, admin: str) -> None:
    """Nobody can lock everybody out."""
    assert admin
    with pytest.raises(ConfigError):
        local.remove(engine, "ada@example.org")
    with pytest.raises(ConfigError):
        local.set_role(engine, "ada@example.org", "viewer")


@pytest.mark.parametrize(
    ("email", "role", "error"),
    [
        ("ada", "viewer", ConfigError),
        ("ada@example.org", "viewer", ConfigError),
        ("cy@example.org", "owner", UnknownNameError),
    ],
)
def test_what_cannot_be_an_account_is_refused(
    engine: Engine, admin: str, email: str, role: str, error: type[Exception]
) -> None:
    """No address, a taken one, or a role that does not exist: nothing is made."""
    assert admin
    with pytest.raises(error):
        local.add(engine, email, role)
    assert len(local.accounts(engine)) == 1


def test_a_short_password_is_refused_and_the_link_still_works(engine: Engine) -> None:
    """A mistake at the form does not use the link up."""
    token = token_of(local.first_admin_link(engine, URL))
    with pytest.raises(ConfigError):
        local.use_link(engine, token, "short", "ada@example.org")
    assert local.is_link_good(engine, token)


EXPECTED = {
    Role.VIEWER: {"signed_in", "figures"},
    Role.CHAMPION: {"signed_in", "figures", "exports", "notes"},
    Role.FINANCE: {"signed_in", "figures", "exports", "money"},
    Role.ADMIN: {"signed_in", "figures", "exports", "notes", "money", "admin", "settings", "audit"},
    Role.AUDITOR: {"signed_in", "settings", "audit"},
}


@pytest.mark.parametrize("role", list(Role))
def test_roles_are_those_of_the_privacy_rules(role: Role) -> None:
    """Each role may do what the rules say, and nothing else."""
    every = set().union(*MAY.values())
    assert {capability for capability in every if may(role, capability)} == EXPECTED[role]
