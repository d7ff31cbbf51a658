"""Options that do not exist or do not go together, each refused with what may be asked instead."""

from __future__ import annotations

from typing import Any

import pytest

from analysis.sem import ModelError
from analysis.sem.options import RECIPES, Estimator, Options


def test_names_may_be_written_in_any_case_and_with_dots() -> None:
    asked = Options.checked(estimator="mlr", missing="FIML", errors="Robust", information="Observed", group_equal=[])
    assert (asked.estimator, asked.missing, asked.errors, asked.information) == ("MLR", "fiml", "robust", "observed")
    assert Options.checked(errors="robust.sem").errors == "robust_sem"
    assert Options.checked(estimator="sam", bounds=True).bounds is True


def test_every_estimator_has_a_recipe() -> None:
    assert set(RECIPES) == set(Estimator.__args__)  # type: ignore[attr-defined]
    assert Options.checked().recipe is RECIPES["ML"]


@pytest.mark.parametrize(
    ("cluster", "estimator", "test"),
    [
        (None, "ML", "standard"),
        ("k", "ML", "yuan_bentler"),
        ("k", "MLR", "yuan_bentler"),
        (None, "WLSMV", "scaled_shifted"),
    ],
)
def test_clusters_add_a_test_that_allows_for_them(cluster: str | None, estimator: str, test: str) -> None:
    assert Options.checked(estimator=estimator, cluster=cluster).test == test


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ({"estimator": "wls2"}, "estimator 'wls2' is not known: choose from ml, mlr"),
        ({"missing": "pairwise"}, "missing 'pairwise' is not known: choose from listwise, fiml"),
        ({"errors": "hc5"}, "se 'hc5' is not known"),
        ({"information": "first"}, "information 'first' is not known: choose from expected, observed"),
        ({"parameterization": "gamma"}, "parameterization 'gamma' is not known: choose from delta, theta"),
        ({"group": "g", "group_equal": ["loading"]}, "group_equal 'loading' is not known: choose from loadings"),
        ({"confidence": 1.0}, "confidence level must lie between 0 and 1"),
        ({"bootstrap": -1}, "draws cannot be negative"),
        ({"estimator": "mlm", "missing": "fiml"}, "missing fiml needs estimator ml or mlr, not mlm"),
        ({"estimator": "sam", "missing": "fiml"}, "missing fiml needs estimator ml or mlr, not sam"),
        ({"ordered": ("a",)}, "Ordered items cannot be fitted by ml: choose estimator wlsmv"),
        ({"estimator": "gls", "ordered": ("a",)}, "Ordered items cannot be fitted by gls"),
        ({"errors": "cr2"}, "se cr2 needs the column of clusters"),
        ({"errors": "robust_cluster"}, "se robust_cluster needs the column of clusters"),
        ({"estimator": "wlsmv", "cluster": "k"}, "need estimator ml, mlr or sam, not wlsmv"),
        ({"errors": "robust_sem", "missing": "fiml"}, "se robust_sem needs complete rows"),
    ],
)
def test_what_cannot_be_asked_is_refused(asked: dict[str, Any], what: str) -> None:
    with pytest.raises(ModelError, match=what):
        Options.checked(**asked)
