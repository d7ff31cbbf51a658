"""The block at the end of every page: what its figures are made from, and how to make it again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from html import escape
from typing import Any

from pipeline.artefacts import yaml_text
from pipeline.present.context import Context
from pipeline.present.markup.markdown import fenced, html, plain
from pipeline.present.markup.sourced import DATA_PAGE, stage_link, stage_of, table_link, tables_of_part, upstream
from pipeline.present.parts import Parts
from pipeline.provenance import Provenance

_INCLUDE = re.compile(r"\{\{<\s*include\s+\S*?@POOL@/\w+/(\S+?)\.md\s*>\}\}")
_AFTER = ("disclose", "present", "render")
# a part of a page that there is one of for every project, say
_EACH = "@EACH@"


def reproduce_parts(context: Context, parts: Parts) -> Parts:
    """``reproduce-<page>`` for every page template of the study in this language."""
    made = Parts()
    for path in sorted((context.study.root / "reports" / "pages" / context.language).glob("*.qmd")):
        tables = _tables_of_page(path.read_text(encoding="utf-8"), parts.texts)
        made.texts[f"reproduce-{path.stem}"] = reproduce(context, tables)
    return made


def _tables_of_page(template: str, texts: Mapping[str, str]) -> list[str]:
    """The published tables behind the parts that a page includes."""
    names: list[str] = []
    for part in _INCLUDE.findall(template):
        pattern = part.replace(_EACH, "*")
        names += [name for name in texts if fnmatchcase(name, pattern) and (_EACH in part) == ("/" in name)]
    return list(dict.fromkeys(table for name in names for table in tables_of_part(name, texts[name])))


def reproduce(context: Context, tables: Sequence[str]) -> str:
    """A block that opens at a click, without a script."""
    stages = list(dict.fromkeys(map(stage_of, tables)))
    title = escape(context.say("reproduce title"), quote=False)
    pieces = [
        html(f'<details class="reproduce site-only">\n<summary>{title}</summary>'),
        *_made_of(context, tables, stages),
        *_commands(context, stages),
        *_settings(context, stages),
        *_waves(context),
        context.say("reproduce more", page=DATA_PAGE) + "\n" if context.provenance.stages else "",
        html("</details>"),
    ]
    return "\n".join(piece for piece in pieces if piece)


def _made_of(context: Context, tables: Sequence[str], stages: Sequence[str]) -> list[str]:
    """Tables by stage, and the stages before and after."""
    if not tables:
        return [plain(context.say("reproduce none")) + "\n"]
    lines = [
        f"- {stage_link(context, stage)}: {', '.join(table_link(context, t) for t in tables if stage_of(t) == stage)}"
        for stage in stages
    ]
    pieces = [plain(context.say("reproduce tables")) + "\n", "\n".join(lines) + "\n"]
    before = [name for name in upstream(context.provenance, stages) if name not in _AFTER]
    if before:
        said = context.say(
            "reproduce upstream",
            stages=context.listed([_linked(name) for name in before]),
            after=context.listed([_linked(name) for name in _AFTER if name not in stages]),
        )
        pieces.append(said + "\n")
    return pieces


def _linked(stage: str) -> str:
    return f"[{plain(stage)}]({DATA_PAGE}#made-{stage})"


def _commands(context: Context, stages: Sequence[str]) -> list[str]:
    """What to type. Where the commit is not known, or was changed, that is said first."""
    provenance = context.provenance
    commands = [f"git checkout {provenance.commit}"] if provenance.commit else []
    pieces = [plain(context.say("reproduce commands")) + "\n", fenced("\n".join([*commands, "make report"]), "bash")]
    if said := commit_not_known(context, provenance):
        pieces.insert(0, plain(said) + "\n")
    alone = [f"dvc repro {_target(context, provenance, name)}" for name in stages if provenance.stage(name)]
    if alone:
        pieces += [plain(context.say("reproduce one")) + "\n", fenced("\n".join(alone), "bash")]
    return pieces


def _target(context: Context, provenance: Provenance, name: str) -> str:
    """What DVC calls the stage for this pool; all of it where it is not run for a pool alone."""
    record = provenance.stage(name)
    return f"{name}@{context.bundle.pool}" if record is not None and record.each == ("pool",) else name


def commit_not_known(context: Context, provenance: Provenance) -> str:
    """Why the commit that is named, or that none is, does not tell all; empty where it does."""
    if provenance.commit is None:
        # a repository in which none of it was ever committed tells as little as none
        return context.say(f"history {'none' if provenance.history == 'known' else provenance.history}")
    return context.say("history changed") if provenance.changed else ""


def _settings(context: Context, stages: Sequence[str]) -> list[str]:
    """The parameters of the stages that made the figures, as ``params.yaml`` has them."""
    params: dict[str, Any] = {}
    for name in stages:
        record = context.provenance.stage(name)
        params |= record.params if record else {}
    inner = {key: value for key, value in params.items() if not any(key.startswith(f"{other}.") for other in params)}
    if not inner:
        return []
    return [
        context.say("reproduce params") + "\n",
        fenced(yaml_text(dict(sorted(inner.items())), width=72, short=True), "yaml"),
    ]


def _waves(context: Context) -> list[str]:
    """The checksum of what was received in every wave."""
    table = context.bundle.tables["waves"]
    lines = [f"- {plain(str(row['wave']))}: `{row['sha256']}`" for _, row in table.iterrows() if row["sha256"]]
    return [plain(context.say("reproduce waves")) + "\n", "\n".join(lines) + "\n"] if lines else []
