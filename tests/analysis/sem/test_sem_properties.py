"""What must not matter to a fit, and what must matter by how much."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.sem import FitResult, fit
from analysis.sem.difference import difference_test
from analysis.sem.modification import modification_indices, release_tests
from analysis.sem.wald import wald_test

CFA = "f =~ y1 + a*y2 + b*y3\nh =~ y4 + y5 + y6"
PATHS = "f =~ y1 + a*y2 + b*y3\nf ~ c*x\nz ~ d*f + x\nind := c*d"
ORDERED = "f =~ o1 + a*o2 + b*o3 + o4"
SETTINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "ml": (CFA, {}),
    "mlr with covariates": (PATHS, {"estimator": "mlr", "means": True}),
    "mlm, groups": (
        CFA.replace("a*", "").replace("b*", ""),
        {"estimator": "mlm", "group": "g", "group_equal": ("loadings",)},
    ),
    "fiml, groups": (
        CFA.replace("a*", "").replace("b*", ""),
        {"estimator": "mlr", "missing": "fiml", "group": "g", "group_equal": ("loadings", "intercepts")},
    ),
    "clusters": (PATHS, {"estimator": "mlr", "cluster": "c", "errors": "cr2"}),
    "wlsmv": (ORDERED, {"estimator": "wlsmv", "ordered": ("o1", "o2", "o3", "o4")}),
}
INVARIANT = (
    "df",
    "npar",
    "chisq",
    "chisq_scaled",
    "pvalue",
    "cfi",
    "tli",
    "rmsea",
    "srmr",
    "cfi_robust",
    "rmsea_robust",
)
NUMBERS = ["est", "se", "z", "pvalue", "df_t", "ci_lower", "ci_upper", "std_lv", "std_all", "std_all_se"]
KEY = ["group", "lhs", "op", "rhs"]

few = settings(max_examples=3, deadline=None, derandomize=True)
seeds = st.integers(0, 10_000)


def persons(seed: int, *, missing: bool = False, n: int = 160) -> pd.DataFrame:
    """Six items of two factors, a covariate, an outcome, four ordered items, two groups and ten clusters."""
    rng = np.random.default_rng(seed)
    cluster = np.arange(n) % 10
    x = rng.normal(size=n) + 0.3 * rng.normal(size=10)[cluster]
    f = 0.5 * x + rng.normal(size=n)
    h = 0.5 * f + rng.normal(size=n)
    frame = pd.DataFrame(
        {"x": x, "z": 0.5 * f + 0.2 * x + rng.normal(size=n), "c": cluster, "g": np.where(cluster % 2, "q", "p")}
    )
    for k in range(1, 7):
        frame[f"y{k}"] = 0.1 * k + (f if k < 4 else h) + 0.8 * rng.normal(size=n)
    for k in range(1, 5):
        frame[f"o{k}"] = np.digitize(f + 0.8 * rng.normal(size=n), [-0.9, 0.3]).astype(float)
    if missing:
        for k in range(1, 7):
            frame.loc[rng.random(n) < 0.1, f"y{k}"] = np.nan
    return frame


def fitted(name: str, frame: pd.DataFrame, model: str | None = None, **changed: Any) -> FitResult:
    own, asked = SETTINGS[name]
    return fit(own if model is None else model, frame, **{**asked, **changed})


def frame_for(name: str, seed: int) -> pd.DataFrame:
    return persons(seed, missing=SETTINGS[name][1].get("missing") == "fiml")


def table(result: FitResult) -> pd.DataFrame:
    """The numbers by parameter, a covariance without direction."""
    rows = result.parameters.copy()
    swap = (rows["op"] == "~~") & (rows["rhs"] < rows["lhs"])
    rows.loc[swap, ["lhs", "rhs"]] = rows.loc[swap, ["rhs", "lhs"]].to_numpy()
    return rows.set_index(KEY)[NUMBERS].astype(float).sort_index()


def assert_same(one: FitResult, other: FitResult) -> None:
    a, b = table(one), table(other)
    pd.testing.assert_frame_equal(a, b, rtol=2e-5, atol=2e-6, check_like=True)
    for measure in INVARIANT:
        if measure in one.fit:
            assert other.fit[measure] == pytest.approx(one.fit[measure], rel=1e-5, abs=1e-6), measure
    if "logl" in one.fit:
        assert other.fit["logl"] == pytest.approx(one.fit["logl"], rel=1e-9)
    assert (one.converged, one.admissible, one.n_obs) == (other.converged, other.admissible, other.n_obs)


# --- what must not matter
@pytest.mark.parametrize("name", SETTINGS)
@few
@given(seed=seeds)
def test_the_order_of_persons_and_columns(name: str, seed: int) -> None:
    frame = frame_for(name, seed)
    rng = np.random.default_rng(seed + 1)
    # the first group stays the first: order of appearance is the order of groups
    shuffled = frame.iloc[[0, *(1 + rng.permutation(len(frame) - 1))]][list(rng.permutation(frame.columns))]
    assert_same(fitted(name, frame), fitted(name, shuffled))


@pytest.mark.parametrize("name", SETTINGS)
@few
@given(seed=seeds)
def test_the_order_of_statements_and_terms(name: str, seed: int) -> None:
    frame, rng = frame_for(name, seed), np.random.default_rng(seed)
    lines = []
    for line in SETTINGS[name][0].split("\n"):
        if " =~ " in line:
            lhs, first, *others = line.replace(" =~ ", " + ").split(" + ")
            line = f"{lhs} =~ " + " + ".join([first, *rng.permutation(others)])
        lines.append(line)
    defined = [line for line in lines if ":=" in line]
    stated = [line for line in lines if ":=" not in line]
    model = "\n".join([*rng.permutation(stated), *defined])
    assert_same(fitted(name, frame), fitted(name, frame, model))


@pytest.mark.parametrize("name", SETTINGS)
@few
@given(seed=seeds)
def test_the_names_of_items_groups_and_clusters(name: str, seed: int) -> None:
    frame = frame_for(name, seed)
    other = {**{f"y{k}": f"question_{7 - k}" for k in range(1, 7)}, **{f"o{k}": f"answer.{k}" for k in range(1, 5)}}
    model = SETTINGS[name][0]
    for old, new in other.items():
        model = model.replace(old, new)
    renamed = frame.rename(columns=other)
    renamed["g"] = renamed["g"].map({"p": "zz", "q": "aa"})
    renamed["c"] = renamed["c"].map(lambda code: f"project {code}")
    asked = {"ordered": tuple(other[o] for o in SETTINGS[name][1]["ordered"])} if name == "wlsmv" else {}
    before, after = fitted(name, frame), fitted(name, renamed, model, **asked)
    np.testing.assert_allclose(
        after.parameters[NUMBERS].astype(float), before.parameters[NUMBERS].astype(float), rtol=1e-6, atol=1e-8
    )
    assert after.fit == pytest.approx(before.fit, rel=1e-8, abs=1e-9)
    assert after.groups == tuple({"p": "zz", "q": "aa"}.get(g, g) for g in before.groups)


@few
@given(seed=seeds, equal=st.sampled_from([(), ("loadings",), ("loadings", "intercepts")]))
def test_the_order_of_groups(seed: int, equal: tuple[str, ...]) -> None:
    """Only what is relative to the first group turns round: latent means, in the shared metric of the marker."""
    frame = persons(seed)
    turned = frame.sort_values("g", ascending=False, kind="stable")
    asked: dict[str, Any] = {"group": "g", "group_equal": equal, "estimator": "mlr"}
    one, other = fit(SETTINGS["fiml, groups"][0], frame, **asked), fit(SETTINGS["fiml, groups"][0], turned, **asked)
    assert one.groups == other.groups[::-1]
    assert other.fit["chisq"] == pytest.approx(one.fit["chisq"], rel=1e-6)
    assert other.fit["chisq_scaled"] == pytest.approx(one.fit["chisq_scaled"], rel=1e-5)
    a, b = table(one), table(other)
    steady = a.index.get_level_values("op") != "~1" if "intercepts" in equal else np.ones(len(a), dtype=bool)
    columns = ["est", "se", "std_all", "std_all_se"]
    pd.testing.assert_frame_equal(a.loc[steady, columns], b.loc[steady, columns], rtol=2e-5, atol=2e-6)
    if "intercepts" in equal:
        for factor in ("f", "h"):
            here, there = a.loc[("q", factor, "~1", "")], b.loc[("p", factor, "~1", "")]
            assert there["est"] == pytest.approx(-here["est"], rel=1e-5, abs=1e-6)
            assert there["se"] == pytest.approx(here["se"], rel=1e-5)


@few
@given(seed=seeds, step=st.integers(1, 50), start=st.integers(-20, 20))
def test_the_codes_of_ordered_answers(seed: int, step: int, start: int) -> None:
    frame = persons(seed)
    coded = frame.assign(**{o: start + step * frame[o] for o in ("o1", "o2", "o3", "o4")})
    assert_same(fitted("wlsmv", frame), fitted("wlsmv", coded))


@few
@given(seed=seeds)
def test_persons_without_any_answer(seed: int) -> None:
    frame = frame_for("fiml, groups", seed)
    silent = frame.head(7).assign(**{f"y{k}": np.nan for k in range(1, 7)})
    before, after = fitted("fiml, groups", frame), fitted("fiml, groups", pd.concat([frame, silent]))
    assert_same(before, after)
    assert after.n_left_out == before.n_left_out + 7


# --- what must matter, by how much
UNITS = ["ml", "mlr with covariates", "mlm, groups", "fiml, groups", "clusters"]


@pytest.mark.parametrize("name", UNITS)
@few
@given(
    seed=seeds, factor=st.floats(0.05, 20), shift=st.floats(-50, 50), item=st.sampled_from(["y1", "y2"])
)  # fmt: skip
def test_the_unit_of_an_item(name: str, seed: int, factor: float, shift: float, item: str) -> None:
    """What is said in the item's unit is multiplied by it, what is standardised and every test stays."""
    frame = frame_for(name, seed)
    before = fitted(name, frame)
    after = fitted(name, frame.assign(**{item: factor * frame[item] + shift}))
    for measure in INVARIANT:
        if measure in before.fit:
            assert after.fit[measure] == pytest.approx(before.fit[measure], rel=1e-4, abs=1e-6), measure
    jacobian = -np.log(factor) * int(frame[item].notna().sum())
    assert after.fit["logl"] == pytest.approx(before.fit["logl"] + jacobian, rel=1e-8)
    a, b = table(before), table(after)
    steady = a.index.get_level_values("op") != "~1"
    for column in ("std_all", "std_all_se"):
        np.testing.assert_allclose(b.loc[steady, column], a.loc[steady, column], rtol=1e-4, atol=1e-5)
    power = {("f", "=~"): 1.0, (item, "~~"): 2.0}
    for key, row in a[steady].iterrows():
        _, lhs, op, rhs = key
        if item == "y2" and (rhs == item or lhs == item):
            scale = factor ** power[lhs, op]
            assert b.loc[key, "est"] == pytest.approx(row["est"] * scale, rel=1e-4, abs=1e-6)
            if np.isfinite(row["se"]):
                assert b.loc[key, "se"] == pytest.approx(row["se"] * scale, rel=1e-4)
        if item == "y1" and (lhs, op) == ("f", "=~") and rhs != "y1":
            assert b.loc[key, "est"] == pytest.approx(row["est"] / factor, rel=1e-4)
            assert b.loc[key, "z"] == pytest.approx(row["z"], rel=1e-3)


@pytest.mark.parametrize("name", ["ml", "mlr with covariates", "mlm, groups", "fiml, groups"])
@few
@given(seed=seeds, times=st.integers(2, 4))
def test_everybody_several_times(name: str, seed: int, times: int) -> None:
    """χ² and log-likelihood times so often, errors divided by its root; estimates and scaling factors stay."""
    frame = frame_for(name, seed)
    once, often = fitted(name, frame), fitted(name, pd.concat([frame] * times, ignore_index=True))
    a, b = table(once), table(often)
    for column in ("est", "std_lv", "std_all"):
        np.testing.assert_allclose(b[column], a[column], rtol=1e-5, atol=1e-6)
    for column in ("se", "std_all_se"):
        np.testing.assert_allclose(b[column], a[column] / np.sqrt(times), rtol=1e-5)
    for measure in ("chisq", "chisq_scaled", "logl"):
        if measure in once.fit:
            assert often.fit[measure] == pytest.approx(times * once.fit[measure], rel=1e-6, abs=1e-7), measure
    for measure in ("df", "npar", "srmr", "chisq_scaling_factor"):
        if measure in once.fit:
            assert often.fit[measure] == pytest.approx(once.fit[measure], rel=1e-6), measure


@few
@given(seed=seeds)
def test_everybody_twice_in_the_same_or_in_other_clusters(seed: int) -> None:
    """Twice the same answers of one cluster tell nothing new; as those of other clusters they halve the variance."""
    frame = persons(seed)
    once = fitted("clusters", frame, errors="cr0")
    same = fitted("clusters", pd.concat([frame, frame]), errors="cr0")
    others = fitted("clusters", pd.concat([frame, frame.assign(c=frame["c"] + 100)]), errors="cr0")
    np.testing.assert_allclose(same.parameters["est"], once.parameters["est"], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(same.parameters["se"].astype(float), once.parameters["se"].astype(float), rtol=1e-5)
    ratio = others.parameters["se"].astype(float) / once.parameters["se"].astype(float)
    np.testing.assert_allclose(ratio.dropna(), 1 / np.sqrt(2), rtol=1e-5)


@few
@given(seed=seeds)
def test_tests_between_models_double_with_the_persons(seed: int) -> None:
    frame = persons(seed)
    found = []
    for data in (frame, pd.concat([frame, frame], ignore_index=True)):
        free, restricted = (
            fitted("ml", data, estimator="mlr"),
            fitted("ml", data, CFA.replace("b*", "a*"), estimator="mlr"),
        )
        plain = fitted("ml", data)
        index = modification_indices(plain.estimated).set_index(["lhs", "op", "rhs"])
        released = release_tests(fitted("ml", data, CFA.replace("b*", "a*")).estimated)
        tests = [
            difference_test(restricted, free, method=m).statistic
            for m in ("standard", "satorra_bentler_2001", "satorra_bentler_2010")
        ]
        tests.append(difference_test(restricted, free, method="satorra_2000", form="mean_scaled").statistic)
        released = released.sort_values(KEY)
        tests += [wald_test(plain, "a == 1\nb == a").statistic, *released["score_test"]]
        found.append((np.array(tests), index["mi"].sort_index(), index["epc"].sort_index(), released["epc"]))
    for once, twice, factor in zip(*found, (2, 2, 1, 1), strict=True):
        np.testing.assert_allclose(np.asarray(twice), factor * np.asarray(once), rtol=1e-4, atol=1e-5)


@few
@given(seed=seeds, factor=st.floats(0.1, 10))
def test_tests_between_models_do_not_hang_on_units(seed: int, factor: float) -> None:
    frame = persons(seed)
    scaled = frame.assign(y4=frame["y4"] * factor, y5=frame["y5"] * factor)
    found = []
    for data in (frame, scaled):
        free, restricted = (fitted("ml", data, model, estimator="mlr") for model in (CFA, CFA.replace("b*", "a*")))
        index = modification_indices(free.estimated).set_index(["lhs", "op", "rhs"]).sort_index()
        tests = [
            difference_test(restricted, free, method=m).statistic
            for m in ("standard", "satorra_bentler_2001", "satorra_bentler_2010")
        ]
        tests.append(difference_test(restricted, free, method="satorra_2000", restriction="exact").statistic)
        tests.append(wald_test(free, "a == b").statistic)
        found.append((np.array(tests), index["mi"], index["std_all"]))
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(np.asarray(other), np.asarray(one), rtol=1e-4, atol=1e-5)
