"""The last two steps of a new wave: the answer, and submitting."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from pipeline.desk.desk import Desk, note
from pipeline.desk.drafts import Draft, Task
from pipeline.desk.entering import fields, trouble
from pipeline.desk.pages import desk_of, go, language_of, nothing_here, page
from pipeline.desk.sessions import Session
from pipeline.desk.upload import UploadError

PHASES: dict[Task, tuple[str, ...]] = {
    "look": ("waiting", "starting", "reading"),
    "check": ("waiting", "starting", "reading", "checking", "cutting", "answering"),
    "submit": ("waiting", "starting", "reading", "checking", "cutting", "storing"),
}
_TYPES = {
    "answer.json": "application/json",
    "answer.html": "text/html; charset=utf-8",
    "crosswalk.csv": "text/csv; charset=utf-8",
    "marked.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def start_check(desk: Desk, draft: Draft) -> None:
    """Begin to check what is there now."""
    note("check", draft.corporation, draft.wave)
    draft.touched = desk.drafts.clock()
    _start(desk, draft, "check")


def _start(desk: Desk, draft: Draft, task: Task, **more: Any) -> None:
    blobs = {"file": draft.file.data, "declaration": draft.declaration}
    if draft.crosswalk is not None:
        blobs["crosswalk"] = draft.crosswalk.data
    request = {
        "study": str(desk.study.root), "name": draft.file.name, "language": draft.language, "drop": draft.drop,
        "crosswalk_name": draft.crosswalk.name if draft.crosswalk else "crosswalk.csv", **more,
    }  # fmt: skip
    desk.jobs.start(draft, task, request, blobs)


async def draft_page(request: Request, session: Session) -> Response:
    """Where a draft is: being worked on, its answer, or what went wrong."""
    desk, language = desk_of(request), language_of(request)
    draft = desk.drafts.find(session, request.path_params["draft"])
    if draft is None:
        return nothing_here(request, session)
    job = draft.job
    if job is None:
        return RedirectResponse(f"/drafts/{draft.id}/wave", status_code=303)
    if not job.ended:
        phases = [phase for phase in PHASES[job.task] if phase != "cutting" or draft.drop]
        return page(
            request, "working", session=session, draft=draft, job=job, phases=phases,
            before=desk.jobs.place(job),
        )  # fmt: skip
    if job.ended != "done":
        return page(request, "failed", session=session, status=503, draft=draft, why=job.ended, task=job.task)
    if job.task == "look":
        return RedirectResponse(f"/drafts/{draft.id}/wave", status_code=303)
    if "stored" in job.content:
        desk.drafts.drop(draft)
        return RedirectResponse(f"/waves/{draft.wave}?new=1", status_code=303)
    answer = draft.answer.content if draft.answer else {}
    heading, _, rest = answer.get("fragment", {}).get(language, "").partition("</h1>")
    return page(
        request, "answer", session=session, draft=draft, heading=Markup(heading), rest=Markup(rest),  # noqa: S704
        verdict=answer.get("answer", {}).get(language, {}).get("verdict", ""),
        undeclared=answer.get("undeclared", {}).get(language), refused=answer.get("refused", []),
        refused_store=job.content.get("refused_store", {}).get(language, ""),
        files=[name for name in _TYPES if name in downloads(draft, language)],
    )  # fmt: skip


async def state(request: Request, session: Session) -> Response:
    """How far it is, for the page's script."""
    desk = desk_of(request)
    draft = desk.drafts.find(session, request.path_params["draft"])
    if draft is None or draft.job is None:
        return JSONResponse({"next": "/waves"}, 404)
    job = draft.job
    if job.ended:
        return JSONResponse({"next": f"/drafts/{draft.id}"})
    return JSONResponse({"phase": job.phase, "before": desk.jobs.place(job)})


async def act(request: Request, session: Session) -> Response:
    """Submit, check again without the refused columns, check again, or stop."""
    desk = desk_of(request)
    try:
        form = await fields(request)
    except UploadError as error:
        return trouble(request, session, error.trouble)
    draft = desk.drafts.find(session, request.path_params["draft"])
    if draft is None:
        return nothing_here(request, session)
    action, here = request.path_params["action"], f"/drafts/{draft.id}"
    if action == "cancel":
        desk.drafts.drop(draft)
        note("dropped", draft.corporation, draft.wave)
        return go(request, "/waves")
    if draft.busy or not draft.declaration:
        return go(request, here)
    if action == "submit" and draft.acceptable:
        if form.one("sure") != "yes":
            return go(request, f"{here}#confirm")
        _start(desk, draft, "submit", by=form.one("by")[:120])
    elif action in ("check", "without"):
        draft.drop = draft.drop or action == "without"
        start_check(desk, draft)
    return go(request, here)


def downloads(draft: Draft, language: str) -> dict[str, bytes]:
    """Files that go with the answer."""
    if draft.answer is None:
        return {}
    found: dict[str, bytes] = {}
    if answer := draft.answer.content.get("answer", {}).get(language):
        found["answer.json"] = json.dumps(answer, ensure_ascii=False, indent=1).encode("utf-8")
    blobs = draft.answer.blobs
    for name, blob in (
        ("answer.html", f"html_{language}"), ("marked.xlsx", "marked"), ("crosswalk.csv", "crosswalk"),
    ):  # fmt: skip
        if blob in blobs:
            found[name] = blobs[blob]
    return found


async def download(request: Request, session: Session) -> Response:
    """One of the files that go with the answer."""
    desk, language = desk_of(request), language_of(request)
    draft = desk.drafts.find(session, request.path_params["draft"])
    name = request.path_params["name"]
    data = downloads(draft, language).get(name) if draft and not draft.busy else None
    if draft is None or data is None:
        return nothing_here(request, session)
    stem = draft.file.name.rpartition(".")[0] or draft.file.name
    full = f"{stem}-{name}"
    ascii_name = "".join(c if c.isascii() and (c.isalnum() or c in "-_. ") else "_" for c in full)
    disposition = f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(full)}"
    return Response(data, media_type=_TYPES[name], headers={"content-disposition": disposition})
