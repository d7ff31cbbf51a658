"""Which renderer, and the way from a project to a published folder that is never half there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Literal

from pipeline.errors import InputError
from pipeline.render.check import Pages, read_pages, site_problems
from pipeline.render.embedded import render_embedded
from pipeline.render.project import Project
from pipeline.render.search import write_indexes

Engine = Literal["auto", "quarto", "embedded"]


def render(project: Path, site: Path, *, engine: Engine) -> Literal["quarto", "embedded"]:
    """Render the Quarto project in ``project`` to ``site``, replacing what stood there; return which engine did it.

    ``auto`` takes Quarto where its program is found. Raises ``InputError`` when a page cannot be rendered or points at
    something that does not exist; ``site`` is then what it was before.
    """
    chosen = choose(engine)
    temporary = site.with_name(f".{site.name}.{os.getpid()}.part")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        render_by = _render_quarto if chosen == "quarto" else render_embedded
        pages = render_by(project, temporary)
        write_indexes(temporary, pages)
        _swap(temporary, site)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return chosen


def choose(engine: Engine) -> Literal["quarto", "embedded"]:
    """The engine to use; raises ``InputError`` when Quarto is demanded and not there."""
    if engine == "embedded":
        return "embedded"
    if quarto_program() is not None:
        return "quarto"
    if engine == "quarto":
        raise InputError(
            "params.yaml: render.engine is quarto, but there is no program `quarto` on the PATH; "
            "install Quarto, or set render.engine to auto or embedded"
        )
    return "embedded"


def quarto_program() -> str | None:
    """Path of the Quarto program as the ``quarto`` package finds it; ``None`` when there is none."""
    from quarto.quarto import path

    program: str | None = path()
    return program


def _render_quarto(project: Path, target: Path) -> Pages:
    """Render by Quarto's own program and move what it made to ``target``; return what its pages hold.

    Quarto only warns of an unresolved cross-reference, and the ``quarto`` package does not tell its exit status: so
    every page must be there afterwards, and the same checks are made as of the embedded renderer's pages.
    """
    import quarto

    output = project / Project(project).output_dir
    shutil.rmtree(output, ignore_errors=True)
    quarto.render(str(project.resolve()), execute=False, quiet=True)
    missing = [path for path in Project(project).page_paths() if not (output / path.with_suffix(".html")).is_file()]
    if missing:
        raise InputError("\n".join(["Quarto did not render (its own messages are above):", *map(str, missing)]))
    pages = read_pages(output)
    problems = site_problems(output, pages)
    if problems:
        raise InputError("\n".join(["the report cannot be rendered:", *problems]))
    shutil.move(output, target)
    return pages


def _swap(new: Path, site: Path) -> None:
    """Put ``new`` in the place of ``site``."""
    site.parent.mkdir(parents=True, exist_ok=True)
    old = site.with_name(f".{site.name}.{os.getpid()}.old")
    shutil.rmtree(old, ignore_errors=True)
    if site.exists():
        site.rename(old)
    new.rename(site)
    shutil.rmtree(old, ignore_errors=True)
