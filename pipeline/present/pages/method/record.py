"""Parts of the page on data: what every stage is made of, what every table holds, how to cite, what archives get."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import escape
from typing import Any

from pipeline.artefacts import TableContract, yaml_text
from pipeline.declare import Study
from pipeline.present.archive.csvw import csvw
from pipeline.present.archive.datacite import datacite
from pipeline.present.archive.ddi import codebook
from pipeline.present.archive.facts import Facts, facts_of
from pipeline.present.archive.schema_org import dataset, in_page
from pipeline.present.bundle import Bundle
from pipeline.present.context import Context
from pipeline.present.markup.markdown import Column, fenced, floating, html, plain, table
from pipeline.present.markup.sourced import stage_of, table_link
from pipeline.present.pages.method.citation import bibtex, citation_part, ris
from pipeline.present.pages.method.reproduce import commit_not_known
from pipeline.present.parts import Parts
from pipeline.present.words.numbers import date_in_words
from pipeline.provenance import StageRecord
from pipeline.published import MARK, published_contracts

_STANDARDS = {
    "datacite": ("datacite.json", "DataCite 4.5"),
    "jsonld": ("dataset.jsonld", "schema.org, JSON-LD"),
    "ddi": ("ddi-codebook.xml", "DDI-Codebook 2.5"),
    "csvw": ("csv-metadata.json", "CSV on the Web"),
}
"""Records for archives and programs: their file and the standard they follow."""


def record_parts(context: Context) -> Parts:
    """``made-stages``, ``table-downloads``, ``table-columns``, ``citation``, ``archive``, ``dataset``; files of the
    citation."""
    facts = facts_of(context.study, context.bundle)
    parts = Parts()
    parts.texts["made-stages"] = made_stages(context)
    parts.texts["table-downloads"] = downloads_table(context)
    parts.texts["table-columns"] = columns_of_tables(context)
    parts.texts["citation"] = citation_part(context, facts) + "\n"
    parts.texts["archive"] = archive(context, facts)
    folder = f"../../files/{context.bundle.pool}/"
    parts.texts["dataset"] = html(in_page(dataset(facts, context.language, folder)))
    parts.files["citation.bib"] = bibtex(context, facts)
    parts.files["citation.ris"] = ris(context, facts)
    return parts


def pool_files(study: Study, bundle: Bundle) -> dict[str, str]:
    """Files of a pool that are one for all languages, by name: the records for archives and programs."""
    facts = facts_of(study, bundle)
    contents: Mapping[str, dict[str, Any]] = {
        "datacite": datacite(facts),
        "jsonld": dataset(facts, facts.languages[0], ""),
        "csvw": csvw(facts),
    }
    files = {_STANDARDS[kind][0]: _json(content) for kind, content in contents.items()}
    return files | {_STANDARDS["ddi"][0]: codebook(facts)}


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False) + "\n"


# --- stages


def made_stages(context: Context) -> str:
    """The whole first, then a section per stage that others can link to (``#made-<stage>``)."""
    provenance = context.provenance
    pieces = []
    if provenance.stages:
        version = context.say("made version", version=provenance.version) if provenance.version else ""
        commit = f"`{provenance.commit}`" if provenance.commit else context.say("made commit unknown")
        pieces.append(
            context.say(
                "made whole", commit=commit, version=version, python=plain(provenance.python), lock=provenance.lock
            )
        )
    if said := commit_not_known(context, provenance):
        pieces.append(plain(said))
    if not provenance.stages:
        pieces.append(plain(context.say("made no stages")))
    pieces += [_stage(context, stage) for stage in provenance.stages]
    if provenance.libraries:
        pieces.append(_libraries(context))
    return "\n\n".join(pieces) + "\n"


def _stage(context: Context, stage: StageRecord) -> str:
    """One stage: what it does, command and commit; the rest opens at a click."""
    said = [context.say(f"made what {stage.name}")] if context.knows(f"made what {stage.name}") else []
    each = [context.say(f"each {one}") if context.knows(f"each {one}") else f"`@{one.upper()}@`" for one in stage.each]
    per = f" ({', '.join(each)})" if each else ""
    commit = f"`{stage.commit[:12]}`" if stage.commit else context.say("made commit unknown")
    commit += f" {context.say('made changed')}" if stage.changed else ""
    summary = escape(context.say("made details", stage=stage.name), quote=False)
    lines = [
        f"### {stage.name} {{#made-{stage.name} .unnumbered .unlisted}}",
        " ".join(said),
        html(f'<details class="reproduce">\n<summary>{summary}</summary>'),
        f"{context.say('made command')}: `{stage.command}`{per}\\\n{context.say('made commit')}: {commit}",
    ]
    if tables := _published_by(stage.name):
        links = ", ".join(table_link(context, name) for name in tables)
        lines.append(f"{context.say('made published')}: {links}")
    if stage.params:
        settings = fenced(yaml_text(dict(stage.params), width=72, short=True), "yaml")
        lines.append(f"::: {{.site-only}}\n{context.say('made params')}:\n\n{settings}\n:::")
    for kind in ("code", "declarations", "inputs", "outputs"):
        if paths := getattr(stage, kind):
            lines.append(f"{context.say(f'made {kind}')}: {', '.join(f'`{path}`' for path in paths)}")
    lines.append(html("</details>"))
    return "\n\n".join(line for line in lines if line)


def _published_by(stage: str) -> list[str]:
    """The published tables that a stage makes."""
    return [name for name in published_contracts() if stage_of(name) == stage]


def _libraries(context: Context) -> str:
    columns = [Column(context.say("head library"), figures=False), Column(context.say("head version"), figures=False)]
    rows = [[name, version] for name, version in context.provenance.libraries.items()]
    summary = escape(context.say("made libraries"), quote=False)
    return "\n\n".join(
        [html(f'<details class="reproduce">\n<summary>{summary}</summary>'), table(columns, rows), html("</details>")]
    )


# --- tables


def downloads_table(context: Context) -> str:
    """``tbl-downloads``: every published table as CSV with what a row is; the tables of a stage, in the order of the
    pipeline, open at a click."""
    order = [stage.name for stage in context.provenance.stages]
    found = dict.fromkeys(stage_of(name) for name in published_contracts())
    stages = sorted(found, key=lambda stage: order.index(stage) if stage in order else len(order))
    pieces = [_downloads_of(context, stage, _published_by(stage)) for stage in stages]
    return floating("tbl-downloads", html("\n".join(pieces)), plain(context.say("caption downloads")))


def _downloads_of(context: Context, stage: str, names: list[str]) -> str:
    folder = f"../../files/{context.bundle.pool}"
    key = f"made what {stage}"
    what = context.say(key) if context.knows(key) else ""
    title = context.say("downloads of one" if len(names) == 1 else "downloads of", stage=stage, n=len(names))
    said = f"<summary><strong>{escape(title, quote=False)}</strong> {escape(what, quote=False)}</summary>"
    head = (
        f'<th scope="col">{context.say("downloads head")}</th>'
        f'<th scope="col" class="num">{context.say("head rows")}</th>'
    )
    contracts = published_contracts()
    body = "\n".join(
        f'<tr><th scope="row"><a href="{folder}/{name}.csv">{name}.csv</a><br>'
        f'<span class="quiet" lang="en">{_in_code(contracts[name].grain)}</span></th>'
        f'<td class="num">{context.numbers.count(len(context.bundle.tables[name]))}</td></tr>'
        for name in names
    )
    # Quarto would take the table apart and lose the scopes
    opened = '<table class="downloads" data-quarto-disable-processing="true">'
    return (
        f'<details class="downloads">{said}\n{opened}<thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>\n'
        "</details>"
    )


def _in_code(text: str) -> str:
    """``text`` as HTML, with what stands between backticks as code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text, quote=False))


def columns_of_tables(context: Context) -> str:
    """Every published table: what a row is, what its columns hold, what its values mean."""
    intro = context.say("codebook intro", file=f"../../files/{context.bundle.pool}/{_STANDARDS['csvw'][0]}")
    summary = escape(context.say("codebook all"), quote=False)
    tables = [_described(context, contract) for contract in published_contracts().values()]
    opened = html(f'<details class="reproduce site-only">\n<summary>{summary}</summary>')
    return "\n\n".join([opened, intro, *tables, html("</details>")]) + "\n"


def _described(context: Context, contract: TableContract) -> str:
    rows = context.numbers.count(len(context.bundle.tables[contract.name]))
    summary = escape(context.say("codebook title", table=contract.name, rows=rows), quote=False)
    said = [f'<p lang="en">{_in_code(contract.grain[:1].upper() + contract.grain[1:])}.</p>', "<ul>"]
    roles: dict[str, list[str]] = {}
    for name, role in [*contract.columns.items(), (MARK, "suppressed")]:
        roles.setdefault(role, []).append(name)
    for role, names in roles.items():
        listed = ", ".join(f"<code>{name}</code>" for name in names)
        said.append(f"<li>{escape(context.say(f'role {role}'), quote=False).replace('`', '')}: {listed}</li>")
    said.append("</ul>")
    if contract.notes:
        said.append(f'<p lang="en" class="note">{_in_code(" ".join(contract.notes.split()))}</p>')
    body = "".join(said)
    return html(f'<details class="reproduce"><summary>{summary}</summary>\n{body}\n</details>')


# --- archives


def archive(context: Context, facts: Facts) -> str:
    """The records, and what an archive asks for with what there is."""
    folder = f"../../files/{context.bundle.pool}"
    records = [
        f"- [{name}]({folder}/{name}): {context.say(f'archive {kind}', standard=standard)}"
        for kind, (name, standard) in _STANDARDS.items()
    ]
    columns = [Column(context.say("head asked"), figures=False), Column(context.say("head there"), figures=False)]
    rows = [[context.say(f"need {need}"), said] for need, said in _needs(context, facts)]
    return "\n\n".join(
        [context.say("archive intro"), "\n".join(records), context.say("archive needs"), table(columns, rows)]
    )


def _needs(context: Context, facts: Facts) -> list[tuple[str, str]]:
    """What DANS asks of a deposit, and what is there for it."""

    def declared(name: str) -> str:
        return facts.declared(name).get(context.language, context.say("there not"))

    return [
        ("title", facts.titles[context.language]),
        ("creator", "; ".join(facts.creators) or context.say("there not")),
        ("description", facts.abstracts[context.language]),
        ("date", _day(context, facts.provenance.date)),
        ("period", " – ".join(_day(context, day) for day in facts.period or ("",))),
        ("rights", declared("rights")),
        ("audience", declared("audience")),
        ("access", context.say("there access")),
        ("personal", context.say("there personal")),
        ("identifier", context.say("there identifier")),
    ]


def _day(context: Context, iso: str) -> str:
    """A day in words, or that it is not given."""
    return date_in_words(iso, context.language) if iso else context.say("there not")
