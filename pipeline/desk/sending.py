"""The first two steps of a new wave: a file, and what there is to know about the wave."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pipeline.declare import in_language
from pipeline.desk.declaring import MODES, Offered, filled, first_values, slug, values_of
from pipeline.desk.desk import Desk, note
from pipeline.desk.drafts import Draft, FullError
from pipeline.desk.entering import fields, trouble
from pipeline.desk.pages import desk_of, go, language_of, nothing_here, page, wants_json, words
from pipeline.desk.sessions import Session
from pipeline.desk.upload import Form, UploadError, read_multipart


async def new_page(request: Request, session: Session) -> Response:
    """Where a file is chosen."""
    return page(request, "new", session=session, wrong="", held=desk_of(request).drafts.of(session))


async def new(request: Request, session: Session) -> Response:
    """Take a file in, and begin to look at it."""
    desk = desk_of(request)
    if _declared_too_large(request, desk):
        return trouble(request, session, "too_large")
    try:
        with desk.drafts.room(session):
            form = await _files(request, desk)
            file = form.files.get("file")
            if file is None:
                return _new_again(request, session, "no_file", 400)
            if desk.session_of(request) is None:
                # logged out, or the token was revoked, while the file was on its way
                return go(request, "/login")
            draft = desk.drafts.add(session, file, form.files.get("crosswalk"))
    except FullError as error:
        return _new_again(request, session, "busy_own" if error.own else "busy_all", 503)
    except UploadError as error:
        note("upload-refused", session.corporation)
        return trouble(request, session, error.trouble)
    note("upload", session.corporation)
    start_look(desk, draft)
    return go(request, f"/drafts/{draft.id}")


def start_look(desk: Desk, draft: Draft) -> None:
    """Find out what kind of file it is."""
    request = {"study": str(desk.study.root), "name": draft.file.name}
    desk.jobs.start(draft, "look", request, {"file": draft.file.data})


def _declared_too_large(request: Request, desk: Desk) -> bool:
    """Whether the browser says itself that it sends too much; what it really sends is counted anyway."""
    said = request.headers.get("content-length", "0")
    most = desk.limits.upload_bytes + desk.limits.crosswalk_bytes + 2 * desk.limits.fields_bytes
    return not said.isdecimal() or int(said) > 2 * most


async def _files(request: Request, desk: Desk) -> Form:
    cookie = request.cookies.get(desk.cookie)
    return await read_multipart(
        request.stream(),
        request.headers.get("content-type", ""),
        desk.limits,
        most_bytes={"file": desk.limits.upload_bytes, "crosswalk": desk.limits.crosswalk_bytes},
        allowed=lambda given: desk.sessions.is_form_token(cookie, given),
    )


def _new_again(request: Request, session: Session, wrong: str, status: int) -> Response:
    if wants_json(request):
        return JSONResponse({"error": words(language_of(request))["new"]["wrong"][wrong]}, status)
    return page(request, "new", session=session, status=status, wrong=wrong, held=desk_of(request).drafts.of(session))


async def crosswalk(request: Request, session: Session) -> Response:
    """Take a crosswalk in for a file that is there, and check again."""
    from pipeline.desk.checking import start_check

    desk = desk_of(request)
    try:
        form = await _files(request, desk)
    except UploadError as error:
        return trouble(request, session, error.trouble)
    draft = desk.drafts.find(session, request.path_params["draft"])
    if draft is None or draft.busy or not draft.declaration:
        return nothing_here(request, session)
    if sent := form.files.get("crosswalk"):
        draft.crosswalk = sent
        start_check(desk, draft)
    return go(request, f"/drafts/{draft.id}")


def offered_to(desk: Desk, session: Session) -> Offered:
    """What this corporation can choose from."""
    study = desk.study.read()
    instruments = desk.study.instruments()
    languages = dict.fromkeys(
        language for name in instruments for language, status in study.instruments[name].languages.items()
        if status != "absent"
    )  # fmt: skip
    return Offered(
        corporation=session.corporation,
        projects=desk.study.projects_of(session.corporation),
        instruments=instruments,
        pools=desk.study.pools(),
        languages=[*languages],
        report_languages=list(study.declaration.languages),
    )


async def wave_form(request: Request, session: Session) -> Response:
    """What there is to know about the wave; filled in where the file says it."""
    desk = desk_of(request)
    draft = desk.drafts.find(session, request.path_params["draft"])
    if draft is None:
        return nothing_here(request, session)
    if draft.busy:
        return go(request, f"/drafts/{draft.id}")
    offered = offered_to(desk, session)
    if not draft.values:
        declared = draft.about.get("declared")
        draft.values = values_of(declared, offered) if declared else first_values(offered)
    return _wave(request, session, draft, offered, {})


def _wave(
    request: Request, session: Session, draft: Draft, offered: Offered, wrong: dict[str, dict[str, str]]
) -> Response:
    desk, language = desk_of(request), language_of(request)
    study, texts = desk.study.read(), words(language)
    said = {
        name: texts["wrong"][sentences["key"]] if "key" in sentences else sentences[language]
        for name, sentences in wrong.items()
    }
    pools = {name: study.declaration.pools.get(name) for name in offered.pools}
    return page(
        request, "wave", session=session, draft=draft, wrong=said, modes=MODES,
        values={name: value for name, value in draft.values.items() if value}, prefix=slug(session.corporation),
        projects=offered.projects, languages=offered.languages,
        instruments={name: in_language(study.instruments[name].title, language) for name in offered.instruments},
        pools={name: in_language(label.name, language) if label else name for name, label in pools.items()},
        several_sheets=draft.about.get("kind") == "xlsx", from_file=bool(draft.about.get("declared")),
        read_as=draft.about.get("read_as", {}).get(language, ""),
        declared_wrong=draft.about.get("declared_wrong", {}).get(language, []),
    )  # fmt: skip


async def wave(request: Request, session: Session) -> Response:
    """Take the form in, and begin the check."""
    from pipeline.desk.checking import start_check

    desk = desk_of(request)
    try:
        form = await fields(request)
    except UploadError as error:
        return trouble(request, session, error.trouble)
    draft = desk.drafts.find(session, request.path_params["draft"])
    if draft is None:
        return nothing_here(request, session)
    if draft.busy:
        return go(request, f"/drafts/{draft.id}")
    offered = offered_to(desk, session)
    draft.language = language_of(request)
    draft.values = {name: value for name, value in form.values.items() if name != "token"}
    result = filled(form, offered, kind=str(draft.about.get("kind", "csv")))
    if result.wrong or result.wave is None:
        return _wave(request, session, draft, offered, result.wrong)
    draft.declaration, draft.wave = result.declaration, result.wave.wave
    start_check(desk, draft)
    return go(request, f"/drafts/{draft.id}")
