"""A planned wave is judged as the pipeline would judge it."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.claims import contrast_evidence, family_adjusted, model_evidence
from analysis.clusters.contrasts import trait_contrasts
from analysis.power import Cell, PowerInputs, batches, power_rows, replicate
from analysis.power.contrasts import project_mean_contrasts
from analysis.power.count import wilson
from analysis.power.draw import population, residents
from analysis.power.models import model_found
from analysis.power.replicate import evidence_of
from analysis.sem import fit

CELL = Cell(8, 15, 1.0)
FIGURES = [
    "n_obs", "n_projects_high", "n_projects_low", "estimate", "se", "statistic", "df", "pvalue", "ci_lower",
    "ci_upper", "effect_size", "effect_size_ci_lower", "effect_size_ci_upper", "pvalue_adjusted",
]  # fmt: skip


def drawn(inputs: PowerInputs, cell: Cell = CELL, replication: int = 0) -> pd.DataFrame:
    return residents(inputs, cell, population(inputs.parameters, cell), replication=replication)


def how(inputs: PowerInputs) -> dict[str, object]:
    return {
        "outcomes": inputs.outcomes, "traits": inputs.traits, "cluster": "project", "minimum_units": 4,
        "confidence": 0.95, "adjust": "holm",
    }  # fmt: skip


def both(inputs: PowerInputs, persons: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    ours = project_mean_contrasts(persons, **how(inputs))  # type: ignore[arg-type]
    theirs = trait_contrasts(persons, methods=["project_means"], **how(inputs))  # type: ignore[arg-type]
    key = ["outcome", "trait"]
    return ours.set_index(key).sort_index(), theirs.set_index(key).sort_index()


@pytest.mark.parametrize("case", ["whole", "a project without scores", "one trait alike", "too few", "confounded"])
def test_contrasts_are_those_of_the_stage_compare(inputs: PowerInputs, case: str) -> None:
    persons = drawn(inputs, Cell(6, 15, 1.0) if case == "too few" else Cell(10, 15, 1.0))
    if case == "a project without scores":
        persons.loc[persons["project"] == "p000", ["B", "A_less_B"]] = np.nan
    if case == "one trait alike":
        persons["built"] = 1.0
    if case == "confounded":
        persons["built"] = persons["placed"]
    for trait in inputs.traits:
        persons[trait.name] = persons[trait.dummy].map({1.0: trait.high, 0.0: trait.low})
    ours, theirs = both(inputs, persons)
    assert ours["refused"].tolist() == theirs["refused"].tolist()
    assert ours.index.equals(theirs.index)
    np.testing.assert_allclose(ours[FIGURES].astype(float), theirs[FIGURES].astype(float), rtol=1e-9, atol=1e-12)


def test_an_outcome_without_variation_is_refused(inputs: PowerInputs) -> None:
    ours = project_mean_contrasts(drawn(inputs).assign(A=3.0), **how(inputs))  # type: ignore[arg-type]
    assert set(ours.loc[ours["outcome"] == "A", "refused"]) == {"no_variation"}


def test_models_are_those_of_the_engine(inputs: PowerInputs) -> None:
    persons = drawn(inputs)
    statements = [claim.statement for claim in inputs.claims if claim.model == "main"]
    ours = model_found(inputs, "main", persons, statements)
    whole = fit(inputs.models["main"], persons, estimator="mlr", missing="fiml", errors="cr2", cluster="project")
    row = whole.parameters.query("op == '~' and lhs == 'B' and rhs == 'A'").iloc[0]
    found = ours.parameters.query("op == '~' and lhs == 'B'").iloc[0]
    for name in ("std_all", "std_all_se", "std_all_df_t"):
        assert found[name] == pytest.approx(row[name], rel=1e-6)
    assert ours.facts["cfi"] == pytest.approx(whole.fit["cfi"], abs=1e-9)
    assert ours.facts["rmsea"] == pytest.approx(whole.fit["rmsea"], abs=1e-9)
    assert (ours.facts["converged"], ours.facts["admissible"]) == (True, whole.admissible)


def test_with_answers_as_given_nothing_is_saved(inputs: PowerInputs) -> None:
    inputs = replace(inputs, answers="as_given")
    persons = drawn(inputs)
    found = model_found(inputs, "main", persons, [inputs.claims[0].statement])
    whole = fit(inputs.models["main"], persons, cluster="project", **inputs.fitted)
    pd.testing.assert_frame_equal(found.parameters, whole.parameters)
    assert found.facts["rmsea_robust"] == whole.fit["rmsea_robust"]


def test_too_few_persons_and_too_few_projects_for_the_errors(inputs: PowerInputs) -> None:
    statement = inputs.claims[0].statement
    assert not model_found(inputs, "main", drawn(inputs, Cell(4, 12, 1.0)), [statement]).facts["converged"]
    few = model_found(inputs, "main", drawn(inputs, Cell(3, 60, 1.0)), [statement])
    assert (few.facts["converged"], few.facts["errors"]) == (True, "robust")


def test_evidence_is_adjusted_over_what_is_looked_at_together(inputs: PowerInputs) -> None:
    persons = drawn(inputs)
    ours = evidence_of(inputs, persons)
    contrasts = trait_contrasts(
        persons.assign(**{t.name: persons[t.dummy].map({1.0: t.high, 0.0: t.low}) for t in inputs.traits}),
        methods=["project_means"], **how(inputs),  # type: ignore[arg-type]
    )  # fmt: skip
    expected = {}
    for claim in inputs.claims:
        if claim.model:
            whole = fit(inputs.models[claim.model], persons, cluster="project", **inputs.fitted)
            facts = {"converged": True, "admissible": True, "n_obs": 120.0, "n_projects": 8.0} | whole.fit
            facts |= {"estimator": "mlr", "errors": "cr2"}
            expected[claim.id] = model_evidence(
                claim.statement, parameters=whole.parameters, model_fit=facts, confidence=0.95
            )
        else:
            expected[claim.id] = contrast_evidence(
                claim.statement, contrasts=contrasts, n_projects_by_outcome={}, unit_traits=["place", "building"],
                confidence=0.95,
            )  # fmt: skip
    kinds = {claim.id: claim.kind for claim in inputs.claims}
    statements = {claim.id: claim.statement for claim in inputs.claims}
    expected = family_adjusted(expected, kinds=kinds, statements=statements)
    for name in kinds:
        for figure in ("estimate", "ci_lower", "ci_upper", "pvalue", "pvalue_adjusted"):
            assert getattr(ours[name], figure) == pytest.approx(getattr(expected[name], figure), rel=1e-5), name


def test_results_do_not_depend_on_how_replications_are_shared_out(inputs: PowerInputs) -> None:
    cells = [CELL, Cell(6, 15, 0.5)]
    rows = [
        power_rows(inputs, [replicate(inputs, task) for task in batches(cells, replications=4, size=size)], cells)
        for size in (4, 3)
    ]
    # as text: NaN is not equal to itself
    assert repr(rows[0]) == repr(rows[1])


def test_a_tally_counts_every_replication(inputs: PowerInputs) -> None:
    tasks = batches([CELL, Cell(6, 15, 1.0)], replications=6, size=6)
    results = json.loads(json.dumps([replicate(inputs, task) for task in tasks]))
    rows = {(t.claim, t.cell.n_projects): t for t in power_rows(inputs, results, [CELL, Cell(6, 15, 1.0)])}
    assert all(sum(t.shares.values()) == pytest.approx(1) and t.replications == 6 for t in rows.values())
    refused = rows["E", 6]
    assert (refused.shares["cannot_tell"], refused.n_failed, refused.detected) == (1.0, 6, 0.0)
    assert np.isnan(refused.half_width)
    found = rows["E", 8]
    assert found.n_failed == 0
    assert 0 < found.shares["supported"] <= found.detected
    assert 0.2 < found.half_width < 1.0
    assert found.true_effect == pytest.approx(0.7, abs=0.1)
    assert rows["D", 8].cell == CELL


def test_the_interval_of_a_share() -> None:
    # Newcombe (1998, Statistics in Medicine 17, 857-872), table I, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29
    for r, n, lower, upper in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611)):
        assert wilson(r / n, n, confidence=0.95) == pytest.approx((lower, upper), abs=5e-5)
    assert wilson(1 / 29, 29, confidence=0.95) == pytest.approx((0.0061, 0.1718), abs=5e-5)
