"""Pages as HTML: templates with everything escaped, in the language that was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from pipeline.desk.desk import Desk
from pipeline.desk.sessions import Session
from pipeline.intake.answer import stylesheet
from pipeline.intake.messages import number
from pipeline.intake.words import LANGUAGES, Language, catalogue

_FOLDER = Path(__file__).parent
STATIC = {"desk.css": "text/css", "desk.js": "text/javascript"}
LANGUAGE_COOKIE, VISIT_COOKIE = "desk-language", "desk-visit"
_YEAR = 365 * 24 * 3600


@cache
def _templates() -> Environment:
    loader = FileSystemLoader(_FOLDER / "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def words(language: Language) -> dict[str, Any]:
    """Every sentence of the pages."""
    return cast("dict[str, Any]", catalogue()["desk"][language])


def desk_of(request: Request) -> Desk:
    """The desk that answers."""
    return cast("Desk", request.app.state.desk)


def language_of(request: Request) -> Language:
    """The language in the address, else the one chosen before, else the desk's own."""
    for asked in (request.query_params.get("language"), request.cookies.get(LANGUAGE_COOKIE)):
        for language in LANGUAGES:
            if asked == language:
                return language
    return desk_of(request).settings.language


def page(
    request: Request, name: str, *, session: Session | None = None, status: int = 200, token: str = "", **content: Any
) -> Response:
    """The page ``name`` (a template). ``token``: of its forms; made from the session's cookie where it has one."""
    desk, language = desk_of(request), language_of(request)
    cookie = request.cookies.get(desk.cookie)
    if session is not None and cookie:
        token = desk.sessions.form_token(cookie)

    def day(value: date | str) -> str:
        return said_day(value, language)

    def count(value: int) -> str:
        return number(value, language)

    other: Language = "en" if language == "nl" else "nl"
    html = _templates().get_template(f"{name}.html").render(
        t=words(language), other=words(other), language=language, other_language=other, session=session, token=token,
        day=day, count=count, path=request.url.path, limit_mb=desk.limits.upload_bytes // 1_000_000,
        limit_bytes=desk.limits.upload_bytes, **content,
    )  # fmt: skip
    response = HTMLResponse(html, status)
    if request.query_params.get("language") in LANGUAGES:
        keep(response, request, LANGUAGE_COOKIE, language, seconds=_YEAR)
    return response


def keep(response: Response, request: Request, name: str, value: str, *, seconds: int | None = None) -> None:
    """A cookie that scripts cannot read and other sites cannot send."""
    secure = desk_of(request).settings.secure
    response.set_cookie(name, value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="strict")


def go(request: Request, place: str) -> Response:
    """On to another page: for a script its address, for a form a redirection."""
    if wants_json(request):
        return JSONResponse({"next": place})
    return RedirectResponse(place, status_code=303)


def wants_json(request: Request) -> bool:
    """Whether a script of ours asks."""
    return request.headers.get("accept", "") == "application/json"


def nothing_here(request: Request, session: Session | None) -> Response:
    """The same answer for what is not there and for what is somebody else's."""
    return page(request, "nothing", session=session, status=404)


def static_file(request: Request) -> Response:
    """The style or the script."""
    name = request.path_params["name"]
    if name == "answer.css":
        return Response(stylesheet(), media_type="text/css")
    if name not in STATIC:
        return nothing_here(request, None)
    return Response((_FOLDER / "static" / name).read_bytes(), media_type=STATIC[name])


_MONTHS: dict[Language, list[str]] = {
    "nl": ["jan", "feb", "mrt", "apr", "mei", "juni", "juli", "aug", "sep", "okt", "nov", "dec"],
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "June", "July", "Aug", "Sep", "Oct", "Nov", "Dec"],
}


def said_day(value: date | str, language: Language) -> str:
    """A day as people write it: 3 mrt 2026."""
    given = date.fromisoformat(value[:10]) if isinstance(value, str) else value
    return f"{given.day} {_MONTHS[language][given.month - 1]} {given.year}"


def filled_in(text: str, values: Mapping[str, str | int], language: Language) -> str:
    """A sentence with its braces filled."""
    return text.format(**{k: number(v, language) if isinstance(v, int) else v for k, v in values.items()})
