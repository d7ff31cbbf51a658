"""SurveyMonkey: two rows of headings. The first has the questions; a blank cell goes on with the question to its left.

The second has ``Response`` or ``Open-Ended Response`` (Dutch ``Antwoord`` …) where a question has one column, else the
option or the row of a grid that a column is about. Its own columns (``Respondent ID``, ``Collector ID``, ``Start Date``
…) have nothing in the second row. In a workbook the first row's cells may be merged.
"""

from __future__ import annotations

from pipeline.intake.source import Grid, SourceColumn
from pipeline.intake.tools.layout import Layout, headings, named, squeezed, texts_below

_OWN = frozenset({"respondentid", "collectorid", "verzamelaarid", "idvanrespondent", "idvancollector", "respondentsid"})
_ANSWER = frozenset({
    "response", "openendedresponse", "antwoord", "reactie", "respons", "openantwoord", "openeindantwoord",
    "openeindereactie", "antwoordopopenvraag", "antwoordopenvraag", "vrijantwoord",
})  # fmt: skip


def layout(grid: Grid) -> Layout | None:
    """The layout of ``grid`` when SurveyMonkey wrote it."""
    names = headings(grid)
    keys = [squeezed(name) for name in names]
    if len(_OWN & set(keys)) < 2:
        return None
    second = texts_below(grid, 0)
    own = [text for key, text in zip(keys, second, strict=True) if key in _OWN] if second else ["x"]
    if any(own) or not any(second):
        # answers begin right below: somebody took the second row out, or chose the condensed export
        return Layout("surveymonkey", tuple(named(c, n) for c, n in zip(grid.columns, names, strict=True)))
    return Layout("surveymonkey", _columns(grid, names, second), 2, explains_merged=True)


def _columns(grid: Grid, names: list[str], second: list[str]) -> tuple[SourceColumn, ...]:
    """Every column by its question, and by option or row where the question has several."""
    questions: list[str] = []
    for name, below in zip(names, second, strict=True):
        questions.append(name or (questions[-1] if questions and below else ""))
    n_own = next((i for i, below in enumerate(second) if below), 0)
    columns = []
    for i, (column, question, below) in enumerate(zip(grid.columns, questions, second, strict=True)):
        # a question goes on to the right only under blank cells, so two questions with the same words stay two
        alone = bool(names[i]) and not (i + 1 < len(names) and not names[i + 1] and second[i + 1])
        if not below and i < n_own:
            columns.append(named(column, question, own=True))
        elif not below or squeezed(below) in _ANSWER or (alone and _is_answer_word(below, second)):
            columns.append(named(column, question, codes=[f"{question}/{below}" if below else ""]))
        else:
            columns.append(named(column, f"{question}/{below}", label=f"{question} [{below}]"))
    return tuple(columns)


def _is_answer_word(below: str, second: list[str]) -> bool:
    """Whether ``below`` is the word for "response" in a language not listed: the same under several questions."""
    return second.count(below) > 1
