"""Opening a store: where it lies, how it behaves with two writers, and what is said when not."""

from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, insert, select
from sqlalchemy.exc import IntegrityError

from claude_dash.errors import ConfigError, StoreBehindError, StoreError
from claude_dash.facts import tables as t
from claude_dash.store.engine import bump, check, migrate, open_store, revision
from claude_dash.store.migrations import head
from claude_dash.store.migrations.steps import config, differences
from tests.unit.store.conftest import Start

WRITER = """
import sys
from sqlalchemy import insert, select
from claude_dash.facts import tables as t
from claude_dash.store.engine import open_store
engine = open_store(sys.argv[1])
name = sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[3])):
    with engine.begin() as connection:
        connection.execute(select(t.SETTING)).all()
        connection.execute(insert(t.SETTING).values(name=f"{name}-{number}", value="x"))
print("done")
"""


def test_a_store_writes_ahead(engine: Engine) -> None:
    """SQLite keeps readers going while somebody writes, and holds foreign keys."""
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_the_newest_step_is_the_one_that_is_applied_last(engine: Engine) -> None:
    """Files are numbered like the steps in them, so that the newest is known without Alembic."""
    with engine.connect() as connection:
        steps = ScriptDirectory.from_config(config(connection))
    assert head() == steps.get_current_head()


def test_two_writers_never_find_the_database_locked(engine: Engine, start: Start) -> None:
    """Two processes that read and write at the same time both finish, and nothing is lost."""
    both = [start(WRITER, engine.url, name, 60) for name in ("a", "b")]
    for one in both:
        assert one.stdout.readline() == "ready\n"
    for one in both:
        one.stdin.write("go\n")
        one.stdin.flush()
    for one in both:
        said, complaint = one.communicate()
        assert (said, complaint, one.returncode) == ("done\n", "", 0)
    with engine.connect() as connection:
        names = set(connection.execute(select(t.SETTING.c.name)).scalars())
    assert names >= {f"{name}-{number}" for name in "ab" for number in range(60)}


def test_a_reader_sees_one_state_while_somebody_writes(engine: Engine) -> None:
    """What is read in one transaction does not change under the reader's hands."""
    with engine.connect() as reading:
        before = reading.execute(select(t.SETTING)).all()
        with engine.begin() as writing:
            writing.execute(insert(t.SETTING).values(name="new", value="x"))
        assert reading.execute(select(t.SETTING)).all() == before


def test_what_failed_half_way_is_not_stored(engine: Engine) -> None:
    """A transaction that ends in an error leaves nothing, and the store goes on."""
    once = insert(t.SETTING).values(name="one", value="x")
    with pytest.raises(IntegrityError), engine.begin() as connection:
        list(map(connection.execute, [once, once]))
    with engine.begin() as connection:
        assert connection.execute(select(t.SETTING).where(t.SETTING.c.name == "one")).all() == []
        connection.execute(once)


def test_the_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    """A data folder that does not exist is made with mode 0700."""
    engine = open_store(f"sqlite:///{tmp_path}/new/deep/store.db")
    migrate(engine)
    engine.dispose()
    assert (tmp_path / "new" / "deep").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "url", ["mysql://root:hunter2@db/x", "not an address hunter2", "", "sqlit:///hunter2"]
)
def test_another_kind_of_database_is_refused(url: str) -> None:
    """An address that is not of SQLite or PostgreSQL names the setting, never the password."""
    with pytest.raises(ConfigError) as raised:
        open_store(url)
    assert "CLAUDE_DASH_DATABASE_URL" in raised.value.message
    assert "hunter2" not in repr(raised.value)


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """A file in the place of the folder gives one sentence, not a trace."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError):
        open_store(f"sqlite:///{tmp_path}/file/store.db")


def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    """Something else under the store's name is refused when it is checked or migrated."""
    (tmp_path / "store.db").write_text("this is a letter, not a database, and long enough\n" * 20)
    engine = open_store(f"sqlite:///{tmp_path}/store.db")
    with pytest.raises(StoreError):
        check(engine)
    with pytest.raises(StoreError):
        migrate(engine)
    engine.dispose()


def test_an_empty_store_is_behind(tmp_path: Path) -> None:
    """Before the first migration a store is refused with the command that helps."""
    engine = open_store(f"sqlite:///{tmp_path}/store.db")
    with pytest.raises(StoreBehindError) as raised:
        check(engine)
    assert "claude-dash migrate" in raised.value.hint
    engine.dispose()


def test_a_store_in_memory_serves_one_process() -> None:
    """The address `sqlite://` is a store of its own that every connection of the engine shares."""
    engine = open_store("sqlite://")
    migrate(engine)
    check(engine)
    with engine.begin() as connection:
        bump(connection)
    with engine.connect() as connection:
        assert revision(connection) == 1
    engine.dispose()


def test_the_schema_is_that_of_the_tables(engine: Engine) -> None:
    """The steps of the schema lead to exactly the tables that the program knows."""
    check(engine)
    with engine.connect() as connection:
        assert differences(connection) == []


def test_migrating_again_changes_nothing(engine: Engine) -> None:
    """What is up to date is left alone, rows included."""
    with engine.begin() as connection:
        connection.execute(insert(t.SETTING).values(name="mine", value="x"))
    migrate(engine)
    check(engine)
    with engine.connect() as connection:
        value = select(t.SETTING.c.value).where(t.SETTING.c.name == "mine")
        assert connection.execute(value).scalar() == "x"


def test_a_newer_schema_is_not_touched(engine: Engine) -> None:
    """A store of a later program is refused rather than used."""
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'later'")
    with pytest.raises(StoreError):
        check(engine)


def test_each_roll_up_is_counted(engine: Engine) -> None:
    """The revision begins at nothing and grows by one, so that caches know what is stale."""
    with engine.begin() as connection:
        assert revision(connection) == 0
        bump(connection)
        bump(connection)
        assert revision(connection) == 2


def test_several_may_migrate_at_once(tmp_path: Path, start: Start) -> None:
    """Programs that start together all find a whole schema."""
    code = (
        "import sys\n"
        "from claude_dash.store.engine import check, migrate, open_store\n"
        "engine = open_store(sys.argv[1]); migrate(engine); check(engine); print('fine')"
    )
    url = f"sqlite:///{tmp_path}/new/store.db"
    several = [start(code, url) for _ in range(2)]
    assert [one.communicate()[0] for one in several] == ["fine\n"] * 2
    plain = create_engine(url)
    with plain.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM alembic_version").scalar() == 1
    plain.dispose()
