"""How a reader gets from one page to another: menu, next and previous page, breadcrumb, language and data switches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.render.declaration import SiteDeclaration
from pipeline.render.templates import GROUPS, OVERVIEW, REGISTER, Sheet
from pipeline.render.words import words

Sheets = Mapping[str, Sequence[Sheet]]
"""The pages of each pool in one language, in reading order."""


def navigation(sheet: Sheet, sheets: Sequence[Sheet]) -> dict[str, Any]:
    """Menu, neighbours and breadcrumb of ``sheet`` among the ``sheets`` of its pool and language.

    The breadcrumb (``above``) of a page for one thing of many leads to the page that lists them: the overview, or the
    front page where there is none.
    """
    listed = [one for one in sheets if one.template.each is None]
    single = sheet.template.each is not None
    found = {
        "groups": _groups(sheet, listed),
        "here": sheet.name,
        "self": f"{sheet.slug}.html",
        **_neighbours(sheet, _alike(sheet, sheets) if single else listed),
    }
    by_slug = {one.slug: one for one in listed}
    if single:
        found["above"] = _link(by_slug.get(OVERVIEW, by_slug["index"]))
    if REGISTER in by_slug:
        found["register"] = _link(by_slug[REGISTER])
    return found


def _groups(sheet: Sheet, listed: Sequence[Sheet]) -> list[dict[str, Any]]:
    """The pages by group; one group without a heading where no page has a group."""
    terms = words(sheet.template.language)
    grouped = any(one.template.group for one in listed)
    groups = []
    for group in GROUPS:
        members = [one for one in listed if (one.template.group or GROUPS[0]) == group]
        if members:
            heading = {"heading": terms[f"group_{group}"]} if grouped else {}
            groups.append({**heading, "pages": [_menu_entry(one, sheet) for one in members]})
    return groups


def _menu_entry(one: Sheet, here: Sheet) -> dict[str, Any]:
    """An entry of the menu; the overview counts as current, but not as the page itself, below it."""
    within = here.template.each is not None and one.slug == OVERVIEW
    current = "page" if one is here else "true" if within else False
    return entry(f"{one.slug}.html", one.name, current)


def _alike(sheet: Sheet, sheets: Sequence[Sheet]) -> list[Sheet]:
    return [one for one in sheets if one.template is sheet.template]


def _neighbours(sheet: Sheet, sheets: Sequence[Sheet]) -> dict[str, Any]:
    """The pages read before and after this one, where there are such."""
    place = [one.slug for one in sheets].index(sheet.slug)
    found = {"previous": sheets[place - 1 : place], "next": sheets[place + 1 : place + 2]}
    return {key: _link(one) for key, ones in found.items() for one in ones}


def _link(one: Sheet) -> dict[str, Any]:
    return entry(f"{one.slug}.html", one.name)


def switches(sheet: Sheet, sheets: Sheets, site: SiteDeclaration, pool: str) -> dict[str, Any]:
    """Links to the same page in the other languages, and (where there are several) in every pool.

    Where a pool has no such page, its link leads to the overview, or to the front page where there is none.
    """
    language, slug = sheet.template.language, sheet.slug
    languages = [
        {"code": other, **entry(f"../../{other}/{pool}/{slug}.html", words(other)["language_name"])}
        for other in site.languages
        if other != language
    ]
    pools = [
        entry(f"../{other}/{_same_or_above(slug, sheets[other])}.html", site.pools[other].name[language], other == pool)
        for other in sheets
    ]
    return {"languages": languages, "pools": pools if len(pools) > 1 else []}


def _same_or_above(slug: str, sheets: Sequence[Sheet]) -> str:
    slugs = {one.slug for one in sheets}
    return next(one for one in (slug, OVERVIEW, "index") if one in slugs)


def entry(href: str, text: str, current: str | bool = False) -> dict[str, Any]:
    """A link as `page.html` writes it; ``current`` becomes its ``aria-current``."""
    return {"href": href, "text": text, "current": "true" if current is True else current}
