"""How much was answered: by persons, by question, by block; and whether answers run in straight lines."""

from __future__ import annotations

import pandas as pd

from analysis.careless import longest_run_share
from pipeline.declare.names import NOT_ASKED
from pipeline.intake.checks.subject import Subject
from pipeline.intake.problems import Problem

_PERSONS_FOR_A_SHARE = 10


def nearly_empty(subject: Subject) -> list[Problem]:
    """More persons than usual who answered hardly anything of what they were asked (``clean.minimum_item_share``)."""
    study = subject.expected.study
    if study is None or not subject.items:
        return []
    answered = subject.answers().notna().sum(axis=1)
    hardly = (answered == 0) | (answered < study.clean.minimum_item_share * len(subject.items))
    # of these only it has to be known what they were asked
    reasons = subject.ingested_by_person.loc[hardly, [f"{name}__reason" for name in subject.items]]
    asked = (reasons != NOT_ASKED).sum(axis=1)
    few = answered[hardly]
    hardly[hardly] = (few == 0) | (few < study.clean.minimum_item_share * asked)
    if hardly.mean() <= subject.expected.params.nearly_empty_share:
        return []
    return [subject.problem("rows_nearly_empty", rows=subject.rows(hardly), details={"share": _percent(hardly)})]


def empty_questions(subject: Subject) -> list[Problem]:
    """Blocks in which nobody answered anything, and single questions nobody answered.

    A block is an error: the column is there, so it was asked, and that nobody at all answered means that an export
    went wrong. What the crosswalk or the file calls not asked is not meant.
    """
    unanswered = subject.answers().count() == 0
    blank = {name for name in subject.items if unanswered[name] and (subject.reasons(name) == "empty").all()}
    by_block: dict[str, list[str]] = {}
    for field in subject.item_fields:
        by_block.setdefault(field.block or "", []).append(field.name)
    problems, told = [], set()
    for block, names in by_block.items():
        if block and len(names) > 1 and blank.issuperset(names):
            problems.append(subject.problem("block_empty", *names, count=len(names), details={"block": block}))
            told.update(names)
    return problems + [subject.problem("item_empty", name) for name in subject.items if name in blank - told]


def straight_lines(subject: Subject) -> list[Problem]:
    """Many persons who gave one answer to (nearly) a whole block of like questions.

    The index and its threshold are those of ``analysis.careless`` and ``clean.longstring_share``; how many is many,
    ``intake.straightlining_share``. Blocks with too few questions for it do not count.
    """
    study = subject.expected.study
    if study is None:
        return []
    answers, straight, judged = subject.answers(), None, None
    for names in _like_items(subject):
        runs = longest_run_share(answers[names])
        flagged = runs >= study.clean.longstring_share - 1e-9
        straight = flagged if straight is None else straight | flagged
        judged = runs.notna() if judged is None else judged | runs.notna()
    if straight is None or judged is None or judged.sum() < _PERSONS_FOR_A_SHARE:
        return []
    if straight.sum() / judged.sum() <= subject.expected.params.straightlining_share:
        return []
    return [
        subject.problem("straightlining", rows=subject.rows(straight), details={"share": _percent(straight[judged])})
    ]


def _like_items(subject: Subject) -> list[list[str]]:
    """Items of one block with one answer scale, in the order asked."""
    runs: dict[tuple[str | None, str | None], list[str]] = {}
    for field in subject.item_fields:
        runs.setdefault((field.block, field.scale), []).append(field.name)
    return list(runs.values())


def _percent(marked: pd.Series[bool]) -> int:
    return round(100 * float(marked.mean()))
