"""A draft as the text of ``surveys/instruments/<name>@1.yaml``, with what there is to fill in and to look at."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.declare.documents import TO_FILL_IN
from pipeline.fieldwork.draft.parts import LeftOut, Question, Remark
from pipeline.fieldwork.draft.settle import Settled
from pipeline.fieldwork.draft.texts import clean
from pipeline.intake.text import as_text
from pipeline.intake.words import Language, catalogue

_TYPES = {"closed": "string", "id": "string", "language": "string", "project": "string"}
_SOURCE = "drafted"
_MOST_ON_A_LINE = 110


def instrument_text(settled: Settled, name: str, title: str, language: Language) -> str:
    """The declaration; ``title``: of the questionnaire, empty where it is left to be filled in; ``language``: of what
    is said to the one who fills it in."""
    return "".join(f"{line}\n" for line in _Writer(settled, language).lines(name, title))


def to_look_at(settled: Settled) -> int:
    """How many questions there is something to look at of."""
    return sum(bool(question.remarks) for question in settled.draft.questions)


class _Writer:
    """Writes line by line, in one language."""

    def __init__(self, settled: Settled, language: Language) -> None:
        self.settled, self.draft = settled, settled.draft
        self.texts: Mapping[str, Any] = catalogue()["instrument_draft"][language]
        self.main = self.draft.languages[0]

    def lines(self, name: str, title: str) -> Iterator[str]:
        """The whole file."""
        yield from (f"# {line}" for line in self.texts["head"])
        yield f"name: {name}"
        yield "version: 1"
        yield f"title: {{{self.main}: {_text(title or self.blank('title'))}}}"
        yield ""
        yield from self.comment("languages")
        statuses = [f"{language}: draft" for language in self.draft.languages]
        statuses += [f"{language}: absent" for language in self.draft.other_languages]
        yield f"languages: {{{', '.join(statuses)}}}"
        yield ""
        yield from self._missing()
        yield from self._scales()
        yield from self._sources()
        yield from self._fields()
        yield from self._constructs()
        yield from self._left_out()

    def blank(self, key: str) -> str:
        """What is to be filled in, so that nobody can overlook it."""
        return f"{TO_FILL_IN}: {self.texts['blank'][key]}"

    def comment(self, key: str) -> list[str]:
        return [f"# {line}" for line in self.texts["comment"][key]]

    def check(self, remark: Remark, indent: str = "  ") -> str:
        return f"{indent}# kijk na / check: {self.texts['remark'][remark.key].format(**remark.details)}"

    def _missing(self) -> Iterator[str]:
        if not self.draft.missing:
            return
        yield from self.comment("missing")
        yield "missingValues:"
        for one in self.draft.missing:
            yield f"  - {{value: {_value(one.value)}, reason: {one.reason}, label: {_words(one.labels)}}}"
        yield ""

    def _scales(self) -> Iterator[str]:
        if not self.settled.scales:
            yield "scales: {}"
            yield ""
            return
        yield from self.comment("scales")
        yield "scales:"
        for scale in self.settled.scales:
            yield f"  {scale.name}:"
            yield "    categories:"
            for option in scale.options:
                yield f"      - {{value: {_value(option.value)}, label: {_words(option.labels)}}}"
        yield ""

    def _sources(self) -> Iterator[str]:
        yield from self.comment("sources")
        yield "sources:"
        yield f"  {_SOURCE}:"
        yield f"    citation: {_text(self.blank('citation'))}"
        yield f"    licence: {_text(self.blank('licence'))}"
        yield f"    translations: {{{', '.join(f'{language}: draft' for language in self.draft.languages)}}}"
        yield ""

    def _fields(self) -> Iterator[str]:
        yield "fields:"
        if not any(question.role == "project" for question in self.draft.questions):
            yield from (f"  {line}" for line in self.comment("project"))
            yield "  - name: project"
            yield "    role: project"
            yield "    type: string"
            yield f"    title: {{{self.main}: {_text(self.blank('project'))}}}"
        if not any(question.role == "consent" for question in self.draft.questions):
            yield from (f"  {line}" for line in self.comment("consent"))
        for question in self.draft.questions:
            yield from self._field(question)
        yield ""

    def _field(self, question: Question) -> Iterator[str]:
        if question.column:
            yield f"  # {self.texts['column'].format(column=clean(question.column))}"
        yield from map(self.check, question.remarks)
        scale = self.settled.scale_of.get(question.name)
        yield f"  - name: {question.name}"
        yield f"    role: {question.role}"
        yield f"    type: {_type(question, scaled=scale is not None)}"
        if question.kind in ("id", "language", "date") or question.role == "source_id":
            yield "    optional: true"
        if scale is not None:
            yield f"    scale: {scale.name}"
        if question.role == "item":
            yield f"    source: {_SOURCE}"
        yield f"    title: {_words(question.titles)}"
        if scale is None and question.options:
            yield "    categories:"
            for option in question.options:
                yield f"      - {{value: {_value(option.value, text=True)}, label: {_words(option.labels)}}}"

    def _constructs(self) -> Iterator[str]:
        """What could be a scale score, as an example that does not count."""
        grids = self.settled.grids()
        if not grids:
            return
        yield from self.comment("constructs")
        yield "# constructs:"
        for i, items in enumerate(grids.values(), 1):
            codes = [option.value for option in self.settled.scale_of[items[0].name].options]
            yield f"#   - name: SCALE{i}"
            yield f"#     title: {{{self.main}: …}}"
            yield f"#     meaning: {{{self.main}: …}}"
            yield from _listed("#     items: ", [item.name for item in items])
            yield f"#     lower: {_value(codes[0])}"
            yield f"#     upper: {_value(codes[-1])}"
            yield f"#     source: {_SOURCE}"
        yield ""

    def _left_out(self) -> Iterator[str]:
        if not self.draft.left_out:
            return
        yield from self.comment("left_out")
        by_reason: dict[str, list[LeftOut]] = defaultdict(list)
        for one in self.draft.left_out:
            by_reason[one.reason].append(one)
        for reason, columns in by_reason.items():
            said = self.texts["left_out"][reason]
            names = [clean(column.column) for column in columns]
            # a tool's own columns are many, and nobody misses them: their letters are enough
            names = [name.partition(" ")[0] for name in names] if reason == "own" else names
            yield from _listed(f"#   {said}: ", names)


def _listed(before: str, names: Iterable[str]) -> Iterator[str]:
    """``before`` and the names on as many comment lines as they need; a list in brackets where they are items."""
    line, bracket = before, before.endswith("items: ")
    line += "[" if bracket else ""
    names = list(names)
    for i, name in enumerate(names):
        last = i == len(names) - 1
        piece = name + ("" if last else ", ")
        if len(line) + len(piece) > _MOST_ON_A_LINE and line.strip("# "):
            yield line.rstrip()
            line = "#       "
        line += piece
    yield line + ("]" if bracket else "")


def _type(question: Question, *, scaled: bool) -> str:
    if scaled:
        return "integer" if question.kind == "closed" else "number"
    return _TYPES.get(question.kind, question.kind)


def _text(text: str) -> str:
    """``text`` as YAML has it in double quotes, which is how JSON has it."""
    return json.dumps(text, ensure_ascii=False)


def _words(labels: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{language}: {_text(words)}" for language, words in labels.items()) + "}"


def _value(value: float | str, *, text: bool = False) -> str:
    return _text(as_text(value)) if text or isinstance(value, str) else as_text(value)
