"""The answer as a page for a browser: one file, without scripts, that asks nothing of any other host."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from pipeline.declare.problems import Problem as DeclarationProblem
from pipeline.intake.answer.declared import declared_things
from pipeline.intake.answer.next_step import next_step, step_in_words
from pipeline.intake.answer.picture import picture_of
from pipeline.intake.check import Checked
from pipeline.intake.messages import Said, describe_format, explain_thing, verdict
from pipeline.intake.places import columns_in_words, number
from pipeline.intake.source import SourceTable
from pipeline.intake.things import things_in
from pipeline.intake.words import Language, catalogue

_HERE = Path(__file__).parent


def stylesheet() -> str:
    """The style of the answer, which a page that holds ``html_fragment`` needs too."""
    return (_HERE / "page.css").read_text(encoding="utf-8")


def html_page(
    checked: Checked,
    language: Language,
    *,
    declared: Sequence[DeclarationProblem] = (),
    of_wave: bool = True,
    left_out: Sequence[tuple[str, str]] = (),
    command: str = "",
) -> str:
    """The whole page. It holds no answer of a resident and no respondent's id; every heading in it is escaped.

    Arguments as those of ``shape.as_json``. The same answer gives the same bytes.
    """
    style, n_declared = stylesheet(), len(declared_things(declared, language))
    fragment = html_fragment(
        checked, language, declared=declared, of_wave=of_wave, left_out=left_out, command=command
    )  # fmt: skip
    return _templates().get_template("page.html.jinja").render(
        language=language,
        verdict=verdict(checked.problems, language, of_wave=of_wave, n_declared=n_declared),
        page=catalogue()["answer"][language]["page"],
        style=Markup(style),  # noqa: S704 (our own file)
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        answer=fragment,
    )  # fmt: skip


def html_fragment(
    checked: Checked,
    language: Language,
    *,
    declared: Sequence[DeclarationProblem] = (),
    of_wave: bool = True,
    left_out: Sequence[tuple[str, str]] = (),
    command: str = "",
) -> Markup:
    """What stands in the page's ``main``: a ``div`` with one ``h1``, to be put into a page of somebody else's."""
    texts = catalogue()["answer"][language]
    found = checked.table.format if checked.table else None
    said: dict[str, list[Said]] = {"error": [], "warning": []}
    said["error"] += [Said(sentence, (), "", "") for sentence in declared_things(declared, language)]
    for thing in things_in(checked.problems):
        said[thing.severity].append(explain_thing(thing, language, found))
    step = next_step(checked, n_declared=len(declared_things(declared, language)), of_wave=of_wave)
    notes = [texts["left_out"].format(columns=columns_in_words(left_out, language))] if left_out else []
    content: dict[str, Any] = {
        "language": language,
        "good": checked.acceptable and not declared,
        "verdict": verdict(
            checked.problems, language, of_wave=of_wave, n_declared=len(declared_things(declared, language))
        ),
        "read_as": _read_as(checked.table, language) if checked.table else "",
        "notes": notes,
        "next": {"say": step_in_words(step, language, with_command=bool(command)), "command": command},
        "errors": said["error"],
        "warnings": said["warning"],
        "picture": picture_of(checked.problems, checked.table, language) if checked.table else None,
        "facts": list(_facts(checked, checked.table, language)) if checked.table else [],
        "words": catalogue()["verdict"][language],
        "page": texts["page"],
    }
    return Markup(_templates().get_template("answer.html.jinja").render(content))  # noqa: S704 (escaped by the template)


def _read_as(table: SourceTable, language: Language) -> str:
    return describe_format(
        table.format, language, n_rows=len(table.cells_by_row), n_columns=table.n_columns
    )  # fmt: skip


def _facts(checked: Checked, table: SourceTable, language: Language) -> Iterator[tuple[str, str]]:
    """What was found out about the file, a line each."""
    texts, names, found = catalogue()["format"][language], catalogue()["answer"][language]["facts"], table.format
    yield names["kind"], texts[found.kind]
    if found.tool:
        yield names["tool"], texts["tools"][found.tool]
    if found.sheet:
        yield names["sheet"], found.sheet
    yield names["rows"], number(len(table.cells_by_row), language)
    yield names["columns"], number(table.n_columns, language)
    yield names["heading_rows"], number(found.heading_rows, language)
    if found.delimiter:
        yield names["delimiter"], texts["tab"] if found.delimiter == "\t" else found.delimiter
    if found.kind == "csv":
        yield names["decimal"], found.decimal
    if found.encoding:
        mark = f" {texts['byte_order_mark']}" if found.byte_order_mark else ""
        yield names["encoding"], f"{found.encoding}{mark}"
    if checked.received:
        yield names["sha256"], checked.received.sha256


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["sentence"] = _with_code
    return environment


def _with_code(text: str) -> Markup:
    """``text`` escaped, with what stands between backticks as code."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 (escaped first)
