"""Stamps the report's page templates into a Quarto project: one page per pool, language and template.

Everything a page needs to know of the others (navigation, language switch, banner, footer) goes into its front matter
as ``report``; ``reports/theme/page.html`` writes it out, under Quarto as under the embedded renderer.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ruamel.yaml import YAML

from pipeline.artefacts import write_text
from pipeline.errors import InputError
from pipeline.render.declaration import SiteDeclaration
from pipeline.render.project import split_front_matter
from pipeline.render.words import words

POOL_TOKEN = "@POOL@"  # noqa: S105 - what pages write where the pool's name goes


@dataclass(frozen=True)
class Template:
    """A page as ``reports/pages/<lang>/<slug>.qmd`` has it."""

    language: str
    slug: str
    front_matter: Mapping[str, Any]
    body: str

    @property
    def order(self) -> tuple[float, str]:
        """Place in the navigation; the front page comes first when nothing is said."""
        return float(self.front_matter.get("order", 0 if self.slug == "index" else 1000)), self.slug

    @property
    def name(self) -> str:
        """Name in the navigation."""
        return str(self.front_matter.get("nav", self.front_matter.get("title", self.slug)))


def read_templates(pages: Path, languages: Sequence[str]) -> dict[str, list[Template]]:
    """The page templates of each language in the order of the navigation.

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
        found.append(Template(language, path.stem, front_matter, body))
    return sorted(found, key=lambda template: template.order)


def stamp(*, reports: Path, parts: Path, project: Path, site: SiteDeclaration, pools: Sequence[str]) -> None:
    """Make the Quarto project in ``project`` anew from ``reports`` (templates, theme, settings) and ``parts``."""
    shutil.rmtree(project, ignore_errors=True)
    project.mkdir(parents=True)
    templates = read_templates(reports / "pages", site.languages)
    shutil.copytree(reports / "theme", project / "theme")
    shutil.copyfile(reports / "references.bib", project / "references.bib")
    _copy_parts(parts, project, pools)
    write_text(project / "_quarto.yml", _settings(reports / "_quarto.yml", site, templates))
    for pool in pools:
        for language in site.languages:
            for template in templates[language]:
                page = _stamped(template, templates, site, pools, pool)
                write_text(project / language / pool / f"{template.slug}.qmd", page)
    write_text(project / "index.qmd", _first_page(templates, site, pools))


def _copy_parts(parts: Path, project: Path, pools: Sequence[str]) -> None:
    """Parts for including go to ``_parts``, files for publishing to ``files``, variables to their place."""
    for pool in pools:
        for source, target in ((parts / pool, "_parts"), (parts / "files" / pool, "files")):
            if source.is_dir():
                shutil.copytree(source, project / target / pool)
    if (parts / "_variables.yml").exists():
        shutil.copyfile(parts / "_variables.yml", project / "_variables.yml")


def _settings(path: Path, site: SiteDeclaration, templates: Mapping[str, Sequence[Template]]) -> str:
    """The project's ``_quarto.yml``: that of ``reports/`` with the site's title."""
    try:
        settings = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: file not found; it holds the settings of the report") from None
    settings["website"] = {**settings.get("website", {}), "title": site.title[next(iter(templates))]}
    return _yaml(settings)


def _stamped(
    template: Template,
    templates: Mapping[str, Sequence[Template]],
    site: SiteDeclaration,
    pools: Sequence[str],
    pool: str,
) -> str:
    """The text of one page: its template for ``pool``, with what the theme must know in the front matter."""
    title, site_title = str(template.front_matter["title"]), site.title[template.language]
    front_matter = {
        **template.front_matter,
        "lang": template.language,
        "window-title": title if title == site_title else f"{title} – {site_title}",
        "report": _around(template.language, site, pool)
        | _page_menu(template, templates[template.language])
        | _switches(template, site, pools, pool),
    }
    return f"---\n{_yaml(front_matter)}---\n{template.body}".replace(POOL_TOKEN, pool)


def _around(language: str, site: SiteDeclaration, pool: str) -> dict[str, Any]:
    """What stands around every page of a pool in a language."""
    entry = site.pools[pool]
    return {
        "words": _theme_words(language),
        "root": "../../",
        "home": "../../index.html",
        "site": site.title[language],
        "banner": site.text(entry.banner, language),
        "footer": site.text(entry.footer, language),
    }


def _theme_words(language: str) -> dict[str, str]:
    """The words `page.html` writes."""
    return {name: words(language)[name] for name in ("skip", "menu", "language", "pool", "contents", "next")}


def _page_menu(template: Template, pages: Sequence[Template]) -> dict[str, Any]:
    """Links to the pages of the same pool and language, and to the one that follows."""
    menu = [_entry(f"{one.slug}.html", one.name, one.slug == template.slug) for one in pages]
    following = menu[pages.index(template) + 1 :]
    return {"pages": menu, "next": following[0] if following else None}


def _switches(template: Template, site: SiteDeclaration, pools: Sequence[str], pool: str) -> dict[str, Any]:
    """Links to the same page in the other languages, and (where there are several) in every pool."""
    language, slug = template.language, template.slug
    languages = [
        {"code": other, **_entry(f"../../{other}/{pool}/{slug}.html", words(other)["language_name"])}
        for other in site.languages
        if other != language
    ]
    names = [_entry(f"../{other}/{slug}.html", site.pools[other].name[language], other == pool) for other in pools]
    return {"languages": languages, "pools": names if len(pools) > 1 else []}


def _entry(href: str, text: str, current: bool = False) -> dict[str, Any]:
    return {"href": href, "text": text, "current": current}


def _first_page(templates: Mapping[str, Sequence[Template]], site: SiteDeclaration, pools: Sequence[str]) -> str:
    """The page at the root: every language and every pool; each language's part is marked as such."""
    first = next(iter(templates))
    front_matter = {
        "title": site.title[first],
        "lang": first,
        "toc": False,
        "window-title": site.title[first],
        "report": {"words": _theme_words(first), "root": "./"},
    }
    parts = [f"---\n{_yaml(front_matter)}---\n", "::::: {.choices}\n"]
    for language in site.languages:
        parts.append(f":::: {{.choice lang={language}}}\n")
        parts.append(f"## {words(language)['language_name']} {{#{language} .unnumbered}}\n")
        parts.append(_paragraph("lead", site.text(site.description, language)))
        for pool in pools:
            entry = site.pools[pool]
            parts.append(
                f"### [{entry.name[language]}]({language}/{pool}/index.qmd) {{#{language}-{pool} .unnumbered}}\n"
            )
            parts.append(_paragraph("simulated-note", site.text(entry.banner, language) if entry.simulated else ""))
            parts.append(_paragraph("", site.text(entry.description, language)))
        parts.append("::::\n")
    parts.append(":::::\n")
    return "\n".join(part for part in parts if part)


def _paragraph(css_class: str, text: str) -> str:
    """A paragraph, in a div of a class when there is one; empty for an empty text."""
    if not text:
        return ""
    return f"::: {{.{css_class}}}\n{text}\n:::\n" if css_class else f"{text}\n"


def _yaml(content: Any) -> str:
    stream = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.width = 10_000
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # keep the order things were said in
    yaml.dump(content, stream)
    return stream.getvalue()
