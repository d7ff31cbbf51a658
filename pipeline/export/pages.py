"""The pages of a rendered report that go into one piece: those of one pool in one language, in reading order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.errors import InputError
from pipeline.export.tree import Element, parse
from pipeline.intake.messages import RefusedError
from pipeline.render.declaration import SiteDeclaration, read_site
from pipeline.render.project import Project


@dataclass(frozen=True)
class SitePage:
    """A rendered page: its path below the site, its title, its name in menus, and its ``<main>``.

    ``single``: it is about one project, say, and in no menu.
    """

    path: PurePosixPath
    title: Element
    name: str
    main: Element
    single: bool = False

    @property
    def slug(self) -> str:
        """Its file's name without ending."""
        return self.path.stem


@dataclass(frozen=True)
class Selection:
    """What goes into one piece: the site's folder and declaration, one pool, one language, the pages in order."""

    site_folder: Path
    site: SiteDeclaration
    pool: str
    language: str
    pages: tuple[SitePage, ...]

    @property
    def title(self) -> str:
        """The report's title."""
        return self.site.title[self.language]

    @property
    def name(self) -> str:
        """What a file of it is called, without ending."""
        return f"magical-housing-{self.pool}-{self.language}"


def select(root: Path, *, pool: str | None, language: str, only: Sequence[str] = ()) -> Selection:
    """The rendered pages of ``pool`` (default: the first declared) in ``language``; ``only`` these slugs.

    ``root``: the study's folder. Raises ``RefusedError`` when there is no report yet, nothing in it, or not what is
    asked for.
    """
    declaration = root / "build" / "report-parts" / "site.yml"
    site_folder = root / "reports" / "_site"
    if not declaration.is_file() or not (site_folder / "index.html").is_file():
        raise RefusedError("no_report_yet")
    site = read_site(declaration, [])
    if not site.pools:
        raise RefusedError("nothing_in_report")
    wanted = pool or next(iter(site.pools))
    if wanted not in site.pools:
        raise RefusedError("no_such_pool", pool=wanted, known=", ".join(site.pools))
    if language not in site.languages:
        raise RefusedError("not_in_this_language", asked=language, known=", ".join(site.languages))
    pages = _pages(root / "build" / "site", site_folder, site, wanted, language)
    unknown = [slug for slug in only if slug not in {page.slug for page in pages}]
    if unknown:
        raise RefusedError("no_such_page", page=", ".join(unknown), known=", ".join(page.slug for page in pages))
    chosen = tuple(page for page in pages if not only or page.slug in only)
    return Selection(site_folder, site, wanted, language, chosen)


def _pages(project: Path, site_folder: Path, site: SiteDeclaration, pool: str, language: str) -> list[SitePage]:
    """Every page of the pool and language, as its menu orders them.

    Pages of single units are in no menu: they follow the page above them, in the order they are declared in.
    """
    units = [entry.slug for entries in site.pools[pool].each.values() for entry in entries]
    folder = project / language / pool
    around = {path.stem: _around(project, path) for path in sorted(folder.glob("*.qmd"))}
    listed = [(PurePosixPath(str(entry["href"])).stem, str(entry["text"])) for entry in _menu(around.get("index", {}))]
    ordered: dict[str, str] = {}
    for slug, name in listed:
        ordered[slug] = name
        ordered |= {unit: _name(around[unit]) for unit in units if unit in around and _above(around[unit]) == slug}
    ordered |= {slug: _name(one) for slug, one in around.items() if slug not in ordered}
    return [
        _page(site_folder, PurePosixPath(language, pool, f"{slug}.html"), name, single=slug in units)
        for slug, name in ordered.items()
        if slug in around
    ]


def _around(project: Path, path: Path) -> Mapping[str, Any]:
    """What stands around a page: ``report`` in its front matter, as ``pipeline/render/stamp.py`` writes it."""
    settings = Project(project).page(PurePosixPath(path.relative_to(project).as_posix())).settings
    return dict(settings.get("report") or {})


def _menu(around: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [entry for group in around.get("groups") or [] for entry in group["pages"]]


def _above(around: Mapping[str, Any]) -> str:
    return PurePosixPath(str((around.get("above") or {}).get("href", ""))).stem


def _name(around: Mapping[str, Any]) -> str:
    return str(around.get("here", ""))


def _page(site_folder: Path, path: PurePosixPath, name: str, *, single: bool) -> SitePage:
    try:
        main = parse((site_folder / path).read_text(encoding="utf-8")).find("main")
    except FileNotFoundError:
        raise InputError(f"{site_folder / path}: this page was not rendered; run `magical-housing report`") from None
    title = main.find("h1") if main else None
    if main is None or title is None:
        raise InputError(f"{site_folder / path}: the page has no <main> with an <h1>; is it another program's?")
    return SitePage(path, title, name or " ".join(title.text().split()), main, single)
