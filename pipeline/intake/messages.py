"""Sentences from the catalogue: the verdict first, then what to change, each with where it is and how to fix it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pipeline.errors import InputError
from pipeline.intake.problems import Problem
from pipeline.intake.source import FileFormat
from pipeline.intake.words import LANGUAGES, Language, catalogue

_SHOWN_COLUMNS = 12
_LONGEST_NAME = 60


def number(n: int, language: Language) -> str:
    """``n`` with thousands apart, as the language writes it."""
    return f"{n:,}".replace(",", "." if language == "nl" else ",")


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
    """The sentence that comes first; ``n_declared`` counts what is wrong with the declaration."""
    found = list(problems)
    errors = sum(problem.severity == "error" for problem in found) + n_declared
    texts = catalogue()["verdict"][language]
    if errors:
        return counted(texts["bad"], errors, language)
    good = str(texts["good" if of_wave else "good_file"])
    return good + (counted(texts["warned"], len(found), language) if found else "")


def explain(problem: Problem, language: Language) -> dict[str, str]:
    """``what`` (with where it is), ``expected`` and ``fix`` of one problem; an absent part is empty."""
    entry = catalogue()["problems"][problem.code]
    texts = entry[language]
    what = entry["one"][language] if problem.count == 1 and "one" in entry else texts["what"]
    values = _values(problem, language)
    where = place_of(problem, language)
    said = what.format(**values)
    expected = catalogue()["expected"][problem.expected][language] if problem.expected else texts.get("expected", "")
    return {
        "what": f"{where[0].upper()}{where[1:]}: {said[0].lower()}{said[1:]}" if where else said,
        "expected": expected.format(**values),
        "fix": texts["fix"].format(**values),
    }


def _values(problem: Problem, language: Language) -> dict[str, str]:
    """What fills the braces."""
    values = {"count": number(problem.count, language), "variable": problem.variable, "similar": ""}
    for name, value in problem.details.items():
        if name.endswith(tuple(f"_{other}" for other in LANGUAGES if other != language)):
            continue
        values[name.removesuffix(f"_{language}")] = number(value, language) if isinstance(value, int) else value
    if "column_name" in problem.details:
        letter, name = str(problem.details.get("column_letter", "")), str(problem.details["column_name"])
        column = _column_name(letter, name)
        values["similar"] = catalogue()["similar"][language].format(column=column)
    return values


def place_of(problem: Problem, language: Language) -> str:
    """Sheet, columns and rows of ``problem`` in words; empty when it is about the file as a whole."""
    texts = catalogue()["where"][language]
    parts = [texts["sheet"].format(name=problem.sheet)] if problem.sheet else []
    if problem.columns:
        names = [_column_name(letter, name) for letter, name in problem.columns[:_SHOWN_COLUMNS]]
        listed = ", ".join(names)
        if len(problem.columns) > _SHOWN_COLUMNS:
            listed += " " + texts["more_columns"].format(count=len(problem.columns) - _SHOWN_COLUMNS)
        parts.append(texts["column" if len(problem.columns) == 1 else "columns"].format(name=listed))
    if problem.rows:
        listed = ", ".join(str(row) for row in problem.shown_rows)
        if problem.count > len(problem.shown_rows):
            listed += " " + texts["more"].format(count=number(problem.count, language))
        parts.append(texts["row" if len(problem.rows) == 1 else "rows"].format(name=listed))
    return ", ".join(parts)


def _column_name(letter: str, name: str) -> str:
    """Letter and heading, the heading shortened where it is a whole question."""
    short = name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
    return f"{letter} ({short})" if letter and short else letter or short


def describe_format(found: FileFormat, language: Language) -> str:
    """What was found out about the file, in words."""
    texts = catalogue()["format"][language]
    parts = [texts[found.kind]]
    if found.sheet:
        parts.append(f"{texts['sheet']} ‘{found.sheet}’")
    if found.delimiter:
        parts.append(f"{texts['delimiter']} {texts['tab'] if found.delimiter == chr(9) else found.delimiter}")
    if found.kind == "csv":
        parts.append(f"{texts['decimal']} {found.decimal}")
    if found.encoding:
        mark = f" {texts['byte_order_mark']}" if found.byte_order_mark else ""
        parts.append(f"{texts['encoding']} {found.encoding}{mark}")
    return ", ".join(parts)


def answer(
    problems: Iterable[Problem],
    language: Language,
    *,
    of_wave: bool = True,
    read_as: str = "",
    declared: Sequence[str] = (),
) -> str:
    """The whole answer as plain text: the verdict, how the file was read, then every problem.

    ``declared``: sentences about the declaration, which are errors too.
    """
    found = list(problems)
    texts = catalogue()["verdict"][language]
    lines = [verdict(found, language, of_wave=of_wave, n_declared=len(declared))]
    if read_as:
        lines.append(f"{texts['read_as']}: {read_as}")
    errors = [[sentence] for sentence in declared]
    errors += [_said(problem, language) for problem in found if problem.severity == "error"]
    warnings = [_said(problem, language) for problem in found if problem.severity == "warning"]
    for title, entries in ((texts["errors"], errors), (texts["warnings"], warnings)):
        if entries:
            lines += ["", f"{title}:"]
        for i, (first, *rest) in enumerate(entries, start=1):
            lines += [f"{i:3}. {first}", *(f"     {line}" for line in rest)]
    return "\n".join(lines)


def _said(problem: Problem, language: Language) -> list[str]:
    """A problem's lines."""
    texts = catalogue()["verdict"][language]
    said = explain(problem, language)
    return [said["what"], *(f"{texts[part]}: {said[part]}" for part in ("expected", "fix") if said[part])]
