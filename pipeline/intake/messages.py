"""Sentences from the catalogue: the verdict first, then what to change, each with where it is and how to fix it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.errors import InputError
from pipeline.intake.places import column_name, number, place_of
from pipeline.intake.problems import Problem
from pipeline.intake.source import FileFormat, Kind
from pipeline.intake.things import Thing, things_in
from pipeline.intake.words import LANGUAGES, Language, catalogue

MOST_PLACES = 8
"""How many columns are told one by one with their rows."""
_MOST_VARIABLES = 8
_PROGRAMS: dict[Kind, str] = {"sav": "spss", "xlsx": "excel", "xls": "excel", "ods": "excel"}


def say(language: Language, key: str, **values: str | int) -> str:
    """The sentence ``key`` of the commands."""
    text: str = catalogue()["commands"][language][key]
    return text.format(**{name: number(v, language) if isinstance(v, int) else v for name, v in values.items()})


class RefusedError(InputError):
    """What was asked cannot be done; ``commands`` in the catalogue says why. The message is the English sentence."""

    def __init__(self, key: str, **values: str | int) -> None:
        self.key, self.values = key, values
        super().__init__(self.in_language("en"))

    def in_language(self, language: Language) -> str:
        """The sentence in ``language``."""
        return say(language, self.key, **self.values)


def counted(forms: Mapping[str, str], count: int, language: Language) -> str:
    """The form for one or for many, with the count filled in."""
    return forms["one" if count == 1 else "many"].format(count=number(count, language))


def verdict(problems: Iterable[Problem], language: Language, *, of_wave: bool = True, n_declared: int = 0) -> str:
    """The sentence that comes first. It counts things to do, not cells; ``n_declared``: what is wrong with the
    declaration."""
    n_things = sum(thing.severity == "error" for thing in things_in(problems)) + n_declared
    texts = catalogue()["verdict"][language]
    if n_things:
        return counted(texts["bad"], n_things, language)
    return str(texts["good" if of_wave else "good_file"])


@dataclass(frozen=True)
class Said:
    """A problem in words. ``where``: a line per place; ``expected`` is empty where nothing in particular was."""

    what: str
    where: tuple[str, ...]
    expected: str
    fix: str


def explain(problem: Problem, language: Language, found: FileFormat | None = None) -> dict[str, str]:
    """``what`` (with where it is), ``expected`` and ``fix`` of one problem; an absent part is empty.

    ``found``: the file's format, so that ``fix`` can name the survey tool's own menus.
    """
    said = explain_thing(Thing((problem,)), language, found)
    what = said.what
    if said.where:
        where = said.where[0]
        what = f"{where[0].upper()}{where[1:]}: {what[0].lower()}{what[1:]}"
    return {"what": what, "expected": said.expected, "fix": said.fix}


def explain_thing(thing: Thing, language: Language, found: FileFormat | None = None) -> Said:
    """What to say of one thing to do."""
    entry = catalogue()["problems"][thing.code]
    texts = entry[language]
    first, several = thing.problems[0], len(thing.problems) > 1
    values = _values(thing, language)
    if several:
        texts = texts | entry.get("several", {}).get(language, {})
    what = entry["one"][language] if thing.count == 1 and "one" in entry and not several else texts["what"]
    expected = catalogue()["expected"][first.expected][language] if first.expected else texts.get("expected", "")
    fix = _fix_in(entry, language, found) or texts["fix"]
    return Said(
        what.format(**values), _where(thing, language), expected.format(**values), fix.format(**values)
    )  # fmt: skip


def _fix_in(entry: Mapping[str, Mapping[str, Mapping[str, str]]], language: Language, found: FileFormat | None) -> str:
    """How to fix it in the program that the file is from; empty when nothing is known of that."""
    by_program = entry.get("fix_in", {})
    programs = (found.tool, _PROGRAMS.get(found.kind, "")) if found else ()
    return next((by_program[name][language] for name in programs if name in by_program), "")


def _values(thing: Thing, language: Language) -> dict[str, str]:
    """What fills the braces."""
    first, several = thing.problems[0], len(thing.problems) > 1
    variables = _listed(thing.variables, language)
    values = {"count": number(thing.count, language), "variable": variables, "similar": ""}
    values["n"] = number(len(thing.problems), language)
    for name, value in first.details.items():
        if name.endswith(tuple(f"_{other}" for other in LANGUAGES if other != language)):
            continue
        values[name.removesuffix(f"_{language}")] = number(value, language) if isinstance(value, int) else value
    similar = [(problem.variable, column) for problem in thing.problems if (column := _similar_to(problem))]
    if similar and several:
        pairs = [catalogue()["similar"][language]["pair"].format(variable=v, column=c) for v, c in similar]
        values["similar"] = catalogue()["similar"][language]["many"].format(pairs=_listed(pairs, language))
    elif similar:
        values["similar"] = catalogue()["similar"][language]["one"].format(column=similar[0][1])
    return values


def _similar_to(problem: Problem) -> str:
    """The column that was perhaps meant."""
    if "column_name" not in problem.details:
        return ""
    return column_name(str(problem.details.get("column_letter", "")), str(problem.details["column_name"]))


def _listed(names: Sequence[str], language: Language) -> str:
    """``a1, a2 en nog 12``."""
    left = len(names) - _MOST_VARIABLES
    shown = ", ".join(names[:_MOST_VARIABLES])
    if left <= 0:
        return shown
    return f"{shown} {catalogue()['where'][language]['more_columns'].format(count=number(left, language))}"


def _where(thing: Thing, language: Language) -> tuple[str, ...]:
    """A line per column where rows are concerned, else one line."""
    if len(thing.problems) > 1 and thing.rows:
        places = [place_of(problem, language, with_sheet=not i) for i, problem in enumerate(thing.problems)]
        left = len(places) - MOST_PLACES
        more = catalogue()["where"][language]["more_columns"].format(count=number(left, language))
        return (*places[:MOST_PLACES], *([more] if left > 0 else []))
    whole = Problem(thing.code, thing.columns, thing.rows, sheet=thing.sheet)
    return (place,) if (place := place_of(whole, language)) else ()


def describe_format(
    found: FileFormat, language: Language, *, n_rows: int | None = None, n_columns: int | None = None
) -> str:
    """What was found out about the file, in words; ``n_rows`` and ``n_columns`` of its table."""
    texts = catalogue()["format"][language]
    parts = [texts[found.kind]]
    if found.sheet:
        parts.append(f"{texts['sheet']} ‘{found.sheet}’")
    if n_rows is not None and n_columns is not None:
        parts += [counted(texts["rows"], n_rows, language), counted(texts["columns"], n_columns, language)]
    if found.delimiter:
        parts.append(f"{texts['delimiter']} {texts['tab'] if found.delimiter == chr(9) else f'‘{found.delimiter}’'}")
    if found.kind == "csv":
        parts.append(f"{texts['decimal']} ‘{found.decimal}’")
    if found.encoding:
        mark = f" {texts['byte_order_mark']}" if found.byte_order_mark else ""
        parts.append(f"{texts['encoding']} {found.encoding}{mark}")
    made_by = [texts["tools"][found.tool]] if found.tool else []
    if found.heading_rows > 1:
        made_by.append(texts["heading_rows"].format(count=found.heading_rows))
    return ", ".join(parts) + (f" ({', '.join(made_by)})" if made_by else "")


def answer(
    problems: Iterable[Problem],
    language: Language,
    *,
    of_wave: bool = True,
    read_as: str = "",
    declared: Sequence[str] = (),
    found: FileFormat | None = None,
    width: int = 80,
) -> str:
    """The answer as plain text: the verdict, how the file was read, then every thing to do, in lines of ``width``.

    ``declared``: sentences about the declaration, which are errors too. ``found``: the file's format.
    """
    listed = list(problems)
    texts = catalogue()["verdict"][language]
    lines = [verdict(listed, language, of_wave=of_wave, n_declared=len(declared))]
    if read_as:
        lines += wrapped(f"{texts['read_as']}: {read_as}", width, rest="  ")
    errors = [Said(sentence, (), "", "") for sentence in declared]
    warnings: list[Said] = []
    for thing in things_in(listed):
        (errors if thing.severity == "error" else warnings).append(explain_thing(thing, language, found))
    for title, entries in ((texts["errors"], errors), (texts["warnings"], warnings)):
        if entries:
            lines += ["", f"{title}:"]
        for i, said in enumerate(entries, start=1):
            lines += _lines_of(i, said, language, width)
    return "\n".join(lines)


def wrapped(text: str, width: int, *, first: str = "", rest: str = "") -> list[str]:
    """``text`` in lines of ``width``; words stay whole, so that names and paths can be copied."""
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )


def _lines_of(place: int, said: Said, language: Language, width: int) -> Iterator[str]:
    """A thing to do: its number and what it is, then where, what was expected and what to do, each under its name."""
    texts = catalogue()["verdict"][language]
    names = [texts[part] for part in ("where", "expected", "fix")]
    room = max(map(len, names)) + 2
    yield from wrapped(said.what, width, first=f"{place:3}. ", rest=" " * 5)
    for name, sentences in zip(names, (said.where, (said.expected,), (said.fix,)), strict=True):
        for i, sentence in enumerate(filter(None, sentences)):
            first = " " * 5 + (f"{name}:" if not i else "").ljust(room)
            yield from wrapped(sentence, width, first=first, rest=" " * len(first))


__all__ = [
    "RefusedError", "Said", "answer", "counted", "describe_format", "explain", "explain_thing", "number", "place_of",
    "say", "verdict", "wrapped",
]  # fmt: skip
