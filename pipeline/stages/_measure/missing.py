"""Tables on answers that are missing: where, in which patterns, whether at random, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.measurement.imputation import DONORS, impute
from analysis.measurement.little import little_test
from analysis.measurement.missing import open_by_group, open_rates, patterns
from analysis.measurement.missing_methods import (
    METHODS,
    MINIMUM_CLUSTERS,
    Question,
    cluster_codes,
    estimates,
    quantities,
)
from analysis.measurement.scoring import Scale
from pipeline.artefacts import table_contracts
from pipeline.declare import Instrument
from pipeline.declare.names import NOT_ASKED
from pipeline.stages._answers import as_text, reason_column
from pipeline.stages._measure.inputs import LANGUAGE, Measured, Tables, groups

ALL = "all"
PRIMARY = "primary"
PERSONS_A_PREDICTOR = 5
"""Answers to an item for every column it is imputed from."""


@dataclass(frozen=True)
class Answers:
    """The analysed persons' answers to every item (after reversal, NaN where missing), and whether they were asked."""

    given: pd.DataFrame
    asked: pd.DataFrame

    @property
    def answered(self) -> pd.DataFrame:
        """Whether each person answered each item."""
        return self.given.notna()

    def asked_all(self, items: list[str]) -> npt.NDArray[np.bool_]:
        """The persons who were asked every one of ``items``."""
        return self.asked[items].all(axis=1).to_numpy(dtype=bool)


def missing_tables(measured: Measured) -> Tables:
    """``missing_by_language``, ``missing_by_group``, ``missing_patterns``, ``missing_tests``, ``missing_methods``."""
    answers = answers_of(measured)
    made = {
        "missing_by_language": by_language(measured, answers),
        "missing_by_group": by_group(measured, answers),
        "missing_patterns": patterns_of_scales(measured, answers),
        "missing_tests": tests_of_sets(measured, answers),
        "missing_methods": methods_of_scales(measured, answers),
    }
    # a table without rows, or without any figure, has its columns too
    return {name: table.reindex(columns=list(table_contracts()[name].columns)) for name, table in made.items()}


def answers_of(measured: Measured) -> Answers:
    """Answers and what was asked, row by row the persons of ``measured.analysed``."""
    items = [field.name for field in measured.instrument.with_role("item")]
    pooled = measured.pooled[measured.persons["analysed"]].reset_index(drop=True)
    reasons = pooled[[reason_column(item) for item in items]].set_axis(items, axis=1)
    asked = (reasons != NOT_ASKED).fillna(True).astype(bool)
    return Answers(measured.analysed[items].astype(float), asked)


def scales_by_item(instrument: Instrument) -> list[tuple[str, str]]:
    """Scale and item, in the order of the scales; then, with an empty scale, the items that belong to none."""
    pairs = [(construct.name, item) for construct in instrument.constructs for item in construct.items]
    in_scales = {item for _, item in pairs}
    return pairs + [("", field.name) for field in instrument.with_role("item") if field.name not in in_scales]


def languages(measured: Measured) -> dict[str, pd.Series[bool]]:
    """Everybody, and the persons of each questionnaire language where there are several."""
    found = groups(measured.study, measured.instrument, measured.analysed)
    return {level: member for variable, level, member in found if variable in (ALL, LANGUAGE)}


def by_language(measured: Measured, answers: Answers) -> pd.DataFrame:
    """The table ``missing_by_language``."""
    scales = pd.DataFrame(scales_by_item(measured.instrument), columns=["scale", "item"])
    counted = open_by_group(answers.answered, answers.asked, languages(measured))
    return scales.merge(counted.rename(columns={"group": "language"}), on="item", how="inner")


def by_group(measured: Measured, answers: Answers) -> pd.DataFrame:
    """The table ``missing_by_group``."""
    items_of = {scale.name: scale.item_names for scale in measured.scales} | {ALL: list(answers.given.columns)}
    every_group = list(_groups(measured))
    parts = []
    for name, items in items_of.items():
        # a scale's rate by language would give away counts that are hidden in missing_by_language
        asked_of = [group for group in every_group if name == ALL or group[0] != LANGUAGE]
        rates = open_rates(answers.answered[items], answers.asked[items], [member for *_, member in asked_of])
        names = {"variable": [group[0] for group in asked_of], "level": [group[1] for group in asked_of]}
        parts.append(rates.assign(scale=name, **names))
    table = pd.concat(parts, ignore_index=True)
    return table[table["n_obs"] > 0].reset_index(drop=True)


def _groups(measured: Measured) -> Iterator[tuple[str, str, pd.Series[bool]]]:
    """Everybody, then the levels of language, project and wave."""
    for level, member in languages(measured).items():
        yield (ALL if level == ALL else LANGUAGE), level, member
    for variable in ("project", "wave"):
        values = as_text(measured.analysed[variable])
        for level in sorted(values.dropna().unique()):
            yield variable, str(level), (values == level).fillna(False).astype(bool)


def patterns_of_scales(measured: Measured, answers: Answers) -> pd.DataFrame:
    """The table ``missing_patterns``."""
    left_open = answers.asked & ~answers.answered
    by_scale = pd.DataFrame(
        {scale.name: left_open[scale.item_names].any(axis=1) for scale in measured.primary}, index=left_open.index
    )
    return patterns(by_scale, minimum_n=measured.params.minimum_n_pattern).assign(set=PRIMARY)


def tests_of_sets(measured: Measured, answers: Answers) -> pd.DataFrame:
    """The table ``missing_tests``."""
    sets = {scale.name: scale.item_names for scale in measured.primary}
    rows = []
    for name, items in {**sets, ALL: _items_of(measured.primary)}.items():
        asked = answers.asked_all(items)
        test = little_test(answers.given.loc[asked, items].to_numpy(), minimum_n=measured.params.minimum_n)
        rows.append({
            "set": name, "n_obs": test.n_obs, "n_items": test.n_items, "n_patterns": test.n_patterns,
            "chisq": test.chisq, "df": test.df, "pvalue": test.pvalue,
            "problem": test.problem if asked.any() else NOT_ASKED,
        })  # fmt: skip
    return pd.DataFrame(rows)


def _items_of(scales: Iterable[Scale]) -> list[str]:
    return list(dict.fromkeys(item for scale in scales for item in scale.item_names))


def methods_of_scales(measured: Measured, answers: Answers) -> pd.DataFrame:
    """The table ``missing_methods``."""
    filled, beside = imputed(measured, answers)
    rows = []
    placed = persons_with_errors(measured)
    for scale in measured.primary:
        asked_all = answers.asked_all(scale.item_names)
        asked = asked_all & placed
        left_out = ("unplaced_left_out",) * bool((asked_all & ~placed).any())
        question = question_of(measured, answers, scale, asked)
        if not asked.any():
            empty = [{"quantity": q, "method": m, "n_obs": 0} for q in quantities(question) for m in METHODS]
            rows += [{"scale": scale.name, **one, "problem": NOT_ASKED} for one in empty]
            continue
        items = [filled[item][:, asked] for item in scale.item_names if item in filled]
        enough = len(items) == len(scale.item_names)
        for found in estimates(question, np.stack(items, axis=2) if enough else None):
            codes = found.problems
            if np.isfinite(found.estimate):
                codes += left_out + (beside if found.method == "imputation" else ())
            rows.append({
                "scale": scale.name, "quantity": found.quantity, "method": found.method, "n_obs": found.n_obs,
                "estimate": found.estimate, "se": found.se, "df": found.df if np.isfinite(found.df) else np.nan,
                "ci_lower": found.ci_lower, "ci_upper": found.ci_upper, "missing_information": found.missing_share,
                "problem": ";".join(codes),
            })  # fmt: skip
    return pd.DataFrame(rows)


def persons_with_errors(measured: Measured) -> npt.NDArray[np.bool_]:
    """Whose project is known, where there are projects enough for errors to allow for them; else everybody."""
    project = measured.analysed["project"]
    known = project.notna().to_numpy(dtype=bool)
    return known if project.nunique() >= MINIMUM_CLUSTERS else np.ones(len(known), dtype=bool)


def question_of(measured: Measured, answers: Answers, scale: Scale, asked: npt.NDArray[np.bool_]) -> Question:
    """What is asked of one scale, of the persons who were ``asked`` all of it."""
    traits = measured.study.declaration.traits
    persons = measured.analysed[asked]
    return Question(
        scale=scale,
        answers=answers.given.loc[asked, scale.item_names],
        traits=pd.DataFrame({trait.name: persons[trait.dummy] for trait in traits}, index=persons.index),
        cluster_traits=frozenset(trait.name for trait in traits if trait.of == "unit"),
        clusters=cluster_codes(persons["project"]),
        minimum_n=measured.params.minimum_n,
        confidence=measured.params.confidence,
    )


def imputed(measured: Measured, answers: Answers) -> tuple[dict[str, npt.NDArray[np.floating]], tuple[str, ...]]:
    """Imputed answers (imputations, persons) of the primary scales' items, and codes to stand beside what follows.

    All items are imputed together, from one another and from what is known of everybody. Items with too few answers are
    left out; nothing is imputed when there are too few for the rest.
    """
    given = answers.given[_items_of(measured.primary)]
    n_answers = given.notna().sum()
    given = given.loc[:, n_answers >= max(measured.params.minimum_n, DONORS)]
    if given.empty:
        return {}, ()
    fewest = int(n_answers[given.columns].min())
    for predictors, codes in _predictors(measured):
        if PERSONS_A_PREDICTOR * (given.shape[1] + predictors.shape[1]) <= fewest:
            rng = np.random.default_rng(np.random.SeedSequence([measured.params.seed, crc32(b"missing.imputed")]))
            filled = impute(given, predictors, imputations=measured.params.imputations, rng=rng)
            return {item: filled[:, :, place] for place, item in enumerate(given.columns)}, codes
    return {}, ()


def _predictors(measured: Measured) -> Iterator[tuple[pd.DataFrame, tuple[str, ...]]]:
    """What items are imputed from beside one another, from the most to the least, with codes of what is left out.

    Projects as dummies: without them imputed answers are alike where residents of a project are not, with them a little
    more different than they are (Andridge 2011; Drechsler 2015; Lüdtke, Robitzsch & Grund 2017). They stand for what
    belongs to projects, traits too.
    """
    traits = measured.study.declaration.traits
    fields = [field.name for field in measured.instrument.with_role("language")]
    own = [trait.name for trait in traits if trait.of != "unit"]
    everything = [*fields, "wave", *own, "project"]
    yield dummies(measured.analysed, everything), ()
    for names in ([*fields, "wave", *(trait.name for trait in traits)], [trait.name for trait in traits]):
        yield dummies(measured.analysed, names), ("imputed_without_projects",)


def dummies(persons: pd.DataFrame, variables: Iterable[str]) -> pd.DataFrame:
    """A column of ones and noughts for every value of each variable but its first; not known is a value."""
    parts = [
        pd.get_dummies(as_text(persons[name]).fillna(""), prefix=name, drop_first=True, dtype=float)
        for name in dict.fromkeys(variables)
    ]
    return pd.concat([pd.DataFrame(index=persons.index), *parts], axis=1)
