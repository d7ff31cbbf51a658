"""Other directions, and effects that run through others, in a copy of the tiny study."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.sem import fit
from analysis.sem.bootstrap import bootstrap
from analysis.sem.intervals import expanded_level
from pipeline.artefacts import read_table, write_persons
from pipeline.declare import Study, load_study
from pipeline.errors import InputError
from pipeline.stages import directions

TINY = Path(__file__).resolve().parents[2] / "fixtures" / "tiny_study"
POOL = "tiny"
MEASURED = "SAT =~ sat1 + sat2 + sat3 + sat4\nTIES =~ tie1 + tie2 + tie3\n"
MODELS = {
    "forth": MEASURED + "SAT ~ p*central\nTIES ~ q*SAT + central\nthrough := p*q\nboth := p + q",
    "back": MEASURED + "SAT ~ TIES + central\nTIES ~ central",
    "shut": MEASURED + "SAT ~ central\nTIES ~ SAT",
}
StudyOf = Callable[..., Study]


@pytest.fixture
def study_of(tmp_path: Path) -> StudyOf:
    """The tiny study with ``MODELS`` in ``directions.models`` and drawn persons: 15 in each of ``k`` projects."""

    def make(*, k: int = 10, models: tuple[str, ...] = tuple(MODELS), **structure: Any) -> Study:
        study = load_study(Path(shutil.copytree(TINY, tmp_path / "study")))
        params = study.params
        changed = {
            "directions": params.directions.model_copy(update={"models": list(models), "draws": 200, "seed": 3}),
            "structure": params.structure.model_copy(update=structure),
        }
        write_persons(study.root, "persons", drawn_persons(k), pool=POOL)
        return replace(study, models={**study.models, **MODELS}, params=params.model_copy(update=changed))

    return make


def drawn_persons(k: int) -> pd.DataFrame:
    """Satisfaction depends on the place, ties on satisfaction; the last person of each project is not analysed."""
    rng = np.random.default_rng(8)
    cluster = np.repeat(np.arange(k), 16)
    central = (cluster % 2).astype(float)
    sat = 0.8 * central + 0.2 * rng.normal(size=k)[cluster] + rng.normal(size=len(cluster))
    ties = 0.6 * sat + rng.normal(size=len(cluster))
    items = {f"sat{i}": sat + 0.7 * rng.normal(size=len(cluster)) for i in range(1, 5)}
    items |= {f"tie{i}": ties + 0.7 * rng.normal(size=len(cluster)) for i in range(1, 4)}
    return pd.DataFrame({
        "respondent": [f"{i:016x}" for i in range(len(cluster))], "wave": "tiny-2020",
        "project": [f"project-{c:02d}" for c in cluster], "analysed": np.arange(len(cluster)) % 16 != 15,
        "place": np.where(central == 1, "centre", "edge"), "central": central, **items,
    })  # fmt: skip


def written(study: Study, name: str) -> pd.DataFrame:
    directions.run(study, pool=POOL)
    return read_table(study.root, name, pool=POOL)


def test_equivalent_directions_share_a_letter_and_the_model_that_claims_more_does_not(study_of: StudyOf) -> None:
    table = written(study_of(), "directions").set_index("model")
    assert list(table["equivalent"]) == ["a", "a", "b"]
    assert table.loc["forth", "chisq"] == pytest.approx(table.loc["back", "chisq"], abs=1e-4)
    assert table.loc["shut", "df"] == table.loc["forth", "df"] + 1
    # "shut" has nothing of its own, "forth" differs from the others in more than one arrow
    assert list(table["path"]) == ["TIES ~ SAT; TIES ~ central", "SAT ~ TIES; TIES ~ central", "TIES ~ SAT"]


def test_the_arrow_that_differs_is_the_one_of_the_fit(study_of: StudyOf) -> None:
    study = study_of(models=("forth", "back"))
    table = written(study, "directions").set_index("model")
    assert list(table["path"]) == ["TIES ~ SAT", "SAT ~ TIES"]
    analysed = drawn_persons(10).query("analysed")
    result = fit(MODELS["back"], analysed, estimator="mlr", missing="fiml", errors="cr2", cluster="project")
    p = result.parameters.set_index(["lhs", "op", "rhs"]).loc[("SAT", "~", "TIES")]
    for column in ("std_all", "std_all_se", "std_all_ci_lower", "std_all_ci_upper"):
        assert table.loc["back", column] == pytest.approx(p[column], abs=1e-8)
    assert table.loc["back", "chisq"] == pytest.approx(result.fit["chisq_scaled"], abs=1e-6)
    assert table.loc["back", "n_obs"] == 150
    assert table.loc["back", "n_projects"] == 10


def test_effects_are_drawn_by_whole_projects_with_expanded_percentiles(study_of: StudyOf) -> None:
    table = written(study_of(models=("forth", "back")), "indirect_effects")
    assert list(table["effect"]) == ["through", "both"]
    assert list(table["path"]) == ["central -> SAT -> TIES", "p+q"]
    row = table.iloc[0]
    assert (row["units"], row["method"], row["n_draws"], row["message"]) == ("projects", "expanded_percentile", 200, "")
    analysed = drawn_persons(10).query("analysed")
    result = fit(MODELS["forth"], analysed, estimator="mlr", missing="fiml", errors="cr2", cluster="project")
    drawn = bootstrap(result.estimated, draws=200, seed=3, by="cluster")
    values = drawn.values("std_all")[:, -2]
    p = result.parameters.set_index("lhs").loc["through"]
    assert row["std_all"] == pytest.approx(p["std_all"], abs=1e-8)
    assert row["std_all_se"] == pytest.approx(values.std(ddof=1), abs=1e-8)
    assert row["delta_ci_lower"] == pytest.approx(p["std_all_ci_lower"], abs=1e-8)
    assert row["n_failed"] == 200 - len(values)
    # ten projects: the 0.9th percentile in place of the 2.5th, which lies farther out
    assert expanded_level(10, 0.95) == pytest.approx(0.0086, abs=5e-5)
    assert np.sort(values)[0] <= row["ci_lower"] <= np.sort(values)[2]
    assert row["ci_lower"] < np.quantile(values, 0.025)
    assert row["ci_upper"] > np.quantile(values, 0.975)


def test_few_projects_are_not_drawn(study_of: StudyOf) -> None:
    table = written(study_of(k=6, models=("forth",)), "indirect_effects")
    assert set(table["message"]) == {"few_projects"}
    assert set(table["method"]) == {"delta"}
    assert table["ci_lower"].isna().all()
    assert table[["std_all", "delta_ci_lower", "delta_ci_upper"]].notna().all(axis=None)


def test_persons_are_drawn_where_errors_do_not_go_by_project(study_of: StudyOf) -> None:
    table = written(study_of(models=("forth",), errors="robust"), "indirect_effects")
    assert set(table["units"]) == {"persons"}
    assert table["ci_lower"].notna().all()


def test_a_model_that_is_not_fitted_keeps_its_rows_without_figures(study_of: StudyOf) -> None:
    study = study_of(models=("forth",), minimum_n=1000)
    table = written(study, "directions")
    assert list(table["equivalent"]) == [""]
    assert table["chisq"].isna().all()
    assert "Fewer than 1000" in table["message"].iloc[0]
    effects = read_table(study.root, "indirect_effects", pool=POOL)
    assert effects["std_all"].isna().all()
    assert list(effects["path"]) == ["central -> SAT -> TIES", "p+q"]


def test_an_effect_of_a_trait_that_does_not_vary_says_so(study_of: StudyOf) -> None:
    study = study_of(models=("forth",))
    persons = drawn_persons(10).assign(central=1.0, place="centre")
    write_persons(study.root, "persons", persons, pool=POOL)
    table = written(study, "indirect_effects")
    assert set(table["message"]) == {"not_defined"}
    assert table["std_all"].isna().all()


def test_without_models_there_is_nothing_to_say(study_of: StudyOf) -> None:
    study = study_of(models=())
    assert written(study, "directions").empty
    assert read_table(study.root, "indirect_effects", pool=POOL).empty


def test_a_model_that_is_not_there_is_named(study_of: StudyOf) -> None:
    with pytest.raises(InputError, match=r"directions\.models: there is no analysis/models/sideways\.lav"):
        directions.run(study_of(models=("sideways",)), pool=POOL)
