"""`/healthz` and `/readyz`: the process is alive; the store can be used."""

from datetime import timedelta

from sqlalchemy import Engine, select
from starlette.requests import Request
from starlette.responses import JSONResponse

from claude_dash.clock import now
from claude_dash.errors import StoreError
from claude_dash.facts import tables as t
from claude_dash.store.engine import check

FAILING_LONG = timedelta(hours=24)


async def healthz(request: Request) -> JSONResponse:
    """Say that the process is alive."""
    del request
    return JSONResponse({"status": "ok"})


def readiness(engine: Engine) -> tuple[int, dict[str, object]]:
    """Return the status and body of `/readyz`: 503 with a reason when the store is unusable."""
    try:
        check(engine)
    except StoreError as error:
        return error.http_status, {"status": "not ready", "reason": str(error)}
    c = t.CONNECTION.c
    query = select(c.name).where(c.failing_since < now() - FAILING_LONG).order_by(c.name)
    with engine.connect() as connection:
        failing = list(connection.execute(query).scalars())
    return 200, {"status": "ready", "failing": failing}
