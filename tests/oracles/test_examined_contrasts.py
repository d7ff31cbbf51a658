"""``magical-housing contrast`` on data that no other reference uses, against R's packages and plain enumeration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.commands.answers import numbers_by_person
from pipeline.commands.contrast import result_of
from pipeline.commands.contrast_request import Asked, request_of

HERE = Path(__file__).parent / "examined_contrasts"
CASES: list[dict[str, Any]] = json.loads((HERE / "cases.json").read_text(encoding="utf-8"))
MODELS: dict[str, Any] = json.loads((HERE / "models.json").read_text(encoding="utf-8"))
RESAMPLED: dict[str, Any] = json.loads((HERE / "resampled.json").read_text(encoding="utf-8"))
TOLERANCE = {"mixed": 3e-6}
"""lme4's search stops where another digit of the variances changes nothing."""


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case["id"])
def case(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    """A case's name, and all that the command tells of it."""
    asked: dict[str, Any] = request.param
    options = Asked(
        outcome="y", traits=tuple(asked["traits"]), cluster="project", adjust=tuple(asked["adjust"]),
        high=dict(zip(asked["traits"], asked["high"], strict=True)), minimum_projects=asked.get("minimum", 4),
        confidence=0.95, draws=9999, seed=1,
    )  # fmt: skip
    frame = numbers_by_person(HERE / f"{asked['data']}.csv", named=["project"])
    return asked["id"], result_of(request_of(options, frame))


def test_contrasts_are_those_of_r(case: tuple[str, dict[str, Any]]) -> None:
    name, content = case
    rows = {(row["trait"], row["method"]): row for row in content["contrasts"]}
    for trait, by_method in MODELS[name]["contrasts"].items():
        for method, figures in by_method.items():
            near = TOLERANCE.get(method, 1e-8)
            found = rows[trait, method]
            assert {k: found[k] for k in figures} == pytest.approx(figures, rel=near, abs=near), (trait, method)
            if method != "persons":
                size = figures["estimate"] / MODELS[name]["sd"]
                assert found["effect_size"] == pytest.approx(size, rel=near, abs=near)


def test_what_they_rest_on_is_that_of_r(case: tuple[str, dict[str, Any]]) -> None:
    name, content = case
    for row in content["designs"]:
        for key in ("n_obs", "icc", "design_effect", "effective_n"):
            assert row[key] == pytest.approx(MODELS[name][key], rel=1e-5, abs=1e-7), (row["trait"], key)
    rows = {(row["trait"], row["left_out"]): row for row in content["left_out"]}
    for by_trait in MODELS[name]["left_out"] or ():
        for trait, figures in by_trait.items():
            found = rows[trait, str(figures["left_out"])]
            if not found["refused"]:
                known = {k: v for k, v in figures.items() if k != "left_out"}
                assert {k: found[k] for k in known} == pytest.approx(known, rel=1e-8, abs=1e-8)


def test_resampling_is_that_of_every_assignment(case: tuple[str, dict[str, Any]]) -> None:
    name, content = case
    rows = {(row["trait"], row["method"]): row for row in content["contrasts"]}
    for trait, by_method in RESAMPLED[name].items():
        for method, tried in by_method.items():
            found = rows[trait, method]
            for effect, pvalue, n in tried:
                if effect == 0:
                    assert (found["pvalue"], found["n_draws"], found["exact"]) == (pytest.approx(pvalue), n, "yes")
                if found["ci_lower"] is not None:  # effects within the interval are those that are not rejected
                    inside = found["ci_lower"] <= effect <= found["ci_upper"]
                    assert inside == (pvalue > 0.05 + 1e-12), (trait, method, effect)
