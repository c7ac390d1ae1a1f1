"""What holds for the whole house: sizes, imports, words, documents, locks and floors."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports
from packaging.requirements import Requirement

from claude_dash import errors
from claude_dash.config import PREFIX, Settings
from tests import generated

ROOT = Path(__file__).parents[1]
MAX_LINES = 400
MAX_PAGE_LINES = 80
MAX_ADR_LINES = 40
PAGE_IMPORTS = ("streamlit", "claude_dash.ui", "claude_dash.metrics.catalog")
EXIT_CODES = {1, 2, 3, 4}
# Spelled apart, so that this file does not hold them.
UNFINISHED = re.compile(
    r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b"
)
VAGUE = ("utils", "helpers", "common", "manager", "service", "data", "info", "process", "handle")
MACHINE = re.compile(
    r"/(?:home|Users|root|work)/\w|/(?:simple|repository|artifactory)/|\b(?:nexus|artifactory)\b"
    r"|--(?:extra-)?index-url|index-strategy|\.internal\b",
)


def files(*suffixes: str) -> list[Path]:
    """Return what is committed or about to be, by suffix."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    names = [name for name in listed.stdout.decode().split("\0") if name]
    if listed.returncode:  # a copy without git
        names = [
            str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if ".venv" not in path.parts
        ]
    found = [ROOT / name for name in names if not suffixes or name.endswith(suffixes)]
    return [path for path in found if path.is_file()]


def texts(*suffixes: str) -> Iterator[tuple[str, str]]:
    """Yield name and text of every readable file."""
    for path in files(*suffixes):
        try:
            yield path.relative_to(ROOT).as_posix(), path.read_text()
        except UnicodeDecodeError:
            continue


def test_every_module_can_be_read_in_one_sitting() -> None:
    """No module has more than 400 lines, no page more than 80, no ADR more than 40."""
    sizes = {name: text.count("\n") for name, text in texts(".py", ".md")}
    modules = {name: size for name, size in sizes.items() if name.endswith(".py")}
    assert {name: size for name, size in modules.items() if size > MAX_LINES} == {}
    pages = {name: size for name, size in modules.items() if name.startswith("pages/")}
    assert {name: size for name, size in pages.items() if size >= MAX_PAGE_LINES} == {}
    adrs = {name: size for name, size in sizes.items() if name.startswith("docs/adr/")}
    assert {name: size for name, size in adrs.items() if size > MAX_ADR_LINES} == {}


def test_every_module_says_what_it_is() -> None:
    """Each module of the package begins with a sentence."""
    silent = [
        name
        for name, text in texts(".py")
        if name.startswith(("claude_dash/", "pages/")) and not ast.get_docstring(ast.parse(text))
    ]
    assert silent == []


def test_pages_are_layout_only() -> None:
    """A page imports streamlit, the blocks and the catalogue, and nothing else."""
    strangers = []
    for name, text in texts(".py"):
        if not name.startswith("pages/"):
            continue
        for node in ast.walk(ast.parse(text)):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [f"{node.module}.{alias.name}" for alias in node.names]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            strangers += [
                (name, one)
                for one in names
                if not any(one == known or one.startswith(f"{known}.") for known in PAGE_IMPORTS)
            ]
    assert strangers == []


def test_nothing_is_left_unfinished() -> None:
    """No file says that something is still to be done."""
    assert [name for name, text in texts() if UNFINISHED.search(text)] == []


def test_names_say_something() -> None:
    """No module, class or function bears a name that says nothing."""
    found = []
    for name, text in texts(".py"):
        if not name.startswith(("claude_dash/", "pages/")):
            continue
        names = {Path(name).stem}
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                names.add(node.name)
        found += [(name, one) for one in names if one.lower().strip("_") in VAGUE]
        found += [(name, one) for one in names if one.endswith(("Manager", "Service", "Helper"))]
    assert found == []


def test_no_machine_is_named() -> None:
    """No committed file holds a path of somebody's machine or the address of a registry."""
    strangers = [
        (name, found[0])
        for name, text in texts()
        if name != "tests/test_house.py" and (found := MACHINE.search(text))
    ]
    assert strangers == []


def test_every_command_is_documented() -> None:
    """The README names every command."""
    readme = (ROOT / "README.md").read_text()
    assert [
        " ".join(words) for words in generated.commands() if f"`{' '.join(words)}`" not in readme
    ] == []


def test_the_help_of_every_command_is_reviewed(snapshot: Callable[[str, str], None]) -> None:
    """A changed option shows as a changed snapshot."""
    snapshot("cli/help.txt", generated.help_text())


def test_every_setting_is_documented() -> None:
    """README and operations name every setting, and no setting that does not exist."""
    names = {field.upper() for field in Settings.model_fields}
    operations = (ROOT / "docs/operations.md").read_text()
    table = operations.split("## Settings")[1].split("\n## ")[0]
    cells = " ".join(line.split("|")[1] for line in table.splitlines() if line.startswith("| `"))
    assert set(re.findall(r"`([A-Z_]+)`", cells)) == names
    readme = (ROOT / "README.md").read_text()
    assert [name for name in sorted(names) if f"`{name}`" not in readme] == []
    used = {
        name
        for _, text in texts(".md", ".toml", "Containerfile")
        for name in re.findall(rf"\b{PREFIX}([A-Z_]+)\b", text)
    }
    assert used - names <= {"DEMO"}


def test_the_metrics_document_is_current(request: pytest.FixtureRequest) -> None:
    """`docs/metrics.md` equals what the catalogue says."""
    path = ROOT / "docs/metrics.md"
    text = generated.metrics_document()
    if request.config.getoption("--snapshot-update"):
        path.write_text(text)
    assert path.read_text() == text, "uv run pytest --snapshot-update tests/test_house.py"


def test_links_between_documents_lead_somewhere() -> None:
    """Every relative link of a document names a file that exists."""
    broken = [
        (name, target)
        for name, text in texts(".md")
        for target in re.findall(r"\]\((?!https?://|#)([^)#\s]+)", text)
        if not (ROOT / name).parent.joinpath(target).exists()
    ]
    assert broken == []


def test_the_lock_and_the_declared_dependencies_agree() -> None:
    """Every declared dependency is locked at a version that its bounds allow, with hashes."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    lock = (ROOT / "requirements.lock").read_text()
    pins = dict(re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]+\])?==([^\s;\\]+)", lock, re.MULTILINE))
    for requirement in map(Requirement, declared):
        version = pins.get(requirement.name)
        assert version, f"{requirement.name} is not locked"
        assert requirement.specifier.contains(version), f"{requirement} is locked at {version}"
    entries = re.split(r"\n(?=[A-Za-z0-9])", lock)
    assert [entry.split()[0] for entry in entries if "==" in entry and "--hash=" not in entry] == []
    assert "://" not in lock


def _kinds(error: type[errors.ClaudeDashError]) -> Iterator[type[errors.ClaudeDashError]]:
    yield error
    for kind in error.__subclasses__():
        yield from _kinds(kind)


def test_every_error_can_be_acted_on() -> None:
    """Each error of ours says what it means, keeps its hint, and has an exit code and a status."""
    for kind in _kinds(errors.ClaudeDashError):
        assert kind.__doc__, kind
        assert kind.exit_code in EXIT_CODES, kind
        assert 400 <= kind.http_status < 600, kind
        raised = kind("It happened.", "Do this.")
        assert (raised.message, raised.hint) == ("It happened.", "Do this.")
        assert str(raised) == "It happened. Do this."


def test_floors_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """No module imports from beside or above its floor; tables, Streamlit and httpx stay put."""
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True) == 0, "uv run lint-imports"
