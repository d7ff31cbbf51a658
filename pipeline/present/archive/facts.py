"""What is known of one pool's published figures as a data set, gathered once for every form it is told in.

Nothing here is invented: what a study does not declare is absent, and no identifier is made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.declare import Study, in_language, read_yaml
from pipeline.present.bundle import Bundle
from pipeline.present.context import Context
from pipeline.provenance import SHORT, Provenance

Texts = Mapping[str, str]
"""A text by language."""
_CITATION = "CITATION.cff"


@dataclass(frozen=True)
class Facts:
    """One pool's published figures as a data set. Empty texts and None: not known, or not declared."""

    study: Study
    bundle: Bundle
    languages: tuple[str, ...]
    titles: Texts
    """The study's title with the pool's name; of simulated data it says so."""
    abstracts: Texts
    limits: Texts
    """What the gate does to the figures."""
    creators: tuple[str, ...]
    """Organisations, and persons as ``family name, given names``."""
    persons: frozenset[str]
    """Which of the creators are persons."""
    keywords: tuple[str, ...]
    provenance: Provenance

    @property
    def year(self) -> str | None:
        """The year of the commit that made them."""
        return self.provenance.date[:4] or None

    @property
    def version(self) -> str:
        """Version of the package and the commit: ``0.1.0+3f9a2c1``."""
        commit = self.provenance.commit
        parts = [self.provenance.version, commit[:SHORT] if commit else ""]
        return "+".join(part for part in parts if part)

    @property
    def local_name(self) -> str:
        """What the study itself calls these figures."""
        return f"{self.study.declaration.name}/{self.bundle.pool}"

    @property
    def period(self) -> tuple[str, str] | None:
        """First and last day of fieldwork; None when no wave is left, or a day is not known."""
        waves = self.bundle.tables["waves"]
        if waves.empty or (waves["start"] == "").any() or (waves["end"] == "").any():
            return None
        return str(waves["start"].min()), str(waves["end"].max())

    def declared(self, name: str) -> Texts:
        """A note for archives (``rights``, ``audience``, ``coverage``, ``sampling``) by language; empty where none."""
        text = getattr(self.study.declaration.archive, name)
        return {language: in_language(text, language) for language in self.languages} if text else {}

    def first(self, texts: Texts) -> str:
        """A text in the first language of the report; empty when there is none."""
        return texts.get(self.languages[0], "")


def facts_of(study: Study, bundle: Bundle) -> Facts:
    """Everything known of a pool's published figures."""
    contexts = {language: Context(study, bundle, language) for language in study.declaration.languages}
    citation = _citation(study)
    return Facts(
        study=study,
        bundle=bundle,
        languages=tuple(contexts),
        titles={language: title(context) for language, context in contexts.items()},
        abstracts={language: _abstract(context) for language, context in contexts.items()},
        limits={language: _limits(context) for language, context in contexts.items()},
        creators=tuple(_name(author) for author in citation.get("authors", [])),
        persons=frozenset(_name(author) for author in citation.get("authors", []) if "name" not in author),
        keywords=tuple(str(keyword) for keyword in citation.get("keywords", [])),
        provenance=next(iter(contexts.values())).provenance,
    )


def title(context: Context) -> str:
    """The study's title, which pool, and whether it is simulated."""
    declared = context.study.declaration.pools.get(context.bundle.pool)
    pool = context.text(declared.name) if declared else context.bundle.pool
    said = context.say("cite simulated") if context.bundle.simulated else ""
    return f"{context.text(context.study.declaration.title)} – {pool}" + (f" ({said})" if said else "")


def _abstract(context: Context) -> str:
    declaration = context.study.declaration
    declared = declaration.pools.get(context.bundle.pool)
    pieces = [
        context.say("archive simulated") if context.bundle.simulated else "",
        context.text(declaration.subtitle) if declaration.subtitle else "",
        context.text(declared.description) if declared and declared.description else "",
        context.say("archive abstract", people=context.people, units=context.units),
    ]
    return " ".join(piece.strip() for piece in pieces if piece)


def _limits(context: Context) -> str:
    about = context.bundle.about
    group = context.numbers.count(float(about["minimum_group"]))
    return context.say("archive limits", group=group, cell=about["minimum_cell"])


def _citation(study: Study) -> Mapping[str, Any]:
    return _read_citation((study.root / study.params.code / _CITATION).resolve())


@cache
def _read_citation(path: Path) -> Mapping[str, Any]:
    """``CITATION.cff`` of the code; empty when there is none."""
    content: Mapping[str, Any] = read_yaml(path) if path.is_file() else {}
    return content


def _name(author: Mapping[str, Any]) -> str:
    """An author of ``CITATION.cff``: an organisation, or a person as family name and given names."""
    if "name" in author:
        return str(author["name"])
    return ", ".join(str(author[key]) for key in ("family-names", "given-names") if key in author)
