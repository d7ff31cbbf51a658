"""Coming in and going out, and what every other page asks first: who is there, and did our own form send this."""

from __future__ import annotations

import math
import secrets
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from pipeline.desk.desk import note
from pipeline.desk.pages import VISIT_COOKIE, desk_of, go, keep, language_of, page, wants_json, words
from pipeline.desk.sessions import Session
from pipeline.desk.upload import Form, Trouble, UploadError, read_fields

View = Callable[[Request, Session], Awaitable[Response]]
STATUS: dict[Trouble, int] = {"too_large": 413, "too_slow": 408, "malformed": 400, "form_token": 403}


def signed_in(view: View) -> Callable[[Request], Awaitable[Response]]:
    """``view`` for whoever is logged in; everybody else is shown the way in, whatever they asked for."""

    async def answer(request: Request) -> Response:
        session = desk_of(request).session_of(request)
        if session is None:
            if wants_json(request):
                return JSONResponse({"next": "/login"}, 401)
            return RedirectResponse("/login", status_code=303)
        if request.method == "POST" and not same_site(request):
            return trouble(request, session, "form_token")
        return await view(request, session)

    return answer


def same_site(request: Request) -> bool:
    """Whether a page of ours sent this, as far as the browser says; the form token decides."""
    return request.headers.get("sec-fetch-site", "same-origin") == "same-origin"


async def fields(request: Request) -> Form:
    """The form without files that a page of ours sent; raises ``UploadError``."""
    desk = desk_of(request)
    form = await read_fields(request.stream(), request.headers.get("content-type", ""), desk.limits)
    if not desk.sessions.is_form_token(request.cookies.get(desk.cookie), form.one("token")):
        raise UploadError("form_token")
    return form


def trouble(request: Request, session: Session | None, what: Trouble) -> Response:
    """What to say of a form that cannot be taken."""
    if wants_json(request):
        said = words(language_of(request))["trouble"][what]
        limit = desk_of(request).limits.upload_bytes // 1_000_000
        return JSONResponse({"error": said.format(limit=limit)}, STATUS[what])
    return page(request, "trouble", session=session, status=STATUS[what], what=what)


async def login_page(request: Request) -> Response:
    """Where the token is asked for."""
    if desk_of(request).session_of(request):
        return RedirectResponse("/waves", status_code=303)
    return _login(request)


def _login(request: Request, *, wrong: str = "", minutes: int = 0, status: int = 200) -> Response:
    desk = desk_of(request)
    visit = request.cookies.get(VISIT_COOKIE) or secrets.token_urlsafe(16)
    response = page(
        request, "login", status=status, token=desk.sessions.form_token(visit), wrong=wrong, minutes=minutes,
        left=request.query_params.get("left") == "1",
    )  # fmt: skip
    keep(response, request, VISIT_COOKIE, visit)
    return response


async def login(request: Request) -> Response:
    """Try a token. Unknown, wrong, expired and revoked tokens get the same answer."""
    desk = desk_of(request)
    address = request.client.host if request.client else ""
    if wait := desk.attempts.seconds_to_wait(address):
        note("login-refused")
        return _login(request, wrong="wait", minutes=math.ceil(wait / 60), status=429)
    try:
        form = await read_fields(request.stream(), request.headers.get("content-type", ""), desk.limits)
    except UploadError as error:
        return trouble(request, None, error.trouble)
    if not same_site(request) or not desk.sessions.is_form_token(request.cookies.get(VISIT_COOKIE), form.one("token")):
        return _login(request, wrong="again", status=403)
    found = await desk.corporation_of(form.one("code"))
    if found is None:
        desk.attempts.failed(address)
        note("login-failed")
        return _login(request, wrong="wrong", status=403)
    desk.attempts.succeeded(address)
    if before := desk.sessions.find(request.cookies.get(desk.cookie)):
        desk.leave(before)
    session, name = desk.sessions.begin(*found)
    note("login", session.corporation)
    response = RedirectResponse("/waves", status_code=303)
    keep(response, request, desk.cookie, name)
    response.delete_cookie(VISIT_COOKIE, path="/", secure=desk.settings.secure, httponly=True, samesite="strict")
    return response


async def logout(request: Request, session: Session) -> Response:
    """End the session and forget what it holds."""
    desk = desk_of(request)
    try:
        await fields(request)
    except UploadError as error:
        return trouble(request, session, error.trouble)
    desk.leave(session)
    note("logout", session.corporation)
    response = go(request, "/login?left=1")
    response.delete_cookie(desk.cookie, path="/", secure=desk.settings.secure, httponly=True, samesite="strict")
    return response
