"""Every phrase in both languages, and one for every code other stages may write."""

from __future__ import annotations

import re
import string
from typing import get_args

import pytest

from analysis.claims import Reason, Verdict
from analysis.clusters.clustering import Problem as ClusteringProblem
from analysis.clusters.contrast import METHODS as CONTRAST_METHODS
from analysis.clusters.contrasts import Refusal
from analysis.measurement.exploratory import Problem as ExploratoryProblem
from analysis.measurement.ladders import ALLOWS, MESSAGES, REFUSALS
from analysis.measurement.little import Problem as LittleProblem
from analysis.measurement.parallel import METHODS as PARALLEL_METHODS
from analysis.measurement.parallel import Problem as ParallelProblem
from analysis.measurement.reliability import Problem
from analysis.measurement.reversal import ReversalProblem
from analysis.measurement.scale_factor import FactorProblem
from analysis.measurement.side_by_side import SALIENT, ItemProblem
from analysis.measurement.validity import Problem as ValidityProblem
from analysis.measurement.validity import Verdict as ValidityVerdict
from analysis.sem.across_groups import STEPS
from pipeline.artefacts import table_contracts
from pipeline.declare.params import StructureParams
from pipeline.declare.wave import Origin, Wave
from pipeline.present.context import capital, catalogue
from pipeline.present.drawing.colours import SIGNS, answer_colours, contrast, lightened, readable_on
from pipeline.present.pages.scales.dimensions import CROSS_LOADING
from pipeline.stages._fitting import NOTES


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_phrase_is_there_in_both_languages_with_the_same_blanks() -> None:
    for key, texts in catalogue().items():
        assert set(texts) == {"nl", "en"}, key
        assert fields(texts["nl"]) == fields(texts["en"]), key


def listed_problems(table: str) -> list[str]:
    """The codes that the contract lists after ``problem`` in the notes of a table."""
    notes = " ".join(line.strip() for line in table_contracts()[table].notes.splitlines())
    told = re.sub(r"\([^)]*\)", "", notes[notes.index("problem") :])
    return re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", told)


@pytest.mark.parametrize(
    ("codes", "key"),
    [
        (get_args(Verdict), "verdict {}"),
        (get_args(Reason), "reason {}"),
        ([code for code in get_args(Refusal) if code], "refused {}"),
        (get_args(Problem), "problem {}"),
        (get_args(ParallelProblem), "problem {}"),
        (get_args(FactorProblem), "problem {}"),
        (get_args(ExploratoryProblem), "problem {}"),
        (get_args(ItemProblem), "problem {}"),
        (get_args(ValidityProblem), "problem {}"),
        (get_args(ReversalProblem), "problem {}"),
        (get_args(ValidityVerdict), "apart {}"),
        (get_args(ValidityVerdict), "discriminant {}"),
        ([code for code in get_args(ClusteringProblem) if code], "clustering {}"),
        (listed_problems("missing_methods"), "missing {}"),
        (listed_problems("level_differences"), "difference {}"),
        ([code for code in get_args(LittleProblem) if code], "missing {}"),
        (PARALLEL_METHODS, "method {}"),
        (ALLOWS, "allows {}"),
        (ALLOWS, "short {}"),
        (REFUSALS, "ladder {}"),
        (MESSAGES, "ladder {}"),
        (get_args(Origin), "origin {}"),
        (get_args(get_args(Wave.model_fields["mode"].annotation)[0]), "mode {}"),
        (["no_consent", "no_project", "no_population", "empty", "duplicate"], "excluded {}"),
        (CONTRAST_METHODS, "method {}"),
        (get_args(StructureParams.model_fields["errors"].annotation), "errors {}"),
        (get_args(StructureParams.model_fields["missing"].annotation), "missing {}"),
        (NOTES, "fitting {}"),
        (list(STEPS), "equal {}"),
    ],
)
def test_every_code_has_a_phrase(codes: list[str], key: str) -> None:
    assert codes
    assert [code for code in codes if key.format(code) not in catalogue()] == []


def test_a_loading_is_marked_from_where_the_analysis_names_it() -> None:
    assert CROSS_LOADING == SALIENT


def test_numbers_in_dutch_phrases_have_commas() -> None:
    for key, texts in catalogue().items():
        # the version of a licence is part of its name
        assert not re.search(r"\d\.\d", re.sub(r"\bCC BY[\w-]* \d\.\d", "", texts["nl"])), key
        assert not re.search(r"\d,\d", texts["en"]), key


def test_verdicts_have_a_sign_of_their_own() -> None:
    assert set(SIGNS) == set(get_args(Verdict))
    assert len(set(SIGNS.values())) == len(SIGNS)


@pytest.mark.parametrize("n", range(2, 12))
def test_labels_in_bars_can_be_read_in_light_and_dark(n: int) -> None:
    for colours in answer_colours(n):
        for label, bar in zip(readable_on(colours), colours, strict=True):
            assert contrast(label, bar) >= 4.5


def test_colours() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert lightened("#0B6E5F") == "#4fbfae"
    assert contrast(lightened("#5a2d0c"), "#1b2127") > contrast("#5a2d0c", "#1b2127")


def test_capitals() -> None:
    assert [capital(text) for text in ("één huis", "éénmaal", "huis", "")] == ["Eén huis", "Eénmaal", "Huis", ""]
