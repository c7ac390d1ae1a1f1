"""The routes beside the pages, and how errors become answers."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from claude_dash.access import local
from claude_dash.access.local import COOKIE
from claude_dash.config import Settings
from claude_dash.errors import ClaudeDashError
from claude_dash.receivers import forms
from claude_dash.receivers.health import healthz, readiness

MAX_FORM_BYTES = 16 * 1024
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_LOGGER = logging.getLogger(__name__)
Opened = Callable[[], tuple[Engine, Settings, bytes]]
Answer = Callable[[Request], Awaitable[Response]]


def routes(opened: Opened) -> list[Route]:
    """Return the routes; `opened` gives the store, the settings and the cookie key."""
    doors = _Doors(opened)
    return [
        *health(opened),
        Route("/auth/local", _calm(doors.sign_in), methods=["GET", "POST"]),
        Route("/auth/first", _calm(doors.first), methods=["GET", "POST"]),
        Route("/auth/signout", _calm(doors.sign_out), methods=["GET", "POST"]),
    ]


def health(opened: Opened) -> list[Route]:
    """Return the routes that say how the process is."""
    return [Route("/healthz", healthz), Route("/readyz", _calm(_Doors(opened).readyz))]


def _calm(answer: Answer) -> Answer:
    """Turn whatever goes wrong into one calm sentence; the trace goes to the log alone."""

    async def wrapped(request: Request) -> Response:
        try:
            return await answer(request)
        except ClaudeDashError as error:
            return JSONResponse({"error": str(error)}, status_code=error.http_status)
        except Exception:
            _LOGGER.exception("request failed: %s", request.url.path)
            return JSONResponse({"error": "Something went wrong here."}, status_code=500)

    return wrapped


class _Doors:
    """The sign-in forms over one store."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    async def readyz(self, request: Request) -> Response:
        """Answer `/readyz`."""
        del request
        engine, _, _ = self._opened()
        status, body = await asyncio.to_thread(readiness, engine)
        return JSONResponse(body, status_code=status)

    async def sign_in(self, request: Request) -> Response:
        """Show the sign-in form, and take it."""
        root = request.scope.get("root_path", "")
        action = f"{root}/auth/local"
        if request.method == "GET":
            following = _relative(request.query_params.get("next", "/"))
            return _html(forms.sign_in(action, following))
        engine, settings, key = self._opened()
        form = await _form(request, settings)
        email, following = form.get("email", ""), _relative(form.get("next", "/"))
        client = request.client.host if request.client else ""
        try:
            cookie = await asyncio.to_thread(
                local.sign_in, engine, key, email, form.get("password", ""), client
            )
        except local.SignInError as error:
            again = forms.sign_in(action, following, problem=str(error), email=email)
            return _html(again, error.http_status)
        return _entered(settings, f"{root}{following}", cookie, root)

    async def first(self, request: Request) -> Response:
        """Show the form behind a one-use link, and take it; looking does not use the link."""
        root = request.scope.get("root_path", "")
        action = f"{root}/auth/first"
        engine, settings, _ = self._opened()
        if request.method == "GET":
            token = request.query_params.get("token", "")
            if not await asyncio.to_thread(local.is_link_good, engine, token):
                gone = "This link was used or has expired. Ask for a new one."
                return _html(forms.page("Choose a password", "", "", gone), 410)
            with_email = await asyncio.to_thread(local.needs_address, engine, token)
            return _html(forms.first(action, token, with_email=with_email))
        form = await _form(request, settings)
        token, email = form.get("token", ""), form.get("email", "")
        try:
            cookie = await asyncio.to_thread(
                local.use_link, engine, token, form.get("password", ""), email
            )
        except ClaudeDashError as error:
            with_email = await asyncio.to_thread(local.needs_address, engine, token)
            again = forms.first(
                action, token, with_email=with_email, problem=str(error), email=email
            )
            return _html(again, 400)
        return _entered(settings, f"{root}/", cookie, root)

    async def sign_out(self, request: Request) -> Response:
        """End the session and go to the sign-in page."""
        engine, _, _ = self._opened()
        await asyncio.to_thread(local.sign_out, engine, request.cookies.get(COOKIE))
        root = request.scope.get("root_path", "")
        response = RedirectResponse(f"{root}/", status_code=303, headers=HEADERS)
        response.delete_cookie(COOKIE, path=root or "/")
        return response


def _html(body: str, status: int = 200) -> Response:
    return HTMLResponse(body, status_code=status, headers=HEADERS)


def _relative(target: str) -> str:
    """Return a path of ours; whatever leads elsewhere becomes the first page."""
    parts = urlsplit(target)
    is_ours = target.startswith("/") and not target.startswith(("//", "/\\"))
    if not is_ours or parts.scheme or parts.netloc or "\\" in target:
        return "/"
    return target


async def _form(request: Request, settings: Settings) -> dict[str, str]:
    """Return the fields of a form that one of our own pages sent."""
    origin = request.headers.get("origin")
    if origin and origin != "null":
        here = {request.headers.get("host", ""), urlsplit(settings.public_url).netloc}
        if urlsplit(origin).netloc not in here:
            message = "The form came from another site."
            raise local.SignInError(message, "Open the sign-in page and try again.")
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > MAX_FORM_BYTES:
        message = "The form is too large."
        raise local.SignInError(message)
    fields = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=8)
    return {name: values[-1] for name, values in fields.items()}


def _entered(settings: Settings, target: str, cookie: str, root: str) -> Response:
    """Redirect into the product with the session's cookie."""
    response = RedirectResponse(target, status_code=303, headers=HEADERS)
    response.set_cookie(
        COOKIE,
        cookie,
        max_age=int(local.SESSION_ENDS.total_seconds()),
        path=root or "/",
        secure=settings.public_url.startswith("https://"),
        httponly=True,
        samesite="lax",
    )
    return response
