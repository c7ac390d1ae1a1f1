"""The whole way in a real browser: first admin, a wrong key, the right one, pages, a file."""

import zipfile
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests import tiny
from tests.e2e.conftest import Served

pytestmark = [pytest.mark.browser, pytest.mark.real_clock, pytest.mark.enable_socket]

PASSWORD = "a sentence is a good one"
FIGURES = ("", "active_users", "sessions", "code", "tokens", "cost")
EVERY_PAGE = (*FIGURES, "exports", "trust", "glossary", "connect", "people", "settings")
CONTENT = (
    "Active users",
    "Sessions",
    "Estimated cost",
    "Records set aside",
    "Audit",
    "Roster from",
)
STREAMLITS_OWN = {"list", "listitem", "svg-img-alt"}  # known findings in Streamlit's own markup
WAIT_MS = 45_000


def opened(page: Any, served: Served, name: str = "", query: str = "") -> None:
    """Open a page and wait until its script is done."""
    page.goto(f"{served.url}/{name}{query}")
    page.locator("h1, h2, h3").first.wait_for(timeout=WAIT_MS)
    page.locator("[data-test-script-state='notRunning']").first.wait_for(timeout=WAIT_MS)


def test_signed_out_nothing_is_shown(served: Served, browser: Any) -> None:
    """Each address, opened directly on a fresh server, shows the sign-in and nothing else."""
    context = browser.new_context()
    page = context.new_page()
    for name in EVERY_PAGE:
        page.goto(f"{served.url}/{name}")
        page.get_by_text("Sign in").first.wait_for(timeout=WAIT_MS)
        text = page.inner_text("body")
        assert not [words for words in CONTENT if words in text], name
        assert page.locator("[data-testid=stSidebarNav]").count() == 0
    context.close()


@pytest.fixture(scope="module")
def admin(served: Served, browser: Any) -> Any:
    """Sign the first administrator up; return their browser context."""
    context = browser.new_context(accept_downloads=True, viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    page.goto(served.first_admin)
    page.get_by_label("Mail address").fill("ada@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Save and sign in").click()
    page.get_by_text("No source is connected yet").wait_for(timeout=WAIT_MS)
    page.close()
    yield context
    context.close()


@pytest.fixture(scope="module")
def connected(served: Served, admin: Any) -> Any:
    """Paste a wrong key, then the right one; return the context once a chart has data."""
    page = admin.new_page()
    opened(page, served, "connect")
    page.get_by_text("2 Enter key or bucket").click()
    page.get_by_role("radiogroup", name="Plan").get_by_text("Console").click()
    key = page.get_by_role("textbox", name="Admin key")
    key.fill("sk-ant-api03-wrong-key")
    page.get_by_role("button", name="Check", exact=True).click()
    page.get_by_text("Nothing was saved").wait_for(timeout=WAIT_MS)
    assert "sk-ant-api03-wrong-key" not in page.content()
    key.fill(tiny.KEY)
    page.get_by_role("button", name="Check", exact=True).click()
    page.get_by_role("button", name="Save and start reading").click()
    page.get_by_text("Reading has begun").wait_for(timeout=WAIT_MS)
    assert tiny.KEY not in page.content()
    for _ in range(60):
        opened(page, served)
        if page.get_by_text("most so far").count():
            break
        page.wait_for_timeout(1000)
    else:
        pytest.fail("A minute after the key was saved the overview has no chart of people.")
    page.locator(".js-plotly-plot .main-svg").first.wait_for(timeout=WAIT_MS)
    page.close()
    return admin


def test_every_page_of_figures_has_charts_and_no_names(served: Served, connected: Any) -> None:
    """Figures are drawn on every page, and nobody's name, address or key is in any of them."""
    page = connected.new_page()
    for name in FIGURES:
        opened(page, served, name)
        page.locator(".js-plotly-plot .main-svg").first.wait_for(timeout=WAIT_MS)
        html = page.content()
        for planted in (*tiny.NAMES, *tiny.ADDRESSES, *tiny.KEYS, tiny.KEY):
            assert planted not in html, name
    page.close()


def test_the_other_pages_say_what_they_are_for(served: Served, connected: Any) -> None:
    """Exports, trust, glossary, people and settings open without an error."""
    page = connected.new_page()
    for name in ("exports", "trust", "glossary", "connect", "people", "settings"):
        opened(page, served, name)
        assert page.locator("[data-testid=stException]").count() == 0
        assert "Something went wrong" not in page.inner_text("body"), name
    page.close()


def test_a_copied_address_opens_the_same_view(served: Served, connected: Any) -> None:
    """Period and team of an address are those of the filters, and stay in it."""
    page = connected.new_page()
    opened(page, served, "sessions", "?period=last+12+weeks&team=Team+1")
    teams = page.locator("[data-testid=stMultiSelect]")
    teams.get_by_text("Team 1").wait_for(timeout=WAIT_MS)
    page.get_by_text("Team 1", exact=False).first.wait_for(timeout=WAIT_MS)
    assert "team=Team" in page.url
    assert "period=last" in page.url
    page.close()


def test_a_champion_downloads_the_weekly_set(
    served: Served, connected: Any, tmp_path: Path
) -> None:
    """One click gives the set of the last complete week, without a name in it."""
    page = connected.new_page()
    opened(page, served, "exports")
    with page.expect_download(timeout=WAIT_MS) as waited:
        page.get_by_role("button", name="Download the weekly set").click()
    file = tmp_path / "weekly.zip"
    waited.value.save_as(file)
    with zipfile.ZipFile(file) as archive:
        names = {name.rsplit("/", 1)[-1] for name in archive.namelist()}
        text = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert names == {"summary.csv", "models.csv", "features.csv", "manifest.json", "README.txt"}
    assert not [planted for planted in (*tiny.NAMES, *tiny.ADDRESSES, tiny.KEY) if planted in text]
    page.close()


def test_pages_are_accessible(served: Served, connected: Any) -> None:
    """Axe finds nothing but what Streamlit's own markup is known for."""
    page = connected.new_page()
    for name in ("", "active_users", "connect", "settings"):
        opened(page, served, name)
        found = Axe().run(page).response["violations"]
        assert {one["id"] for one in found} <= STREAMLITS_OWN, (name, [one["id"] for one in found])
    page.close()


def test_no_page_asks_another_host(served: Served, connected: Any) -> None:
    """Whatever a page loads comes from our own address."""
    page = connected.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for name in ("", "cost"):
        opened(page, served, name)
    assert not [url for url in asked if not url.startswith((served.url, "data:", "blob:"))]
    page.close()


def test_a_phone_does_not_scroll_sideways(served: Served, connected: Any) -> None:
    """At 390 pixels everything fits the width."""
    page = connected.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    for name in ("", "cost", "trust"):
        opened(page, served, name)
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, name
    page.close()


def test_no_secret_is_in_the_log(served: Served, connected: Any) -> None:
    """The server's log holds no key, no address and no name."""
    assert connected
    text = served.errors.read_text()
    assert not [planted for planted in (*tiny.NAMES, *tiny.ADDRESSES, tiny.KEY) if planted in text]
    assert "Traceback" not in text
