"""Which projects and corporations have a page of their own, and what it is called."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from pipeline.declare import Study
from pipeline.present.bundle import Bundle
from pipeline.present.markup.markdown import plain
from pipeline.present.pages.units.results import Unit

PROJECT, CORPORATION = "project", "corporation"


def units_of(bundle: Bundle) -> list[Unit]:
    """Every project of the pool in the order of the registry, then every corporation by name."""
    table = bundle.tables["projects"]
    found = [
        Unit(PROJECT, str(project), str(name) or str(project), f"{PROJECT}-{project}", (str(project),))
        for project, name in zip(table["project"], table["name"], strict=True)
    ]
    taken: set[str] = set()
    for corporation in sorted({str(name) for name in table["corporation"]} - {""}):
        slug = _free(f"{CORPORATION}-{ascii_slug(corporation)}".rstrip("-"), taken)
        taken.add(slug)
        projects = tuple(str(project) for project in table.loc[table["corporation"] == corporation, "project"])
        found.append(Unit(CORPORATION, corporation, corporation, slug, projects))
    return found


def units_of_kind(bundle: Bundle, kind: str) -> list[Unit]:
    """Those of ``units_of`` that are projects, or corporations."""
    return [unit for unit in units_of(bundle) if unit.kind == kind]


def each_entries(study: Study, bundle: Bundle) -> dict[str, list[dict[str, Any]]]:
    """``site.yml: pools.<pool>.each``: slug and name of every page by kind; kinds without any are left out.

    Names are Markdown, as every title of a page: what could be taken for markup is escaped.
    """
    languages = study.declaration.languages
    entries: dict[str, list[dict[str, Any]]] = {}
    for unit in units_of(bundle):
        name: Mapping[str, str] = dict.fromkeys(languages, plain(unit.name))
        entries.setdefault(unit.kind, []).append({"slug": unit.slug, "name": dict(name)})
    return entries


def ascii_slug(text: str) -> str:
    """``text`` in lower-case letters without accents, figures and single hyphens; empty where nothing is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def _free(slug: str, taken: set[str]) -> str:
    """``slug``, or with the first number from 2 on that is not taken."""
    number = 1
    name = slug
    while name in taken:
        number += 1
        name = f"{slug}-{number}"
    return name
