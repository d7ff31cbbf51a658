"""A small declared study: two traits, two factors, a scale each, a claim of every kind."""

from __future__ import annotations

import pytest

from analysis.claims import parse_statement
from analysis.clusters.contrasts import TraitColumns
from analysis.measurement.scoring import Difference, Item, Scale
from analysis.power import PlannedClaim, PowerInputs
from analysis.simulate import Parameters, read_parameters

MODEL = "A =~ a1 + a2 + a3 + a4\nB =~ b1 + b2 + b3 + b4\nA ~ placed + built\nB ~ A\n"
MEASUREMENT = "A =~ a1 + a2 + a3 + a4\nB =~ b1 + b2 + b3 + b4\n"


@pytest.fixture
def parameters() -> Parameters:
    items = {name: {"loading": 0.75, "share": 0.55} for name in ("a1", "a2", "a3", "a4")}
    return read_parameters(
        {
            "traits": ["place", "building"],
            "factors": {
                "A": {"traits": {"place": 0.8, "building": 0.3}},
                "B": {"paths": {"A": 0.4}},
            },
            "covariances": {},
            "project_share": 0.02,
            "project_wave_share": 0.005,
            "response_rate": [0.5, 0.6],
            "background": {
                "role": {"shares": {"in": 0.5, "out": 0.5}, "shifts": {"out": {"A": -0.5}}},
                "language": {"shares": {"x": 0.5, "y": 0.5}},
            },
            "quantities": {},
            "nonresponse": {"by": "language", "shares": {"x": 0.05, "y": 0.1}, "shape": 0.5, "reasons": {"empty": 1.0}},
            "carelessness": {"straightliners": 0.01, "duplicates": 0.0, "empty": 0.01, "broken_off": 0.02},
            "blocks": {
                "a": {
                    "factor": "A",
                    "codes": [1, 2, 3, 4, 5],
                    "offsets": [-1.5, -0.7, 0, 1.1],
                    "items": items | {"a4": {"loading": -0.7, "share": 0.4}},
                },
                "b": {
                    "factor": "B",
                    "codes": [1, 2, 3, 4, 5],
                    "offsets": [-1.5, -0.7, 0, 1.1],
                    "items": {name.replace("a", "b"): item for name, item in items.items()},
                },
            },
        }
    )


@pytest.fixture
def inputs(parameters: Parameters) -> PowerInputs:
    items = {name: Item(name, 1, 5, reversed=name == "a4") for name in parameters.items}
    scales = tuple(
        Scale(
            factor,
            tuple(item for name, item in items.items() if name.startswith(factor.lower())),
            "mean",
            1.0,
            "half",
            1,
            5,
        )
        for factor in ("A", "B")
    )
    claims = {
        "P": ("B ~ A > 0", "main", "confirmatory"),
        "R": ("cor(A, B) > 0", "measurement", "confirmatory"),
        "E": ("effect(place, A) > 0", "", "confirmatory"),
        "D": ("effect(place, A) > effect(building, A)", "", "confirmatory"),
        "X": ("effect(place, A_less_B) > 0", "", "exploratory"),
    }
    return PowerInputs(
        parameters=parameters,
        analysed={"role": frozenset({"in"})},
        items=tuple(items.values()),
        scales=scales,
        differences=(Difference("A_less_B", ("A",), ("B",)),),
        outcomes=("A", "B", "A_less_B"),
        traits=(
            TraitColumns("place", "unit", "placed", "here", "there"),
            TraitColumns("building", "unit", "built", "old", "new"),
        ),
        models={"main": MODEL, "measurement": MEASUREMENT},
        claims=tuple(
            PlannedClaim(name, parse_statement(text), kind, 0.2 if not model else 0.1, model)  # type: ignore[arg-type]
            for name, (text, model, kind) in claims.items()
        ),
        fitted={"estimator": "mlr", "missing": "fiml", "errors": "cr2", "confidence": 0.95},
        minimum_units=4,
        model_minimum_units=4,
        minimum_n=50,
        adjust="holm",
        confidence=0.95,
        alpha=0.05,
        seed=7,
    )
