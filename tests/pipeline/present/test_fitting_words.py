"""What the estimator says of a model without a solution, in the reader's language; nothing of what is hidden."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pandas as pd
import pytest

from analysis.sem import admissible
from analysis.sem.admissible import Code
from pipeline.present.context import Context, catalogue
from pipeline.present.pages.model.fit import problems
from pipeline.present.words.fitting import SENTENCES, code_of, message_in_words
from pipeline.stages._fitting import _too_few

MakeContext = Callable[..., Context]
Tables = dict[str, pd.DataFrame]
PROBLEMS = (
    admissible._negative("SAT", ""),
    admissible._at_bound("SAT ~~ SAT", "rent"),
)


def test_every_code_of_a_solution_has_a_sentence_that_is_known_and_a_phrase() -> None:
    known = {code for code, _ in SENTENCES}
    assert set(get_args(Code)) <= known
    assert all(f"solution {code}" in catalogue() for code in known)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_sentences_of_the_estimator_are_known_by_their_code(problem: admissible.Problem) -> None:
    assert code_of(problem.sentence)[0] == problem.code


@pytest.mark.parametrize(
    ("sentence", "dutch"),
    [
        (
            "The correlation of SAT and TIES (SAT ~~ TIES) is beyond one in group rent: the data do not tell them"
            " apart. Try them as one factor.",
            "‘Tevredenheid’ en ‘Banden’ zouden sterker samenhangen dan kan; de antwoorden houden ze niet uit elkaar",
        ),
        (
            "The residuals of SAT and TIES (SAT ~~ TIES) correlate beyond one. Try a path between them in its place.",
            "wat er van ‘Tevredenheid’ en ‘Banden’ onverklaard blijft, zou sterker samenhangen dan kan",
        ),
        ("No solution was found in 300 steps: the estimates kept moving.", "er is geen oplossing gevonden"),
        (
            "The model is not identified: SAT ~~ SAT can change without changing the fit. Fix a parameter.",
            "de antwoorden leggen niet alle schattingen vast",
        ),
        (_too_few(100), "minder dan 100 mensen gaven de antwoorden die het model nodig heeft"),
        (
            "SAT, TIES does not vary among the persons used: leave it out of the model.",
            "op ‘Tevredenheid’ en ‘Banden’ is er geen verschil tussen mensen",
        ),
        (
            "The model uses SAT, which this pool's questionnaire does not have.",
            "dit is niet gevraagd: ‘Tevredenheid’",
        ),
        ("Something nobody thought of.", "zie de cijfers (CSV)"),
        ("", ""),
    ],
)
def test_a_reader_of_dutch_reads_dutch(context: Callable[[str], Context], sentence: str, dutch: str) -> None:
    assert message_in_words(context("nl"), sentence, {}) == dutch


def test_of_hidden_models_nothing_is_claimed(context_of: MakeContext, tables: Tables) -> None:
    fit = tables["model_fit"]
    assert problems(context_of("en", model_fit=fit)) == "There is a solution that can be true for every model.\n"
    some, all_of_them = fit.copy(), fit.assign(n_obs=8)
    some.loc[some["trait"] != "all", "n_obs"] = 8  # fewer than may be shown
    assert "All models that are shown here" in problems(context_of("en", model_fit=some))
    assert problems(context_of("en", model_fit=all_of_them)).startswith("Nothing is shown of these models")
