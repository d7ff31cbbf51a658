"""The pages of a rendered report that go into one piece: those of one pool in one language, in reading order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipeline.errors import InputError
from pipeline.export.tree import Element, parse
from pipeline.intake.messages import RefusedError
from pipeline.render.declaration import SiteDeclaration, read_site
from pipeline.render.project import Project


@dataclass(frozen=True)
class SitePage:
    """A rendered page: its path below the site, its title, its name in menus, and its ``<main>``."""

    path: PurePosixPath
    title: Element
    name: str
    main: Element

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

    ``root``: the study's folder. Raises ``RefusedError`` when there is no report yet, or it has not what is asked for.
    """
    declaration = root / "build" / "report-parts" / "site.yml"
    site_folder = root / "reports" / "_site"
    if not declaration.is_file() or not (site_folder / "index.html").is_file():
        raise RefusedError("no_report_yet")
    site = read_site(declaration, [])
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
    """Every page of the pool and language, as the stamped project orders them; stamped copies by their place there."""
    stamped = {entry.slug: place for entries in site.pools[pool].each.values() for place, entry in enumerate(entries)}
    ordered = []
    source = Project(project)
    for path in sorted((project / language / pool).glob("*.qmd")):
        settings = source.page(PurePosixPath(path.relative_to(project).as_posix())).settings
        order = float(settings.get("order", 0 if path.stem == "index" else 1000))
        ordered.append(((order, stamped.get(path.stem, -1), path.stem), str(settings.get("nav", ""))))
    return [_page(site_folder, PurePosixPath(language, pool, f"{key[2]}.html"), nav) for key, nav in sorted(ordered)]


def _page(site_folder: Path, path: PurePosixPath, nav: str) -> SitePage:
    try:
        main = parse((site_folder / path).read_text(encoding="utf-8")).find("main")
    except FileNotFoundError:
        raise InputError(f"{site_folder / path}: this page was not rendered; run `magical-housing report`") from None
    title = main.find("h1") if main else None
    if main is None or title is None:
        raise InputError(f"{site_folder / path}: the page has no <main> with an <h1>; is it another program's?")
    return SitePage(path, title, nav or " ".join(title.text().split()), main)
