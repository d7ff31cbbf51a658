"""``build/report-parts/site.yml``: what the present stage says about the whole report (shape: reports/README.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from pipeline.declare import Text, read_declaration
from pipeline.declare.base import Declaration, Name
from pipeline.errors import InputError


class EachEntry(Declaration):
    """A page that a template with ``each: <kind>`` is stamped into: ``<slug>.html``, and its name in menus."""

    slug: Name
    name: Text


class PoolEntry(Declaration):
    """How one pool is shown: its name in menus, and the lines that stand above and below every page.

    ``banner`` is required of simulated data: nobody may take them for residents.
    """

    name: Text
    description: Text | None = None
    simulated: bool
    banner: Text | None = None
    footer: Text
    each: dict[Name, list[EachEntry]] = Field(default_factory=dict)
    """What pages are stamped for, by kind (``project``, ``corporation``)."""

    @model_validator(mode="after")
    def _simulated_says_so(self) -> Self:
        if self.simulated and self.banner is None:
            raise ValueError("a simulated pool needs a `banner`")
        return self


class SiteDeclaration(Declaration):
    """The whole of ``site.yml``."""

    languages: list[str] = Field(min_length=1)
    title: Text
    description: Text | None = None
    pools: dict[Name, PoolEntry] = Field(default_factory=dict)
    """Empty when no wave takes part."""

    def text(self, text: Text | None, language: str) -> str:
        """``text`` in ``language``; empty when there is none."""
        return (text or {}).get(language, "")


def read_site(path: Path, pools: list[str]) -> SiteDeclaration:
    """Read ``site.yml``; raises ``InputError`` when a pool or a text in one of its languages is missing."""
    site = read_declaration(path, SiteDeclaration)
    problems = [f"pool {pool} of params.yaml is missing" for pool in pools if pool not in site.pools]
    texts: dict[str, Text | None] = {"title": site.title, "description": site.description}
    for name, pool in site.pools.items():
        for key in ("name", "description", "banner", "footer"):
            texts[f"pools.{name}.{key}"] = getattr(pool, key)
        for kind, entries in pool.each.items():
            texts |= {f"pools.{name}.each.{kind}.{one.slug}.name": one.name for one in entries}
    problems += [
        f"{key}: no text in language {language}"
        for key, text in texts.items()
        if text is not None
        for language in site.languages
        if not text.get(language)
    ]
    if problems:
        raise InputError("\n".join(f"{path}: {problem}" for problem in problems))
    return site
