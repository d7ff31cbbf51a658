"""The desk as a web application: which address shows what."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline.desk import checking, entering, sending
from pipeline.desk.desk import Desk
from pipeline.desk.entering import signed_in
from pipeline.desk.headers import Guarded
from pipeline.desk.pages import desk_of, nothing_here, page, static_file
from pipeline.desk.sessions import Session
from pipeline.errors import InputError


async def first(_: Request, __: Session) -> Response:
    """The desk's own address."""
    return RedirectResponse("/waves", status_code=303)


async def waves(request: Request, session: Session) -> Response:
    """The corporation's waves."""
    desk = desk_of(request)
    own = await asyncio.to_thread(desk.study.waves_of, session.corporation)
    projects = desk.study.projects_of(session.corporation)
    return page(request, "waves", session=session, waves=own, projects=projects, held=desk.drafts.of(session))


async def receipt(request: Request, session: Session) -> Response:
    """One wave of the corporation, with its receipt."""
    desk = desk_of(request)
    own = await asyncio.to_thread(desk.study.wave_of, session.corporation, request.path_params["wave"])
    if own is None:
        return nothing_here(request, session)
    names = {project.id: project.name for project in desk.study.read().registry.projects}
    return page(request, "receipt", session=session, own=own, names=names, new=request.query_params.get("new") == "1")


async def _refused(request: Request, error: Exception) -> Response:
    """Addresses and methods that there are not."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    session = desk_of(request).session_of(request)
    return nothing_here(request, session) if status in (404, 405) else page(request, "failed_study", status=status)


async def _study_wrong(request: Request, _: Exception) -> Response:
    """The study itself cannot be read at the moment: for its maintainer to mend, not for who is at the desk."""
    return page(request, "failed_study", status=503)


def application(desk: Desk) -> Starlette:
    """The application for this desk."""

    @asynccontextmanager
    async def open_desk(_: Starlette) -> AsyncIterator[None]:
        sweeping = asyncio.create_task(desk.sweep())
        await desk.jobs.prepare()
        yield
        sweeping.cancel()
        await desk.jobs.close()

    draft = "/drafts/{draft}"
    routes = [
        Route("/", signed_in(first)),
        Route("/login", entering.login_page),
        Route("/login", entering.login, methods=["POST"]),
        Route("/logout", signed_in(entering.logout), methods=["POST"]),
        Route("/waves", signed_in(waves)),
        Route("/waves/{wave}", signed_in(receipt)),
        Route("/new", signed_in(sending.new_page)),
        Route("/new", signed_in(sending.new), methods=["POST"]),
        Route(draft, signed_in(checking.draft_page)),
        Route(f"{draft}/wave", signed_in(sending.wave_form)),
        Route(f"{draft}/wave", signed_in(sending.wave), methods=["POST"]),
        Route(f"{draft}/crosswalk", signed_in(sending.crosswalk), methods=["POST"]),
        Route(f"{draft}/state", signed_in(checking.state)),
        Route(f"{draft}/files/{{name}}", signed_in(checking.download)),
        Route(f"{draft}/do/{{action}}", signed_in(checking.act), methods=["POST"]),
        Route("/static/{name}", static_file),
    ]
    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(Guarded),
            Middleware(TrustedHostMiddleware, allowed_hosts=list(desk.settings.hosts), www_redirect=False),
        ],
        exception_handlers={HTTPException: _refused, InputError: _study_wrong},
        lifespan=open_desk,
    )
    app.router.redirect_slashes = False
    app.state.desk = desk
    return app
