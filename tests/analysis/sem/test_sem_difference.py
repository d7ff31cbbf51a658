"""χ² difference tests beside lavaan's, and which pairs of models are refused."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, multivariate_normal

from analysis.sem import FitResult, ModelError, fit
from analysis.sem.difference import difference_test
from analysis.sem.nesting import at_restricted, moment_order

ORACLES = Path(__file__).resolve().parents[2] / "oracles"
PAIRS: dict[str, Any] = json.loads((ORACLES / "difference" / "difference.json").read_text())

# where lavaan 0.6-14 is wrong; see tests/oracles/defects.md
NO_GAMMA = "takes the moments of incomplete data for those of complete data"
LOST_MEANS = "loses the latent means that only the restricted model has"
WRONG = {
    ("fiml-mlr", "satorra_2000"): NO_GAMMA,
    ("fiml-mlr-same-rows", "satorra_2000"): NO_GAMMA,
    ("fiml-mlr", "satorra_bentler_2010"): LOST_MEANS,
    ("scalar-mlr", "satorra_bentler_2010"): LOST_MEANS,
    ("scalar-mlm", "satorra_2000_exact"): LOST_MEANS,
    ("scalar-mlr", "satorra_2000_exact"): LOST_MEANS,
    ("ordered-metric-wlsmv", "satorra_2000_exact"): LOST_MEANS,
}


def wrong(pair: str, test: str) -> bool:
    return any(pair == p and test.startswith(t) for p, t in WRONG)


def for_ordered(pair: str) -> bool:
    return PAIRS[pair]["data"] == "answers"


CASES = [
    (pair, test)
    for pair, content in PAIRS.items()
    for test in content["tests"]
    if not wrong(pair, test) and not (for_ordered(pair) and test.startswith("satorra_bentler"))
]


def options(asked: dict[str, Any] | None) -> dict[str, Any]:
    return {name: tuple(v) if isinstance(v, list) else v for name, v in (asked or {}).items()}


@cache
def fitted(pair: str, which: str) -> FitResult:
    content = PAIRS[pair]
    data = content["data"]
    folder = "difference" if data in ("skewed", "answers", "burns") else "lavaan"
    frame = pd.read_csv(ORACLES / folder / f"{data}.csv")
    return fit(content[which]["model"], frame, **options(content["ours"]), **options(content[which].get("ours")))


def compared(pair: str, test: str) -> Any:
    """Our test of that name; lavaan's unshifted form for ordered data has degrees of freedom of its own."""
    asked: dict[str, Any] = {"method": test}
    if test.startswith("satorra_2000"):
        _, _, restriction, *shifted = test.split("_")
        form = "scaled_shifted" if shifted else "mean_var_adjusted" if for_ordered(pair) else "mean_scaled"
        asked = {"method": "satorra_2000", "restriction": restriction, "form": form}
    return difference_test(fitted(pair, "restricted"), fitted(pair, "free"), **asked)


@pytest.mark.parametrize(("pair", "test"), CASES)
def test_against_lavaan(pair: str, test: str) -> None:
    ours, expected = compared(pair, test), PAIRS[pair]["tests"][test]
    assert ours.statistic == pytest.approx(expected["statistic"], rel=1e-5, abs=1e-5)
    assert ours.df == pytest.approx(expected["df"], rel=1e-5)
    assert ours.pvalue == pytest.approx(expected["pvalue"], rel=1e-4, abs=1e-7)
    assert ours.note == ""


def test_what_is_tested_does_not_hang_on_which_means_identify_the_free_model() -> None:
    """With latent means free and one intercept a factor equal instead, lavaan's results become ours."""
    written_alike = PAIRS["scalar-mlm-same-rows"]["tests"]
    for test in ("satorra_bentler_2001", "satorra_bentler_2010"):
        assert compared("scalar-mlm", test).statistic == pytest.approx(written_alike[test]["statistic"], rel=1e-5)
    # this one hangs a little on how the larger model is written; lavaan's 29.2 and 27.3 are far off
    for test in ("satorra_2000_exact", "satorra_2000_exact_shifted"):
        assert compared("scalar-mlm", test).statistic == pytest.approx(written_alike[test]["statistic"], rel=1e-3)


def test_with_incomplete_answers_satorra_2000_by_differences_of_the_likelihood() -> None:
    """tr(UΓ) again from each person's density alone: scores and information by finite differences."""
    frame = pd.read_csv(ORACLES / "difference" / "skewed.csv")[["s1m", "s2m", "s3m", "s4m"]]
    asked: dict[str, Any] = {"estimator": "mlr", "missing": "fiml"}
    free = fit("f =~ s1m + s2m + s3m + s4m", frame, **asked)
    restricted = fit("f =~ s1m + a*s2m + a*s3m + a*s4m", frame, **asked)
    data, model, theta = frame.to_numpy(), free.estimated.implied, free.estimated.theta
    data = data[~np.isnan(data).all(axis=1)]
    patterns = [(pattern, (np.isnan(data) == pattern).all(axis=1)) for pattern in np.unique(np.isnan(data), axis=0)]

    def persons(t: Any) -> Any:
        sigma, mu = model.moments(t)[0]
        density = np.zeros(len(data))
        for gone, mine in patterns:
            seen = multivariate_normal(mu[~gone], sigma[np.ix_(~gone, ~gone)])
            density[mine] = seen.logpdf(data[mine][:, ~gone].reshape(-1, int((~gone).sum())))
        return density

    h, q = 1e-3, len(theta)
    scores = np.column_stack([(persons(theta + h * e) - persons(theta - h * e)) / (2 * h) for e in np.eye(q)])
    information = np.zeros((q, q))
    for i, j in zip(*np.tril_indices(q), strict=True):
        a, b = h * np.eye(q)[i], h * np.eye(q)[j]
        corners = persons(theta + a + b) - persons(theta + a - b) - persons(theta - a + b) + persons(theta - a - b)
        information[i, j] = information[j, i] = -corners.mean() / (4 * h * h)
    at = [row.index for row in free.estimated.table.rows if row.op == "=~" and row.index is not None]
    restriction = np.zeros((2, q))
    restriction[[0, 0, 1, 1], [at[0], at[1], at[1], at[2]]] = 1, -1, 1, -1
    towards = np.linalg.solve(information, restriction.T)
    meat = scores.T @ scores / len(data)
    trace = np.trace(np.linalg.solve(restriction @ towards, towards.T @ meat @ towards))
    test = difference_test(restricted, free, method="satorra_2000", restriction="exact", form="mean_scaled")
    assert test.scaling == pytest.approx(trace / 2, rel=1e-4)


def test_complete_answers_read_as_incomplete_ones_give_the_same_tests(
    difference_frames: dict[str, pd.DataFrame],
) -> None:
    two = "f =~ s1 + s2 + s3 + s4\nh =~ s5 + s6 + s7 + s8"
    tests = []
    for missing in ("listwise", "fiml"):
        asked = {"estimator": "mlr", "missing": missing, "means": True}
        pair = [fit(model, difference_frames["skewed"], **asked) for model in (two + "\nf ~~ 0*h", two)]
        tests.append([
            difference_test(*pair, method=m)
            for m in ("standard", "satorra_2000", "satorra_bentler_2001", "satorra_bentler_2010")
        ])  # fmt: skip
    for complete, incomplete in zip(*tests, strict=True):
        assert incomplete.statistic == pytest.approx(complete.statistic, rel=1e-6)


# --- by hand
def normal(n: int = 200, seed: int = 5, *, heavy: bool = False) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    draw = rng.standard_t(4, size=(n, 7)) if heavy else rng.normal(size=(n, 7))
    f, noise = draw[:, 0], draw[:, 1:]
    frame = pd.DataFrame({f"y{k + 1}": f + noise[:, k] for k in range(6)})
    return frame.assign(g=np.where(np.arange(n) % 2, "a", "b"))


def test_the_plain_difference_is_the_difference() -> None:
    frame = normal()
    restricted, free = fit("y1 ~~ 0*y2", frame), fit("y1 ~~ y2", frame)
    test = difference_test(restricted, free)
    r = float(np.corrcoef(frame["y1"], frame["y2"])[0, 1])
    assert test.statistic == pytest.approx(-len(frame) * np.log(1 - r**2), rel=1e-9)
    assert (test.method, test.df, test.scaling, test.shift, test.note) == ("standard", 1, 1.0, 0.0, "")
    assert test.pvalue == pytest.approx(chi2.sf(test.statistic, 1))


@pytest.mark.parametrize("method", ["satorra_2000", "satorra_bentler_2001", "satorra_bentler_2010"])
def test_against_a_saturated_model_every_correction_is_the_models_own(method: str) -> None:
    """The difference to a model without degrees of freedom is the model's own scaled test; of satorra_2000 where the
    restrictions are taken at the restricted solution the scaling differs only by where Γ's weight is taken."""
    frame = normal(heavy=True)
    restricted = fit("y1 ~~ 0*y2\ny1 ~~ y3\ny2 ~~ y3", frame, estimator="mlm")
    free = fit("y1 ~~ y2 + y3\ny2 ~~ y3", frame, estimator="mlm")
    test = difference_test(restricted, free, method=method, form="mean_scaled")
    if method == "satorra_2000":
        assert test.scaling != pytest.approx(restricted.fit["chisq_scaling_factor"], rel=1e-6)
    else:
        assert test.scaling == pytest.approx(restricted.fit["chisq_scaling_factor"], rel=1e-9)
        assert test.statistic == pytest.approx(restricted.fit["chisq_scaled"], rel=1e-9)


def test_the_scaled_and_shifted_form_has_the_mean_and_variance_of_its_traces() -> None:
    frame = normal(heavy=True)
    free = fit("f =~ y1 + y2 + y3 + y4", frame, estimator="mlm")
    restricted = fit("f =~ y1 + 1*y2 + 1*y3 + 1*y4", frame, estimator="mlm")
    plain = difference_test(restricted, free, method="standard").statistic
    mean, shifted, adjusted = (
        difference_test(restricted, free, method="satorra_2000", form=form)
        for form in ("mean_scaled", "scaled_shifted", "mean_var_adjusted")
    )
    first = mean.scaling * 3
    assert mean.statistic == pytest.approx(plain / mean.scaling)
    assert shifted.statistic == pytest.approx(plain / shifted.scaling + shifted.shift)
    assert first / shifted.scaling + shifted.shift == pytest.approx(3)  # the mean of χ² with three degrees of freedom
    assert adjusted.df == pytest.approx(first / adjusted.scaling)
    second = 3 * shifted.scaling**2
    assert adjusted.df == pytest.approx(first**2 / second)


def test_a_negative_scaled_difference_is_reported_as_such() -> None:
    rng = np.random.default_rng(6)
    f, h = rng.chisquare(1, size=30) ** 1.5, rng.standard_t(3, size=30)
    frame = pd.DataFrame({f"y{k}": np.round((f if k < 4 else h) + rng.standard_t(3, size=30), 1) for k in range(1, 7)})
    restricted = fit("f =~ 1*y1 + 1*y2 + 1*y3 + 1*y4", frame, estimator="mlr")
    free = fit("f =~ y1 + 1*y2 + 1*y3 + y4", frame, estimator="mlr")
    test = difference_test(restricted, free)
    a, b = restricted.fit, free.fit
    scaling = a["df"] * a["chisq_scaling_factor"] - b["df"] * b["chisq_scaling_factor"]
    assert test.method == "satorra_bentler_2001" and test.df == 1
    assert scaling < 0 and test.scaling == pytest.approx(scaling)
    assert test.statistic == pytest.approx((a["chisq"] - b["chisq"]) / scaling)
    assert np.isnan(test.pvalue) and "2001 correction came out negative" in test.note
    other = difference_test(restricted, free, method="satorra_2000")
    assert other.scaling > 0 and 0 < other.pvalue < 1 and other.note == ""


# --- nesting does not hang on how a model is written
def test_a_pair_may_be_written_in_two_ways() -> None:
    frame = normal(heavy=True)
    asked: dict[str, Any] = {"estimator": "mlm", "group": "g"}
    restricted = fit("f =~ y1 + y2 + y3 + y4", frame, group_equal=("loadings",), **asked)
    by_marker = fit("f =~ y1 + y2 + y3 + y4", frame, **asked)
    by_variance = fit("f =~ y1 + y2 + y3 + y4", frame, std_lv=True, **asked)
    other_marker = fit("f =~ y4 + y2 + y3 + y1", frame.iloc[::-1], **asked)
    for method in ("standard", "satorra_bentler_2001", "satorra_bentler_2010"):
        expected = difference_test(restricted, by_marker, method=method)
        for free in (by_variance, other_marker):
            assert difference_test(restricted, free, method=method).statistic == pytest.approx(
                expected.statistic, rel=1e-6
            )


def test_the_restricted_solution_within_the_larger_model() -> None:
    frame = normal()
    restricted = fit("f =~ y1 + a*y2 + a*y3 + y4", frame)
    free = fit("f =~ y4 + y3 + y2 + y1\ny1 ~~ y2", frame, std_lv=True)
    moved = at_restricted(restricted.estimated, free.estimated)
    sigma = restricted.estimated.implied.moments(restricted.estimated.theta)[0][0]
    order = [moved.table.observed.index(name) for name in restricted.estimated.table.observed]
    found = moved.implied.moments(moved.theta)[0][0][np.ix_(order, order)]
    np.testing.assert_allclose(found, sigma, atol=1e-6)
    np.testing.assert_array_equal(
        free.estimated.theta, fit("f =~ y4 + y3 + y2 + y1\ny1 ~~ y2", frame, std_lv=True).estimated.theta
    )


# --- refusals
FREE = "f =~ y1 + y2 + y3 + y4"


@pytest.mark.parametrize(
    ("restricted", "free", "what"),
    [
        ((FREE, {}), ("f =~ y1 + y2 + y3", {}), "same variables"),
        (("f =~ y1 + 1*y2 + y3 + y4", {}), (FREE, {"means": True}), "give both means"),
        (("f =~ y1 + 1*y2 + y3 + y4", {}), (FREE, {"rows": 150}), "same persons"),
        (("f =~ y1 + 1*y2 + y3 + y4", {}), (FREE, {"group": "g", "means": True}), "same variables and means"),
        (("f =~ y1 + 1*y2 + y3 + y4", {"means": True}), (FREE, {"group": "g"}), "same persons and groups"),
        (("f =~ y1 + 1*y2 + y3 + y4", {}), (FREE, {"estimator": "mlr"}), "same estimator"),
        ((FREE, {}), ("f =~ y1 + 1*y2 + y3 + y4", {}), "Swap the two"),
        ((FREE, {}), ("f =~ y4 + y3 + y2 + y1", {}), "same degrees of freedom"),
        (("y1 ~~ 0*y2 + 0*y3\ny2 ~~ y3", {}), ("y1 ~~ y2 + y3\ny2 ~~ 0*y3", {}), "are not nested"),
        (("f =~ y1 + y2 + y3\ny4 ~~ y4", {}), ("f =~ y4 + y3 + y2\ny1 ~~ y4", {}), "are not nested"),
    ],
)  # fmt: skip
def test_models_that_cannot_be_compared(restricted: Any, free: Any, what: str) -> None:
    results = []
    for model, asked in (restricted, free):
        asked = dict(asked)
        results.append(fit(model, normal().iloc[: asked.pop("rows", 200)], **asked))
    with pytest.raises(ModelError, match=what):
        difference_test(*results)


def test_other_answers_of_as_many_persons_are_refused() -> None:
    frame = normal()
    with pytest.raises(ModelError, match="same persons"):
        difference_test(fit("f =~ y1 + 1*y2 + y3 + y4", frame.assign(y4=frame["y5"])), fit(FREE, frame))


@pytest.mark.parametrize(
    ("estimator", "method", "what"),
    [
        ("ml", "satorra_2000", "needs an estimator with a scaled test"),
        ("mlr", "chisq", "not known: choose from"),
        ("mlm", "satorra_2000", "form 'other' is not known"),
    ],
)
def test_methods_that_do_not_fit_the_estimator(estimator: str, method: str, what: str) -> None:
    frame = normal()
    pair = [fit(model, frame, estimator=estimator) for model in ("f =~ y1 + 1*y2 + y3 + y4", FREE)]
    with pytest.raises(ModelError, match=what):
        difference_test(*pair, method=method, form="other")  # type: ignore[arg-type]


def test_satorra_bentler_is_not_for_ordered_items(difference_frames: dict[str, pd.DataFrame]) -> None:
    asked: dict[str, Any] = {"estimator": "wlsmv", "ordered": ("o1", "o2", "o3", "o4")}
    pair = [
        fit(m, difference_frames["answers"], **asked) for m in ("f =~ o1 + 1*o2 + o3 + o4", "f =~ o1 + o2 + o3 + o4")
    ]
    with pytest.raises(ModelError, match="use satorra_2000"):
        difference_test(*pair, method="satorra_bentler_2010")


def test_a_model_without_a_solution_is_not_compared() -> None:
    frame = normal()
    none = fit("f =~ y1 + y2\ny1 ~~ 0*y1\ny2 ~~ 0*y2", frame)
    with pytest.raises(ModelError, match="without a solution"):
        difference_test(none, fit("y1 ~~ y2", frame))


def test_structure_after_measurement_has_no_test_of_the_whole() -> None:
    frame = normal()
    pair = [fit(f"{m}\nf ~ y5", frame, estimator="sam") for m in ("f =~ y1 + 1*y2 + y3 + y4", FREE)]
    with pytest.raises(ModelError, match="estimated by sam"):
        difference_test(*pair)


def test_statistics_of_least_squares_carry_a_warning() -> None:
    frame = normal()
    pair = [fit(m, frame, estimator="uls") for m in ("f =~ y1 + 1*y2 + y3 + y4", FREE)]
    assert "use ulsmv or wlsmv" in difference_test(*pair).note


def test_the_same_answers_ordered_or_not_are_not_compared(difference_frames: dict[str, pd.DataFrame]) -> None:
    model, frame = "f =~ o1 + o2 + o3 + o4", difference_frames["answers"]
    ordered = fit(model, frame, estimator="wlsmv", ordered=("o1", "o2", "o3", "o4"))
    with pytest.raises(ModelError, match="treat the same variables as ordered"):
        difference_test(fit("f =~ o1 + 1*o2 + o3 + o4", frame, estimator="wlsmv", means=True), ordered)


def test_a_free_model_that_fits_worse_has_not_found_its_solution() -> None:
    frame = normal()
    restricted, free = fit("f =~ y1 + 1*y2 + y3 + y4", frame), fit(FREE, frame)
    stuck = replace(free, fit={**free.fit, "chisq": restricted.fit["chisq"] + 1})
    test = difference_test(restricted, stuck)
    assert test.statistic == pytest.approx(-1)
    assert "has not found its best solution" in test.note


def test_at_a_bound_the_difference_is_a_mixture() -> None:
    raw = np.random.default_rng(3).normal(size=(200, 3))
    raw = (raw - raw.mean(axis=0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(raw.T, bias=True))).T
    target = np.array([[1, 0.8, 0.75], [0.8, 1, 0.45], [0.75, 0.45, 1]])
    frame = pd.DataFrame(raw @ np.linalg.cholesky(target).T, columns=list("abc"))
    restricted, free = (fit(m, frame, bounds=True) for m in ("f =~ a + l*b + l*c", "f =~ a + b + c"))
    assert free.estimated.at_bound.any()
    assert "p-value of this difference is too large" in difference_test(restricted, free).note


def test_moments_of_other_variables_have_no_place() -> None:
    one, other = (fit(f"{a} ~~ {b}", normal()).estimated for a, b in (("y1", "y2"), ("y1", "y3")))
    assert moment_order(one, one).tolist() == [0, 1, 2]
    with pytest.raises(ModelError, match="same moments"):
        moment_order(one, other)
