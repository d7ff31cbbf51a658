"""Files as survey tools export them, made from a questionnaire, with what each column and each answer is.

Answers are drawn at random; what matters is how columns are called and answers written.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from pipeline.declare import Instrument, InstrumentField
from pipeline.intake.reading.read import read_source
from pipeline.intake.source import FileFormat, Received, SourceColumn, SourceTable
from pipeline.intake.table import Bounds

N_ROWS = 60
BOUNDS = Bounds(10_000_000, 1_000, 1_000)
Code = float | str | None


@dataclass
class Column:
    """A column of a derived file: its heading rows (one or more), its cells, and the variable it answers.

    ``meaning``: what a cell is, by cell as written: a code, or ``!reason``.
    """

    headings: list[str]
    cells: list[object]
    variable: str | None
    meaning: dict[str, Code] = field(default_factory=dict)
    value_labels: dict[float, str] = field(default_factory=dict)
    label: str = ""


@dataclass(frozen=True)
class Derived:
    """A file and what is true of it: ``variable`` by heading, ``meaning`` by variable and cell."""

    name: str
    table: SourceTable
    variable: Mapping[str, str | None]
    meaning: Mapping[str, Mapping[str, Code]]


def codes_of(instrument: Instrument, one: InstrumentField, projects: Sequence[str]) -> list[Code]:
    if one.role == "project":
        return list(projects)
    return [c.value if isinstance(c.value, str) else float(c.value) for c in instrument.categories_of(one)]


def answers(instrument: Instrument, projects: Sequence[str], *, seed: int = 1) -> dict[str, list[Code]]:
    """Random answers by variable, a twentieth of them blank; every code of a closed question occurs."""
    rng = random.Random(seed)
    drawn: dict[str, list[Code]] = {}
    for one in instrument.fields:
        codes = codes_of(instrument, one, projects)
        if codes:
            values: list[Code] = [*codes, *(rng.choice(codes) for _ in range(N_ROWS - len(codes)))]
            rng.shuffle(values)
        elif one.role == "source_id":
            values = [f"R{1000 + i}" for i in range(N_ROWS)]
        else:
            values = [float(rng.randint(0, 15)) for _ in range(N_ROWS)]
        if not one.required and one.role != "source_id":
            values = [None if rng.random() < 0.05 else value for value in values]
        drawn[one.name] = values
    return drawn


def title(one: InstrumentField, language: str) -> str:
    return one.title.get(language) or next(iter(one.title.values()))


def typo(text: str, rng: random.Random) -> str:
    """``text`` with two letters swapped, one left out and one doubled."""
    letters = list(text)
    for change in ("swap", "drop", "double"):
        i = rng.randrange(1, len(letters) - 2)
        if change == "swap":
            letters[i], letters[i + 1] = letters[i + 1], letters[i]
        elif change == "drop":
            del letters[i]
        else:
            letters.insert(i, letters[i])
    return "".join(letters)


class Maker:
    """Makes derived files of one questionnaire."""

    def __init__(self, instrument: Instrument, projects: Mapping[str, str], *, seed: int = 1) -> None:
        self.instrument, self.projects = instrument, projects
        self.answers = answers(instrument, list(projects), seed=seed)

    def column(self, one: InstrumentField, headings: list[str], *, labels: str | None = None) -> Column:
        """A column with codes, or with labels in ``labels`` (a language)."""
        written: dict[Code, str] = {}
        if labels:
            for category in self.instrument.categories_of(one):
                code = category.value if isinstance(category.value, str) else float(category.value)
                written[code] = category.label.get(labels) or next(iter(category.label.values()))
            written |= {name: title for name, title in self.projects.items() if one.role == "project"}
        cells = [None if v is None else written.get(v, _as_written(v)) for v in self.answers[one.name]]
        known = {_as_written(c): c for c in codes_of(self.instrument, one, list(self.projects))}
        return Column(headings, list(cells), one.name, known | {text: code for code, text in written.items()})

    def columns(
        self, heading: Callable[[InstrumentField], list[str]], *, labels: str | None = None, skip: Sequence[str] = ()
    ) -> list[Column]:
        return [self.column(one, heading(one), labels=labels) for one in self.instrument.fields if one.name not in skip]

    # --- the tools

    def limesurvey_codes(self) -> list[Column]:
        return [*_others("id", "submitdate", "startlanguage"), *self.columns(lambda f: [f.name], skip=("response_id",))]

    def limesurvey_full(self) -> list[Column]:
        def heading(one: InstrumentField) -> list[str]:
            if one.block:
                return [f"{one.block.replace('_', '')}[{one.name.replace('_', '')}]. Stellingen [{title(one, 'nl')}]"]
            return [f"{one.name.replace('_', '')}. {title(one, 'nl')}"]

        return self.columns(heading, labels="nl")

    def kobo(self) -> list[Column]:
        return [
            *_others("start", "end"),
            *self.columns(lambda f: [f"groep_{f.block or 'algemeen'}/{f.name}"], skip=("response_id",)),
            *_others("_id", "_submission_time"),
        ]

    def microsoft(self) -> list[Column]:
        return [*_others("Begintijd", "Tijd van voltooien"), *self.columns(lambda f: [title(f, "nl")], labels="nl")]

    def google(self) -> list[Column]:
        def heading(one: InstrumentField) -> list[str]:
            return [f"Wat vindt u? [{title(one, 'nl')}]" if one.block else title(one, "nl")]

        return [*_others("Tijdstempel"), *self.columns(heading, labels="nl")]

    def qualtrics(self) -> list[Column]:
        fields = self.instrument.fields
        columns = self.columns(
            lambda f: [
                f"Q{1 + fields.index(f)}",
                f"Geef aan - {title(f, 'en')}",
                f'{{"ImportId":"QID{fields.index(f)}"}}',
            ],
            labels="en",
        )
        before = [
            Column(["StartDate", "Start Date", '{"ImportId":"startDate"}'], _dates(), None),
            Column(["Status", "Response Type", '{"ImportId":"status"}'], ["IP Address"] * N_ROWS, None),
            Column(["Progress", "Progress", '{"ImportId":"progress"}'], ["100"] * N_ROWS, None),
            Column(["Finished", "Finished", '{"ImportId":"finished"}'], ["True"] * N_ROWS, None),
        ]
        return [*before, *columns]

    def spss(self, *, named: bool = True, worded: bool = True, values: bool = True) -> list[Column]:
        columns = []
        for i, one in enumerate(self.instrument.fields):
            column = self.column(one, [one.name.upper() if named else f"V{i + 1}"])
            column.label = title(one, "nl") if worded else ""
            if values:
                column.value_labels = {
                    float(c.value): c.label["nl"]
                    for c in self.instrument.categories_of(one)
                    if not isinstance(c.value, str)
                }
            columns.append(column)
        return columns


def _as_written(value: Code) -> str:
    return value if isinstance(value, str) else f"{value:g}" if value is not None else ""


def _dates() -> list[object]:
    return [f"2026-03-{1 + i % 28:02d} 10:{i % 60:02d}:00" for i in range(N_ROWS)]


def _others(*names: str) -> list[Column]:
    """Columns of the tool itself."""
    numbers = {"id", "_id"}
    return [
        Column([n], [str(i + 1) for i in range(N_ROWS)], "response_id" if n in numbers else None)
        if n in numbers
        else Column([n], ["nl"] * N_ROWS if n == "startlanguage" else _dates(), None)
        for n in names
    ]


def as_csv(name: str, columns: Sequence[Column]) -> Derived:
    """The columns as a CSV export."""
    text = io.StringIO()
    writer = csv.writer(text)
    for row in range(max(len(column.headings) for column in columns)):
        writer.writerow([c.headings[row] if row < len(c.headings) else "" for c in columns])
    for i in range(N_ROWS):
        writer.writerow(["" if c.cells[i] is None else c.cells[i] for c in columns])
    received = Received(f"{name}.csv", text.getvalue().encode())
    known = {heading.casefold() for column in columns for heading in column.headings}
    return _derived(name, read_source(received, BOUNDS, known=known)[0], columns)


def as_spss(name: str, columns: Sequence[Column]) -> Derived:
    """The columns as a table read from SPSS: numbers where all cells are one. Reading is tested elsewhere."""
    source, cells = [], {}
    for i, column in enumerate(columns):
        texts = [None if cell is None else str(cell) for cell in column.cells]
        try:
            values: list[object] = [None if text is None else float(text) for text in texts]
        except ValueError:
            values = list(texts)
        cells[i] = pd.Series(values, index=range(1, N_ROWS + 1), dtype="category")
        labels = column.value_labels if cells[i].cat.categories.dtype == float else {}
        source.append(SourceColumn(i, "", column.headings[0], label=column.label, value_labels=labels))
    table = SourceTable(Received(f"{name}.sav", b"-"), FileFormat("sav"), tuple(source), pd.DataFrame(cells))
    return _derived(name, table, columns)


def _derived(name: str, table: SourceTable, columns: Sequence[Column]) -> Derived:
    return Derived(
        name,
        table,
        {" ".join(column.headings[0].split()): column.variable for column in columns},
        {column.variable: column.meaning for column in columns if column.variable},
    )


# --- what goes wrong in real files


def recoded(columns: Sequence[Column], instrument: Instrument, change: Callable[[float, list[float]], float]) -> None:
    """Write every numeric code as another: ``change(code, codes)``."""
    for column in columns:
        scale = instrument.field_named(column.variable).scale if column.variable else None
        if scale is None:
            continue
        codes = sorted(float(c.value) for c in instrument.scales[scale].categories)
        new = {code: change(code, codes) for code in codes}
        column.cells = [None if cell is None else f"{new[float(str(cell))]:g}" for cell in column.cells]
        column.meaning = {f"{n:g}": code for code, n in new.items()}
        column.value_labels = {new[code]: text for code, text in column.value_labels.items()}


def with_missing_codes(columns: Sequence[Column], instrument: Instrument, rng: random.Random) -> None:
    """Put 8 (does not know) and 9 (no answer) among the answers on scales of five."""
    for column in columns:
        scale = instrument.field_named(column.variable).scale if column.variable else None
        if scale is None or len(instrument.scales[scale].categories) != 5:
            continue
        column.cells = [rng.choice(["8", "9"]) if rng.random() < 0.1 else cell for cell in column.cells]
        column.meaning |= {"8": "!dont_know", "9": "!no_answer"}


def relabelled(columns: Sequence[Column], words: Mapping[str, str]) -> None:
    """Write other words for answers."""
    for column in columns:
        column.cells = [words.get(str(cell), cell) if cell is not None else None for cell in column.cells]
        column.meaning |= {new: column.meaning[old] for old, new in words.items() if old in column.meaning}


def added(*headings: str, rng: random.Random) -> list[Column]:
    """Questions that the questionnaire does not have, answered on a scale that it does."""
    return [Column([heading], [str(rng.randint(1, 5)) for _ in range(N_ROWS)], None) for heading in headings]


def every_file(instrument: Instrument, projects: Mapping[str, str], *, seed: int = 7) -> list[Derived]:
    """All of them, by name."""
    rng = random.Random(seed)
    make = Maker(instrument, projects, seed=seed)
    files = [
        as_csv("limesurvey-codes", make.limesurvey_codes()),
        as_csv("limesurvey-full-text", make.limesurvey_full()),
        as_csv("kobo-prefixes", make.kobo()),
        as_csv("microsoft-forms", make.microsoft()),
        as_csv("google-forms", make.google()),
        as_csv("qualtrics-three-rows", make.qualtrics()),
        as_spss("spss-labels", make.spss()),
        as_spss("spss-numbered-with-labels", make.spss(named=False)),
        as_spss("spss-short-names-no-labels", make.spss(worded=False, values=False)),
        as_spss("spss-numbered-no-labels", make.spss(named=False, worded=False, values=False)),
    ]
    shuffled = make.microsoft()
    rng.shuffle(shuffled)
    files.append(as_csv("shuffled", shuffled))
    for name, language, labels in (
        ("english", "en", "en"),
        ("arabic-answers", "nl", "ar"),
        ("tigrinya-answers", "nl", "ti"),
    ):
        files.append(as_csv(name, make.columns(lambda f, lang=language: [title(f, lang)], labels=labels)))  # type: ignore[misc]
    files.append(as_csv("typos", make.columns(lambda f: [typo(title(f, "nl"), rng)], labels="nl")))
    files.append(as_csv("typos-english", make.columns(lambda f: [typo(title(f, "en"), rng)], labels="en")))
    files.append(as_csv("cut-off", make.columns(lambda f: [title(f, "nl")[:48]], labels="nl")))
    numbered = make.columns(lambda f: [f"{1 + instrument.fields.index(f)}. {title(f, 'nl')}"], labels="nl")
    files.append(as_csv("numbered-questions", numbered))
    gone = {field.name for field in rng.sample(instrument.fields[4:], 12)} - {"role"}
    extra = added(
        "Ik ben tevreden met mijn keuken.", "Ik ben tevreden met mijn buren.", "Hoe tevreden bent u met uw buurt?",
        "Ik voel mij veilig in dit gebouw.", "Ik heb veel contact met mijn familie.", "Cijfer voor uw woning", rng=rng,
    )  # fmt: skip
    files.append(
        as_csv("dropped-and-added", [*make.columns(lambda f: [title(f, "nl")], labels="nl", skip=[*gone]), *extra])
    )
    dropped = [column for column in make.spss(named=False, worded=False, values=False) if column.variable not in gone]
    for i, column in enumerate(dropped):
        column.headings = [f"V{i + 1}"]
    files.append(as_spss("spss-numbered-dropped", dropped))
    reversed_, shifted, missing = make.spss(), make.spss(values=False), make.spss(values=False)
    recoded(reversed_, instrument, lambda code, codes: codes[0] + codes[-1] - code)
    recoded(shifted, instrument, lambda code, codes: code - codes[0])
    with_missing_codes(missing, instrument, rng)
    files += [as_spss("reversed-labels", reversed_), as_spss("shifted", shifted), as_spss("missing-8-9", missing)]
    lettered = make.limesurvey_codes()
    for column in lettered:
        scale = instrument.field_named(column.variable).scale if column.variable else None
        if scale:
            order = [f"{float(c.value):g}" for c in instrument.scales[scale].categories]
            relabelled([column], {code: f"A{1 + i}" for i, code in enumerate(order)})
    files.append(as_csv("limesurvey-answer-codes", lettered))
    words = make.columns(lambda f: [f.name], labels="nl")
    relabelled(words, {
        "helemaal mee oneens": "Zeer mee oneens", "niet mee eens, maar ook niet mee oneens": "Neutraal",
        "mee eens": "Eens", "zeer tevreden": "Heel tevreden", "ja": "Ja", "nee": "Nee", "vrouw": "V", "man": "M",
        "helemaal mee eens": "Helemaal mee eens.", "mee oneens": "mee onens", "altijd": "Altyd",
    })  # fmt: skip
    files.append(as_csv("other-words", words))
    swapped = make.spss()
    by_name = {column.variable: column for column in swapped}
    for one, other in (("hs1", "hs2"), ("scb1", "scn1"), ("swls3", "swls4")):
        a, b = by_name[one], by_name[other]
        a.headings, b.headings = b.headings, a.headings  # the name of one above the words of the other
    files.append(as_spss("names-swapped", swapped))
    codes_and_words = make.columns(lambda f: [f.name], labels="nl")
    for column in codes_and_words:
        if column.variable and instrument.field_named(column.variable).scale:
            said = {
                text: f"{code:g} - {text}" for text, code in column.meaning.items() if not text.lstrip("-").isdigit()
            }
            relabelled([column], said)
    files.append(as_csv("codes-and-words", codes_and_words))
    return files
