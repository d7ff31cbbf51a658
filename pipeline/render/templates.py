"""The report's page templates, and the pages of one pool and language that they are stamped into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.errors import InputError
from pipeline.render.declaration import PoolEntry
from pipeline.render.project import split_front_matter

GROUPS = ("findings", "places", "background")
"""The groups of the menu, in the order they are read."""
OVERVIEW = "places"
"""The page from which pages of single projects and the like are reached."""
REGISTER = "glossary"
"""The page of terms, offered in the place of the search where there are no scripts."""
_POOL, _EACH, _NAME = "@POOL@", "@EACH@", "@NAME@"


@dataclass(frozen=True)
class Template:
    """A page as ``reports/pages/<lang>/<slug>.qmd`` has it."""

    language: str
    slug: str
    front_matter: Mapping[str, Any]
    body: str

    @property
    def each(self) -> str | None:
        """The kind of thing there is a page for each of (``project``); ``None`` for a page of which there is one."""
        kind = self.front_matter.get("each")
        return None if kind is None else str(kind)

    @property
    def group(self) -> str | None:
        """Its group in the menu; ``None`` when the front matter names none."""
        return self.front_matter.get("group")

    @property
    def order(self) -> tuple[int, float, str]:
        """Place in the reading order; the front page comes first when nothing is said."""
        group = GROUPS.index(self.group) if self.group else 0
        return group, float(self.front_matter.get("order", 0 if self.slug == "index" else 1000)), self.slug


@dataclass(frozen=True)
class Sheet:
    """One page of one pool in one language: ``<language>/<pool>/<slug>.qmd``.

    ``tokens`` are what the template's tokens stand for on it.
    """

    template: Template
    slug: str
    tokens: Mapping[str, str] = field(default_factory=dict)

    def fill(self, content: Any) -> Any:
        """``content`` (text, or texts in lists and mappings) with the tokens replaced."""
        if isinstance(content, str):
            for token, value in self.tokens.items():
                content = content.replace(token, value)
            return content
        if isinstance(content, Mapping):
            return {key: self.fill(value) for key, value in content.items()}
        if isinstance(content, list):
            return [self.fill(value) for value in content]
        return content

    @property
    def front_matter(self) -> dict[str, Any]:
        """The template's front matter, filled in."""
        filled: dict[str, Any] = self.fill(self.template.front_matter)
        return filled

    @property
    def body(self) -> str:
        """The template's text, filled in."""
        filled: str = self.fill(self.template.body)
        return filled

    @property
    def name(self) -> str:
        """Name in the navigation."""
        return str(self.front_matter.get("nav", self.front_matter.get("title", self.slug)))


def read_templates(pages: Path, languages: Sequence[str]) -> dict[str, list[Template]]:
    """The page templates of each language in reading order.

    Raises ``InputError`` when a language has no pages, or not the same pages as the first one: the language switch must
    be able to stay on the page.
    """
    templates = {language: _templates_of(pages / language, language) for language in languages}
    first = {template.slug for template in templates[languages[0]]}
    for language in languages:
        slugs = {template.slug for template in templates[language]}
        if "index" not in slugs:
            raise InputError(f"{pages / language}: there is no index.qmd")
        if slugs != first:
            other = ", ".join(sorted(slugs ^ first))
            raise InputError(f"{pages}: pages in {languages[0]} and {language} differ: {other}")
    return templates


def _templates_of(folder: Path, language: str) -> list[Template]:
    found = []
    for path in sorted(folder.glob("*.qmd")):
        front_matter, body = split_front_matter(path.read_text(encoding="utf-8"), PurePosixPath(path))
        if front_matter.get("lang", language) != language:
            raise InputError(f"{path}: lang is {front_matter['lang']} in the folder of {language}")
        if not front_matter.get("title"):
            raise InputError(f"{path}: the front matter has no title")
        if front_matter.get("group", GROUPS[0]) not in GROUPS:
            raise InputError(f"{path}: group is {front_matter['group']}, expected one of {', '.join(GROUPS)}")
        found.append(Template(language, path.stem, front_matter, body))
    return sorted(found, key=lambda template: template.order)


def sheets_of(templates: Sequence[Template], pool: str, entry: PoolEntry) -> list[Sheet]:
    """The pages of ``pool`` in the language of ``templates``, in reading order.

    A template with ``each`` becomes a page for every thing of that kind in ``entry``, none where there is none. Raises
    ``InputError`` when two pages would have the same name.
    """
    sheets = []
    for template in templates:
        if template.each is None:
            sheets.append(Sheet(template, template.slug, {_POOL: pool}))
            continue
        for one in entry.each.get(template.each, []):
            tokens = {_POOL: pool, _EACH: one.slug, _NAME: one.name[template.language]}
            sheets.append(Sheet(template, one.slug, tokens))
    slugs = [sheet.slug for sheet in sheets]
    for slug in sorted({slug for slug in slugs if slugs.count(slug) > 1}):
        raise InputError(f"site.yml: pools.{pool}: two pages would be called {slug}.html; give one another slug")
    return sheets
