"""Under every numbered figure and table: the published tables it is made from, and what made those.

Which tables: ``sources.yaml``, by identifier. Which stage and commit: ``build/provenance.json``. One place does it for
all, after every part is made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

from pipeline.present.context import Context
from pipeline.present.markup.markdown import plain
from pipeline.present.parts import Parts
from pipeline.provenance import SHORT, Provenance
from pipeline.published import published_contracts

_OPENS = re.compile(r"^:::+ *\{#((?:fig|tbl)-[^\s}]+)[^}]*\} *$")
_FENCE = re.compile(r"^:::+")
# tables that are no stage's own file below build/: made at the gate, from what passed it
_MAKERS = {"derived": "disclose"}
DATA_PAGE = "data.qmd"


class UnknownSourceError(ValueError):
    """A figure or table of which ``sources.yaml`` does not say what it is made from."""


@cache
def _declared(kind: str) -> dict[str, list[str] | str]:
    content: dict[str, dict[str, list[str] | str]] = YAML(typ="safe").load(Path(__file__).with_name("sources.yaml"))
    return content[kind]


def _found(kind: str, name: str) -> list[str] | str | None:
    """What is declared for ``name``: by its own line, else by the longest pattern that fits."""
    declared = _declared(kind)
    fitting = [pattern for pattern in declared if fnmatchcase(name, pattern)]
    return declared[max(fitting, key=lambda pattern: (pattern == name, len(pattern)))] if fitting else None


def tables_of(identifier: str) -> list[str] | str:
    """Published tables behind a numbered figure or table; a text: the declarations that it shows.

    Raises ``UnknownSourceError`` when ``sources.yaml`` has no line for it.
    """
    found = _found("identifiers", identifier)
    if found is None:
        raise UnknownSourceError(
            f"{identifier}: pipeline/present/markup/sources.yaml has no line for it; "
            "add the published tables it is made from"
        )
    return found


def tables_of_part(name: str, text: str) -> list[str]:
    """Published tables behind a part: those of the figures and tables in it, and of its own sentences."""
    names: list[str] = []
    own = _found("parts", name.rsplit("/", 1)[-1])
    for tables in [own, *(tables_of(identifier) for identifier in identifiers(text))]:
        names += tables if isinstance(tables, list) else []
    return list(dict.fromkeys(names))


def identifiers(text: str) -> list[str]:
    """The numbered figures and tables of a part, in order."""
    return [match[1] for line in text.split("\n") if (match := _OPENS.match(line))]


def stage_of(table: str) -> str:
    """The stage that computed a published table."""
    folder = published_contracts()[table].path.split("/")[0]
    return _MAKERS.get(folder, folder)


def add_sources(context: Context, parts: Parts) -> None:
    """Put the line below every numbered figure and table, in place."""
    for name, text in parts.texts.items():
        if identifiers(text):
            parts.texts[name] = "\n".join(_with_lines(context, text.split("\n")))


def _with_lines(context: Context, lines: Sequence[str]) -> Iterator[str]:
    """``lines`` with one more block after each numbered block ends."""
    waiting: list[str] = []  # of every open block its identifier, or nothing
    for line in lines:
        yield line
        if match := _OPENS.match(line):
            waiting.append(match[1])
        elif _FENCE.match(line):
            if line.strip(": "):
                waiting.append("")
            elif waiting and (identifier := waiting.pop()):
                yield from ("", *made_line(context, identifier).split("\n"))


def made_line(context: Context, identifier: str) -> str:
    """The block below a figure or table: ``Figures (CSV): trait_contrasts · stage compare, 3f9a2c1``."""
    found = tables_of(identifier)
    if isinstance(found, str):
        said = f"{context.say('made declared')} {plain(found)} · {stage_link(context, 'present')}"
    else:
        stages = dict.fromkeys(map(stage_of, found))
        tables = ", ".join(table_link(context, table) for table in found)
        said = " · ".join([f"{context.say('made figures')} {tables}", *(stage_link(context, s) for s in stages)])
    return f"::: {{.made}}\n{said}\n:::\n"


def table_link(context: Context, table: str) -> str:
    """A link to the file of a published table."""
    return f"[{plain(table)}](../../files/{context.bundle.pool}/{table}.csv)"


def stage_link(context: Context, name: str) -> str:
    """A stage and its commit, with a link to what the page on data says of it."""
    record = context.provenance.stage(name)
    commit = "" if record is None else commit_in_words(context, record.commit, changed=record.changed)
    said = context.say("made stage", stage=name) + (f", {commit}" if commit else "")
    return plain(said) if record is None else f"[{plain(said)}]({DATA_PAGE}#made-{name})"


def commit_in_words(context: Context, commit: str | None, *, changed: bool) -> str:
    """A commit, short, and whether what was run is not what it holds; empty when it is not known."""
    if commit is None:
        return ""
    return commit[:SHORT] + (f" {context.say('made changed')}" if changed else "")


def upstream(provenance: Provenance, names: Sequence[str]) -> list[str]:
    """The stages that those called ``names`` rest on, themselves not among them, in the order of the pipeline."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        record = provenance.stage(waiting.pop())
        for source in record.inputs if record else ():
            for stage in provenance.stages:
                if stage.name not in found and any(_within(source, output) for output in stage.outputs):
                    found.add(stage.name)
                    waiting.append(stage.name)
    return [stage.name for stage in provenance.stages if stage.name in found - set(names)]


def _within(one: str, other: str) -> bool:
    """Whether one of two paths is the other, or holds it."""
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")
