"""The stage judge on tables written by hand: curve, quality, history, and claims of every kind."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.artefacts import empty_table, read_table, table_contracts, write_table
from pipeline.declare import Study, load_study
from pipeline.declare.params import StressChoices, StressParams
from pipeline.errors import InputError
from pipeline.stages import judge

TESTS = Path(__file__).resolve().parents[2]
POOL = "tiny"
CHOICES = StressChoices(
    score=["mean"], estimator=["ols"], missing=["listwise"], careless=["keep"], residents=["analysed"],
    covariates=["none"], clustering=["project_means"], waves=["all", "each"], left_out=["none"],
)  # fmt: skip
Tables = dict[str, pd.DataFrame]


@pytest.fixture
def tables() -> Tables:
    """The made-up tables of the tests of the report, in which T1 is supported and T2 nearly is."""
    path = TESTS / "pipeline" / "present" / "conftest.py"
    spec = importlib.util.spec_from_file_location("made_up", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made: Tables = module.made_up_tables()
    made["trait_contrasts"]["pvalue_adjusted"] = 0.001
    # what stress writes stands in the tests that are about it
    return made | {name: empty_table(name) for name in ("specifications", "specification_curves")}


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """A copy of the tiny study, with a specification curve."""
    found = load_study(Path(shutil.copytree(TESTS / "fixtures" / "tiny_study", tmp_path / "study")))
    return replace(found, params=found.params.model_copy(update={"stress": StressParams(choices=CHOICES)}))


def with_claims(study: Study, **statements: dict[str, Any]) -> Study:
    """The study with fields of its claims replaced, by id."""
    claims = [claim.model_copy(update=statements.get(claim.id, {})) for claim in study.claims.claims]
    return replace(study, claims=study.claims.model_copy(update={"claims": claims}))


def judged(study: Study, tables: Tables) -> pd.DataFrame:
    """The verdicts by claim."""
    for name, table in tables.items():
        if name not in ("verdicts", "verdict_history"):
            write_table(study.root, name, table, pool=POOL, model="tiny", wave="")
    judge.run(study, pool=POOL)
    return read_table(study.root, "verdicts", pool=POOL).set_index("claim")


def curve(**changed: Any) -> pd.DataFrame:
    """The curve of T1: 500 specifications, nearly all on the claimed side."""
    row = dict.fromkeys(table_contracts()["specification_curves"].columns) | {
        "claim": "T1", "n_cross": 4000, "n_run": 500, "n_ok": 500, "share_claimed": 0.98, "pvalue_median": 0.002,
        "minimum_pvalue": 0.001, "exact": "false", "scheme": "signs",
    }  # fmt: skip
    return pd.DataFrame([row | changed])


def test_without_a_curve_the_rule_is_passed_over(study: Study, tables: Tables) -> None:
    row = judged(study, tables).loc["T1"]
    assert (row["verdict"], row["reason"]) == ("supported", "clear_effect")
    assert row[["curve_share", "curve_pvalue", "n_specifications"]].isna().all()
    # 0.1 is 1.43 standard errors, on 6.9 degrees of freedom; R 4.2.2: pt(qt(.975, 6.9), 6.9, ncp = .1/.07, lower = F)
    assert row["power"] == pytest.approx(0.2343723977)


@pytest.mark.parametrize(
    ("changed", "verdict", "reason"),
    [
        ({}, "supported", "clear_effect"),
        ({"share_claimed": 0.79}, "leaning", "depends_on_choices"),
        ({"pvalue_median": 0.06}, "leaning", "not_over_all_choices"),
        ({"pvalue_median": 0.06, "minimum_pvalue": 0.06}, "supported", "clear_effect"),
    ],
)
def test_a_curve_may_take_support_away(
    study: Study, tables: Tables, changed: dict[str, Any], verdict: str, reason: str
) -> None:
    row = judged(study, tables | {"specification_curves": curve(**changed)}).loc["T1"]
    assert (row["verdict"], row["reason"]) == (verdict, reason)
    assert (row["n_specifications"], row["curve_share"]) == (500, changed.get("share_claimed", 0.98))


def test_a_study_without_stress_reads_no_curve(study: Study, tables: Tables) -> None:
    without = replace(study, params=study.params.model_copy(update={"stress": None}))
    row = judged(without, tables | {"specification_curves": curve(share_claimed=0.1)}).loc["T1"]
    assert row["verdict"] == "supported"


def test_what_is_wrong_with_the_measurement_takes_support_away(study: Study, tables: Tables) -> None:
    reliability = tables["reliability"].assign(omega=0.5)
    row = judged(study, tables | {"reliability": reliability}).loc["T1"]
    assert (row["verdict"], row["reason"]) == ("leaning", "measured_poorly")
    assert row["quality"].startswith("unreliable:TIES;unreliable:SAT")
    discriminant = tables["discriminant_validity"].assign(verdict="not_distinct")
    row = judged(study, tables | {"discriminant_validity": discriminant}).loc["T1"]
    assert (row["verdict"], row["reason"]) == ("leaning", "not_distinct")


def test_levels_that_do_not_answer_alike_cannot_be_compared(study: Study, tables: Tables) -> None:
    figures = {"effect_size_ci_lower": 0.1, "effect_size_ci_upper": 1.0}
    tables["trait_contrasts"] = tables["trait_contrasts"].assign(**figures)
    for allows, verdict, reason in (
        ("means", "supported", "clear_effect"), ("relations", "leaning", "not_measured_alike"),
    ):  # fmt: skip
        ladder = tables["invariance"].assign(allows=allows)
        row = judged(study, tables | {"invariance": ladder}).loc["T2"]
        assert (row["verdict"], row["reason"]) == (verdict, reason)
    row = judged(study, tables | {"invariance": empty_table("invariance")}).loc["T2"]
    assert (row["verdict"], row["quality"]) == ("supported", "unknown_alike:SAT-place")


# --- claims of every kind, from the tables alone


def test_the_short_form_takes_its_outcome_from_the_claim(study: Study, tables: Tables) -> None:
    short = with_claims(study, T2={"statement": "effect(place) > 0", "outcome": "TIES"})
    assert judged(short, tables).loc["T2", "estimate"] == 0.55


def test_a_path_from_a_trait_has_projects_as_units_and_falls_with_them(study: Study, tables: Tables) -> None:
    about_trait = with_claims(study, T1={"statement": "SAT ~ central > 0"})
    row = judged(about_trait, tables).loc["T1"]
    assert (row["estimate"], row["units"], row["verdict"]) == (0.12, "projects", "leaning")
    refused = tables["trait_contrasts"].assign(refused="too_few_projects")
    row = judged(about_trait, tables | {"trait_contrasts": refused}).loc["T1"]
    assert (row["verdict"], row["reason"]) == ("cannot_tell", "too_few_projects")


def test_a_difference_between_groups_comes_from_the_joint_model(study: Study, tables: Tables) -> None:
    places = with_claims(study, T1={"statement": "difference(TIES ~ SAT, place) > 0"})
    row = judged(places, tables).loc["T1"]
    # standardised and not are the same in the made-up table
    assert (row["estimate"], row["se"], row["df"], row["units"]) == (0.1, 0.15, 5.2, "projects")
    assert (row["n_obs"], row["n_projects"], row["verdict"]) == (160, 8, "cannot_tell")
    owners = with_claims(study, T1={"statement": "difference(TIES ~ SAT, tenure) > 0"})
    row = judged(owners, tables).loc["T1"]
    assert (row["n_obs"], row["n_projects"], row["units"]) == (140, 8, "persons")
    assert (row["verdict"], row["reason"]) == ("supported", "clear_effect")


DIRECTION = {
    "model": "other", "path": "TIES ~ SAT", "equivalent": "a", "n_obs": 170, "n_projects": 8, "estimator": "MLR",
    "missing": "fiml", "errors": "cr2", "converged": "true", "admissible": "true", "cfi": 0.99, "rmsea": 0.02,
    "std_all": 0.4, "std_all_se": 0.1, "std_all_ci_lower": 0.15, "std_all_ci_upper": 0.65, "message": "",
}  # fmt: skip
EFFECT = {
    "model": "other", "effect": "through", "path": "central -> SAT -> TIES", "units": "projects", "n_obs": 170,
    "n_projects": 8, "est": 0.3, "std_all": 0.2, "std_all_se": 0.05, "ci_lower": 0.12, "ci_upper": 0.31,
    "delta_ci_lower": 0.1, "delta_ci_upper": 0.3, "method": "expanded_percentile", "n_draws": 1000, "n_failed": 0,
    "message": "",
}  # fmt: skip


@pytest.fixture
def with_direction(study: Study) -> Callable[[str], Study]:
    """The study with a model of another direction, and T1 about it."""
    text = (study.models["tiny"].replace("central", "a*central") + "\n").replace("TIES ~ SAT", "TIES ~ b*SAT")
    assert "a*central" in text and "b*SAT" in text
    directions = study.params.directions.model_copy(update={"models": ["other", "turned"]})
    turned = study.models["tiny"].replace("TIES ~ SAT", "SAT ~ TIES")
    more = replace(
        study,
        models=study.models | {"other": text + "through := a*b\n", "turned": turned},
        params=study.params.model_copy(update={"directions": directions}),
    )
    return lambda statement: with_claims(more, T1={"statement": statement, "model": "other"})


def one_row(name: str, row: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([dict.fromkeys(table_contracts()[name].columns) | row])


@pytest.mark.parametrize(
    ("statement", "estimate", "lower", "method"),
    [("through > 0", 0.2, 0.12, "expanded_percentile"), ("TIES ~ SAT > 0", 0.4, 0.15, "mlr")],
)
def test_a_claim_may_live_in_a_model_of_another_direction(
    with_direction: Callable[[str], Study], tables: Tables, statement: str, estimate: float, lower: float, method: str
) -> None:
    made = {
        "directions": one_row("directions", DIRECTION),
        "indirect_effects": one_row("indirect_effects", EFFECT),
    }
    row = judged(with_direction(statement), tables | made).loc["T1"]
    assert (row["estimate"], row["ci_lower"], row["method"], row["model"]) == (estimate, lower, method, "other")
    assert row["verdict"] == "supported"


def test_directions_tell_of_their_direction_alone(with_direction: Callable[[str], Study], tables: Tables) -> None:
    with pytest.raises(InputError, match=r"claim T1: model other stands under directions\.models.*TIES ~ SAT"):
        judged(with_direction("SAT ~ central > 0"), tables)


def test_differences_need_groups(study: Study, tables: Tables) -> None:
    alone = study.params.structure.model_copy(update={"groups": False})
    without = replace(study, params=study.params.model_copy(update={"structure": alone}))
    with pytest.raises(InputError, match=r"structure\.groups"):
        judged(with_claims(without, T1={"statement": "difference(TIES ~ SAT, place) > 0"}), tables)


# --- history


def specification(claim: str, waves: str, **figures: Any) -> dict[str, Any]:
    """One specification; without figures, a clear effect."""
    axes = ["score", "estimator", "missing", "careless", "residents", "covariates", "alternative", "clustering"]
    row = dict.fromkeys(table_contracts()["specifications"].columns, "") | dict.fromkeys(axes, "-")
    row |= {"claim": claim, "specification": f"-.{waves}", "waves": waves, "left_out": "none", "status": "ok"}
    row |= {"main": "true" if waves == "all" else "false", "n_obs": 80, "n_projects": 8, "estimate": 0.5, "se": 0.1}
    return row | {"df": 6, "ci_lower": 0.25, "ci_upper": 0.75, "pvalue": 0.001} | figures


def history(study: Study, tables: Tables, *rows: dict[str, Any]) -> dict[tuple[str, str, str], tuple[str, str]]:
    judged(study, tables | {"specifications": pd.DataFrame(rows)} if rows else tables)
    table = read_table(study.root, "verdict_history", pool=POOL)
    return {(row["claim"], row["wave"], row["scope"]): (row["verdict"], row["reason"]) for _, row in table.iterrows()}


def test_the_history_goes_wave_by_wave(study: Study, tables: Tables) -> None:
    too_few = {"status": "refused", "reason": "too_few_projects"}
    found = history(
        study, tables,
        specification("T1", "all"), specification("T1", "tiny-2020", ci_lower=-0.1),
        specification("T1", "tiny-2022"),
        specification("T1", "tiny-2022", score="sum", estimate=-0.5, ci_lower=-0.7, ci_upper=-0.3),
        specification("T2", "all"), specification("T2", "tiny-2020", **too_few),
    )  # fmt: skip
    assert found == {
        ("T1", "tiny-2020", "alone"): ("leaning", "interval_includes_zero"),
        ("T1", "tiny-2020", "so_far"): ("leaning", "interval_includes_zero"),
        ("T1", "tiny-2022", "alone"): ("supported", "clear_effect"),
        ("T1", "tiny-2022", "so_far"): ("supported", "clear_effect"),
        ("T2", "tiny-2020", "alone"): ("cannot_tell", "too_few_projects"),
        ("T2", "tiny-2020", "so_far"): ("cannot_tell", "too_few_projects"),
        ("T2", "tiny-2022", "so_far"): ("supported", "clear_effect"),
        ("T3", "tiny-2022", "so_far"): ("cannot_tell", "too_imprecise"),
    }
    assert list(found) == sorted(found)


def test_without_specifications_the_history_is_what_stands_now(study: Study, tables: Tables) -> None:
    assert list(history(study, tables)) == [(claim, "tiny-2022", "so_far") for claim in ("T1", "T2", "T3")]


def test_p_values_are_adjusted_within_a_wave(study: Study, tables: Tables) -> None:
    found = history(
        study, tables,
        specification("T1", "all"), specification("T1", "tiny-2022", pvalue=0.03),
        specification("T2", "all"), specification("T2", "tiny-2022", pvalue=0.04),
        specification("T3", "all"), specification("T3", "tiny-2022", pvalue=0.03),
    )  # fmt: skip
    alone = {claim: found[claim, "tiny-2022", "alone"] for claim in ("T1", "T2", "T3")}
    # two confirmatory claims; two outcomes that an exploratory trait may be compared on
    assert alone == dict.fromkeys(("T1", "T2", "T3"), ("leaning", "not_after_adjustment"))


def test_the_history_shares_the_quality_but_not_the_curve(study: Study, tables: Tables) -> None:
    rows = [specification("T1", waves) for waves in ("all", "tiny-2020", "tiny-2022")]
    doubtful = tables | {"specification_curves": curve(share_claimed=0.5)}
    assert set(history(study, doubtful, *rows).values()) >= {("supported", "clear_effect")}
    assert judged(study, doubtful).loc["T1", "reason"] == "depends_on_choices"
    unreliable = tables | {"reliability": tables["reliability"].assign(omega=0.5)}
    of_t1 = {key: value for key, value in history(study, unreliable, *rows).items() if key[0] == "T1"}
    assert set(of_t1.values()) == {("leaning", "measured_poorly")}
