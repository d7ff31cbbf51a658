"""The stage power: what a planned wave would tell, from the study's own declarations."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from analysis.power.truth import score_weights, true_effect
from analysis.simulate import true_effects
from pipeline.artefacts import read_table
from pipeline.declare import Study, load_study
from pipeline.declare.params import PowerParams
from pipeline.errors import InputError
from pipeline.stages import power

REPOSITORY = Path(__file__).resolve().parents[3]
SMALL = PowerParams(
    seed=5, replications=20, workers=1, projects=[6, 8], per_project=[13], effects=[1.0], target=0.8
)  # fmt: skip


@pytest.fixture(scope="module")
def shipped() -> Study:
    return load_study(REPOSITORY)


def planned(study: Study, root: Path, **params: object) -> Study:
    """The shipped declarations with a small plan, tables to go below ``root``."""
    small = SMALL.model_copy(update=params)
    return replace(study, root=root, params=study.params.model_copy(update={"power": small}))


def test_both_tables_are_written_and_do_not_depend_on_the_workers(shipped: Study, tmp_path: Path) -> None:
    for workers in (1, 2):
        power.run(planned(shipped, tmp_path / str(workers), workers=workers))
    for name in ("power", "power_needed"):
        one, two = ((tmp_path / w / "build" / "power" / f"{name}.csv").read_bytes() for w in ("1", "2"))
        assert one == two
    table = read_table(tmp_path / "1", "power")
    assert list(dict.fromkeys(table["claim"])) == [claim.id for claim in shipped.claims.claims]
    assert set(table["n_projects"]) == {"6", "8"}
    shares = table[["supported", "leaning", "not_supported", "contradicted", "cannot_tell"]].sum(axis=1)
    assert shares.tolist() == pytest.approx([1.0] * len(table))
    # three projects a side tell nothing about places and buildings
    few = table[(table["n_projects"] == "6") & table["claim"].isin(["C5", "C6", "C7", "C8"])]
    assert few["n_failed"].tolist() == [20.0] * 4
    assert not (tmp_path / "1" / "build" / "work" / "power").exists()
    needed = read_table(tmp_path / "1", "power_needed")
    assert set(needed["status"]) <= {"reached", "beyond", "never"}
    assert (needed["needed"].isna() == (needed["status"] != "reached")).all()


def test_the_truth_is_that_of_the_simulated_waves(shipped: Study) -> None:
    inputs = power.power_inputs(shipped, seed=1)
    assert inputs is not None
    weights = score_weights(inputs.items, inputs.scales, inputs.differences)
    every = true_effects(inputs.parameters, weights_by_score=weights)
    found = {c.id: true_effect(inputs.parameters, c.statement, weights=weights) for c in inputs.claims}
    assert found["C1"] == every["cor(HS, SC)"]
    assert found["C5"] == pytest.approx(every["effect(location, HS)"])
    assert found["C8"] == pytest.approx(every["effect(location, ties_inside_minus_outside)"])


def test_settings_are_those_the_pipeline_judges_by(shipped: Study) -> None:
    inputs = power.power_inputs(shipped, seed=1)
    assert inputs is not None
    params = shipped.params
    assert inputs.outcomes == tuple(shipped.declaration.outcomes)
    assert (inputs.alpha, inputs.confidence, inputs.adjust) == (
        params.judge.alpha, params.judge.confidence, params.compare.adjust,
    )  # fmt: skip
    assert inputs.fitted["estimator"] == params.structure.estimator
    assert inputs.analysed == {"role": frozenset({"status_holder"})}


def test_without_a_plan_or_parameters_the_tables_are_empty(shipped: Study, tiny_study: Study, tmp_path: Path) -> None:
    unplanned = replace(shipped, root=tmp_path, params=shipped.params.model_copy(update={"power": None}))
    undeclared = replace(tiny_study, params=tiny_study.params.model_copy(update={"power": SMALL}))
    for study in (unplanned, undeclared):
        power.run(study)
        assert all(read_table(study.root, name).empty for name in ("power", "power_needed"))


def test_effects_that_cannot_be_are_refused(shipped: Study, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"params.yaml: power: effects times 4"):
        power.run(planned(shipped, tmp_path, effects=[1.0, 4.0]))


def test_parameters_that_cannot_be_read_are_named(shipped: Study, tmp_path: Path) -> None:
    simulate = {**shipped.params.simulate, "parameters": {"traits": ["location"]}}
    broken = replace(shipped, root=tmp_path, params=shipped.params.model_copy(update={"simulate": simulate}))
    with pytest.raises(InputError, match=r"surveys/simulation.yaml: factors"):
        power.run(broken)
