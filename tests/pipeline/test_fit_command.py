"""``magical-housing fit`` and ``invariance``: the contract, the summary, every way of getting it wrong."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from cli_help import Run
from rich.console import Console

from pipeline.commands.fit_summary import number, print_summary, pvalue
from pipeline.commands.invariance_summary import highest, print_ladder

ITEMS = ["x1", "x2", "x3", "y"]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "m.lav"
    path.write_text("F =~ x1 + x2 + x3\ny ~ b*F\ntwice := 2*b\n", encoding="utf-8")
    return path


def answers() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    f = rng.normal(size=200)
    frame = pd.DataFrame({f"x{i}": f + rng.normal(size=200) for i in (1, 2, 3)} | {"y": f + rng.normal(size=200)})
    return frame.assign(
        place=np.where(np.arange(200) % 2, "ash", "elm"), project=np.arange(200) % 20,
        u1=pd.cut(frame["x1"], 3, labels=False), u2=pd.cut(frame["x2"], 3, labels=False),
        u3=pd.cut(frame["x3"], 3, labels=False), remark="often",
    )  # fmt: skip


@pytest.fixture
def data(tmp_path: Path) -> Path:
    frame = answers()
    frame.loc[0, "x1"] = np.nan
    frame.loc[1, "x2"] = 1.5e-05
    frame.to_csv(tmp_path / "d.csv", index=False, na_rep="NA")
    return tmp_path / "d.csv"


def moments(folder: Path, **change: Any) -> Path:
    frame = answers()
    content = {"n": 200, "names": ITEMS, "cov": frame[ITEMS].cov().to_numpy().tolist()}
    path = folder / "moments.json"
    path.write_text(json.dumps(content | change), encoding="utf-8")
    return path


# --- the contract
def test_fit_keeps_its_contract(run: Run, model: Path, data: Path, tmp_path: Path) -> None:
    said = run("fit", model, data, "--json", tmp_path / "out.json")
    assert (said.code, said.err) == (0, "")
    content = json.loads((tmp_path / "out.json").read_text())
    assert (content["converged"], content["admissible"], content["estimator"], content["missing"], content["n"]) == (
        True, True, "ML", "listwise", [199],
    )  # fmt: skip
    assert (content["groups"], content["n_left_out"], content["problems"], content["message"]) == ([""], 1, [], "")
    first = content["parameters"][0]
    assert {"group", "lhs", "op", "rhs", "label", "free", "est", "se", "z", "pvalue", "ci_lower", "ci_upper", "std_lv",
            "std_all"} <= set(first)  # fmt: skip
    # the marker is fixed: it has no standard error
    assert (first["lhs"], first["op"], first["rhs"], first["free"], first["est"], first["se"]) == (
        "F", "=~", "x1", False, 1.0, None,
    )  # fmt: skip
    assert content["parameters"][-1]["op"] == ":="
    assert content["fit"]["df"] == 2
    assert {"chisq", "cfi", "tli", "rmsea", "srmr", "logl", "aic", "bic", "npar"} <= set(content["fit"])
    assert "chisq_scaled" not in content["fit"]
    assert json.loads(run("fit", model, data, "--json", "-").out) == content


def test_fit_computes_what_the_package_computes(run: Run, model: Path, data: Path) -> None:
    from analysis.sem import fit

    direct = fit(model.read_text(), pd.read_csv(data))
    content = json.loads(run("fit", model, data, "--json", "-").out)
    assert [p["est"] for p in content["parameters"]] == pytest.approx(direct.parameters["est"].tolist())
    assert content["fit"]["chisq"] == pytest.approx(direct.fit["chisq"])


def test_every_option_reaches_the_fit(run: Run, model: Path, data: Path) -> None:
    from analysis.sem import fit

    content = json.loads(
        run("fit", model, data, "--estimator", "MLR", "--missing", "fiml", "--group", "place", "--group-equal",
            "loadings, intercepts", "--group-partial", "F=~x2, y~1", "--cluster", "project", "--se", "cr2", "--std-lv",
            "--bounds", "--json", "-").out
    )  # fmt: skip
    direct = fit(
        model.read_text(), pd.read_csv(data), estimator="mlr", missing="fiml", group="place", cluster="project",
        errors="cr2", std_lv=True, bounds=True, group_equal=["loadings", "intercepts"], group_partial=["F=~x2", "y~1"],
    )  # fmt: skip
    assert [p["se"] for p in content["parameters"] if p["se"] is not None] == pytest.approx(
        direct.parameters["se"].dropna().tolist(), rel=1e-6
    )
    assert (content["estimator"], content["missing"], content["clusters"]) == ("MLR", "fiml", 20)
    assert (content["groups"], content["n"]) == (["elm", "ash"], [100, 100])


def test_moments_give_the_numbers_of_the_answers(run: Run, model: Path, tmp_path: Path) -> None:
    answers().to_csv(tmp_path / "all.csv", index=False)
    by_person = json.loads(run("fit", model, tmp_path / "all.csv", "--json", "-").out)
    by_moments = json.loads(run("fit", model, moments(tmp_path), "--json", "-").out)
    assert by_moments["fit"] == pytest.approx(by_person["fit"], rel=1e-7)
    for name in ("est", "se", "std_all"):
        ours, theirs = ([p[name] for p in c["parameters"] if p[name] is not None] for c in (by_moments, by_person))
        assert ours == pytest.approx(theirs, rel=1e-6)


def test_moments_of_groups_may_be_held_equal(run: Run, model: Path, tmp_path: Path) -> None:
    frame = answers()
    groups = [
        {"name": name, "n": len(part), "names": ITEMS, "cov": part[ITEMS].cov().to_numpy().tolist()}
        for name, part in frame.groupby("place", sort=False)
    ]
    path = tmp_path / "groups.json"
    path.write_text(json.dumps({"groups": groups}))
    frame.to_csv(tmp_path / "all.csv", index=False)
    ours = json.loads(run("fit", model, path, "--group-equal", "loadings", "--json", "-").out)
    theirs = json.loads(
        run("fit", model, tmp_path / "all.csv", "--group", "place", "--group-equal", "loadings", "--json", "-").out
    )
    assert (ours["groups"], ours["n"]) == (["elm", "ash"], [100, 100])
    assert ours["fit"]["chisq"] == pytest.approx(theirs["fit"]["chisq"], rel=1e-6)


def test_ordered_items_and_all_of_them(run: Run, data: Path, tmp_path: Path) -> None:
    ordinal = tmp_path / "o.lav"
    ordinal.write_text("F =~ u1 + u2 + u3\nu1 | t1 + t2\n")
    named = run("fit", ordinal, data, "--estimator", "wlsmv", "--ordered", "u1,u2,u3", "--json", "-")
    every = run("fit", ordinal, data, "--estimator", "wlsmv", "--ordered", "all", "--json", "-")
    assert (named.code, named.out) == (0, every.out)
    assert sum(p["op"] == "|" for p in json.loads(named.out)["parameters"]) == 6
    shown = run("fit", ordinal, data, "--estimator", "wlsmv", "--ordered", "all").out
    assert "Thresholds" in shown and "u1|t1" in shown and "Scales y*" in shown


def test_bootstrap_tells_what_became_of_the_draws(run: Run, model: Path, data: Path) -> None:
    said = run("fit", model, data, "--bootstrap", "20", "--seed", "5")
    lines = [line.split() for line in said.out.splitlines()]
    assert ["Bootstrap", "draws", "20", "(of", "persons)"] in lines
    assert ["not", "converged", "0,", "left", "out"] in lines and ["inadmissible", "0,", "kept"] in lines
    content = json.loads(run("fit", model, data, "--bootstrap", "20", "--seed", "5", "--json", "-").out)
    assert set(content["bootstrap"]) == {"draws", "converged", "inadmissible"}
    assert content["se"] == "bootstrap"
    again = json.loads(run("fit", model, data, "--bootstrap", "20", "--seed", "5", "--json", "-").out)
    assert again == content
    other = json.loads(run("fit", model, data, "--bootstrap", "20", "--seed", "6", "--json", "-").out)
    assert other["parameters"][1]["se"] != content["parameters"][1]["se"]


# --- the summary
def test_the_bollen_stine_test_tells_what_became_of_its_draws(run: Run, model: Path, data: Path) -> None:
    content = json.loads(run("fit", model, data, "--bootstrap", "20", "--bollen-stine", "--json", "-").out)
    assert set(content["bollen_stine"]) == {"draws", "converged", "pvalue"}
    assert content["bollen_stine"]["draws"] == 20 and 0 < content["bollen_stine"]["converged"] <= 20
    assert content["bollen_stine"]["pvalue"] == content["fit"]["pvalue_bollen_stine"]


def test_the_verdict_comes_first_and_sections_in_the_order_of_lavaan(run: Run, model: Path, data: Path) -> None:
    lines = run("fit", model, data, "--estimator", "mlr", "--missing", "fiml").out.splitlines()
    assert lines[0] == "Converged; the solution is admissible."
    titles = [
        "Model fit",
        "Latent variables",
        "Regressions",
        "Intercepts",
        "Variances",
        "Defined parameters",
        "R-Square",
    ]
    places = [next(i for i, line in enumerate(lines) if line.startswith(title)) for title in titles]
    assert places == sorted(places)
    heading = lines[places[0]].split()
    assert heading[-3:] == ["Standard", "Scaled", "Robust"]
    assert "  F =~" in lines and "  y ~" in lines
    assert any(line.split()[:2] == ["F", "(b)"] for line in lines)


def test_every_measure_of_the_result_is_on_the_terminal(run: Run, model: Path, data: Path) -> None:
    asked = ["fit", model, data, "--estimator", "mlr", "--missing", "fiml"]
    content, shown = json.loads(run(*asked, "--json", "-").out), run(*asked).out
    block = shown[shown.index("Model fit") : shown.index("Latent variables")]
    for name, value in content["fit"].items():
        if "pvalue" not in name and value >= 0.0005:
            assert (str(int(value)) if float(value).is_integer() and value < 1000 else f"{value:.3f}") in block, name


def test_constraints_are_shown_with_their_slack(run: Run, model: Path, data: Path) -> None:
    model.write_text("F =~ x1 + a*x2 + c*x3\ny ~ b*F\na == c\na > 0.1\nb < 0.2")
    lines = [line.split() for line in run("fit", model, data).out.splitlines()]
    place = lines.index(["Constraints", "|Slack|"])
    slack = {" ".join(words[:-1]): float(words[-1]) for words in lines[place + 1 : place + 4]}
    assert slack["a == c"] == 0
    assert slack["b < 0.2"] == 0
    assert slack["a > 0.1"] > 0.5


def test_groups_are_shown_one_after_the_other(run: Run, model: Path, data: Path) -> None:
    shown = run("fit", model, data, "--group", "place").out
    assert shown.index("Group elm") < shown.index("Group ash") < shown.index("Defined parameters")
    assert shown.count("Latent variables") == 2


def test_a_solution_that_cannot_be_true_is_said_before_anything(run: Run, tmp_path: Path) -> None:
    # a loading of .8 * .7 / .4 = 1.4 on a variance of 1
    path = moments(tmp_path, names=["a", "b", "c"], cov=[[1.0, 0.8, 0.7], [0.8, 1.0, 0.4], [0.7, 0.4, 1.0]])
    (tmp_path / "h.lav").write_text("F =~ a + b + c")
    said = run("fit", tmp_path / "h.lav", path)
    assert said.code == 0
    assert said.out.startswith("Converged, but NOT admissible")
    assert "a ~~ a" in said.out.splitlines()[1] and "negative" in said.out.splitlines()[1]
    content = json.loads(run("fit", tmp_path / "h.lav", path, "--json", "-").out)
    assert (content["converged"], content["admissible"]) == (True, False)
    assert content["problems"][0]["code"] == "negative_variance"


def test_without_a_solution_no_parameter_is_shown(run: Run, data: Path, tmp_path: Path) -> None:
    (tmp_path / "s.lav").write_text("F =~ x1 + x2\nx1 ~~ 0*x1\nx2 ~~ 0*x2")
    said = run("fit", tmp_path / "s.lav", data)
    assert said.out.startswith("NOT converged")
    assert "Latent variables" not in said.out
    content = json.loads(run("fit", tmp_path / "s.lav", data, "--json", "-").out)
    assert content["parameters"][0]["est"] is None


@pytest.mark.parametrize("width", [80, 100, 160])
def test_no_number_is_cut_at_any_width(width: int) -> None:
    from analysis.sem import fit

    frame = answers().assign(place=lambda d: d["place"] + " a project with quite a name")
    frame["a_variable_with_a_name_nobody_should_give_it"] = frame["y"] * 1e7
    result = fit(
        "F =~ x1 + a_rather_long_label*x2 + x3\na_variable_with_a_name_nobody_should_give_it ~ F", frame,
        group="place", cluster="project", errors="cr2", estimator="mlr",
    )  # fmt: skip
    console = Console(width=width, record=True, soft_wrap=True, force_terminal=True, file=io.StringIO())
    print_summary(console, result)
    text = console.export_text()
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width
    for row in result.parameters.itertuples():
        assert number(row.est) in text
        assert number(row.se) in text
    assert ("ci.lower" in text) == (width == 160) or "Not shown for want of room" in text


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1.0, "1.000"), (0.0, "0.000"), (-0.12345, "-0.123"), (0.00012, "1.20e-04"), (-2e-9, "-2.00e-09"),
     (1234567.0, "1.23e+06"), (float("nan"), ""), (None, "")],
)  # fmt: skip
def test_numbers_that_three_decimals_would_hide_keep_their_size(value: float | None, shown: str) -> None:
    assert number(value) == shown


def test_a_p_value_is_never_nil() -> None:
    assert (pvalue(1e-9), pvalue(0.0006), pvalue(0.05), pvalue(None)) == ("<0.001", "0.001", "0.050", "")


# --- what is wrong with files, models and options
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"x1,x2,x3,y\n", "no answers"),
        (b"\x00\x01\x02" * 300, "no file with a table"),
        (b"x1,x1,x3,y\n1,2,3,4\n", "stands above 2 columns"),
        (b"x1,x2,x3,y\n1,2,3,4\n1,2,3,4,5,6\n", "more cells"),
        (b"x1,x2,x3,y\n" + b"1,2,3,often\n" * 9, "y holds values that are not numbers"),
        (b"x1,x2,x3,y\n" + b"1,2,3,4\n" * 9, "does not vary"),
        (b"x1,x2,x3,y\n1,2,3,4\n2,1,4,3\n", "2 complete rows for 4 variables"),
        (b"x1,x2,x3\n1,2,3\n", "uses y, which the data do not have"),
    ],
)
def test_bad_data_are_told_in_a_sentence(content: bytes, said: str, run: Run, model: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_bytes(content)
    done = run("fit", model, tmp_path / "bad.csv")
    assert (done.code, done.out) == (1, "")
    assert said in done.err
    assert "often" not in done.err.replace("often:", "")  # nobody's answer


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "cannot be read as JSON"),
        ("[" * 100_000, "cannot be read as JSON"),
        ('{"n": ' + "9" * 5000 + "}", "cannot be read as JSON"),
        ('"text"', "expected an object"),
        ("[]", "expected an object"),
        ('{"n": 10, "names": ["x1"], "cov": [[NaN]]}', "1 by 1 numbers"),
        ('{"n": 10, "names": ["x1"], "cov": [[1]]}', "uses x2, x3, y, which the moments do not have"),
    ],
)
def test_bad_moments_are_told_in_a_sentence(content: str, said: str, run: Run, model: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text(content)
    done = run("fit", model, tmp_path / "bad.json")
    assert (done.code, done.out) == (1, "")
    assert said in done.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The model is empty"),
        ("F =~ x1 + x2 +\n", "line 1, column 14: expected a term after '+'"),
        ("y ~ x1\nx2 ~ $x\n", "line 2, column 6: cannot read '$'"),
        ("y ~ nothing\n", "nothing"),
        ("y ~ remark\n", "remark holds values that are not numbers"),
        ("F =~ x1 + x2", "4 free parameters and only 3 moments"),
        ("F =~ " + "+".join(f"v{i}" for i in range(1200)), "1201 variables; 1000 are the most"),
        ("y ~ b*x1\nm := " + "(" * 500 + "b", "too deep"),
        ("#" + "x" * 1_000_001, "larger than"),
    ],
    ids=lambda text: text[:20],
)
def test_bad_models_are_told_in_a_sentence(text: str, said: str, run: Run, model: Path, data: Path) -> None:
    model.write_text(text, encoding="utf-8")
    done = run("fit", model, data)
    assert (done.code, done.out) == (1, "")
    assert said in done.err


def test_files_that_cannot_be_read_or_written(run: Run, model: Path, data: Path, tmp_path: Path) -> None:
    assert "cannot be read" in run("fit", tmp_path / "no.lav", data).err
    assert "cannot be read" in run("fit", tmp_path, data).err
    assert "not there" in run("fit", model, tmp_path / "no.csv").err
    assert "no file but something else" in run("fit", model, tmp_path).err
    assert "cannot be read" in run("fit", model, tmp_path / "no.json").err
    model.with_name("bytes.lav").write_bytes(b"\xff\xfe\x00")
    assert "cannot be read" in run("fit", model.with_name("bytes.lav"), data).err
    done = run("fit", model, data, "--json", tmp_path)
    assert (done.code, done.out) == (1, "") and "cannot be written" in done.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--group", "town"], "no column town (group)"),
        (["--group", "remark"], "holds 1 group"),
        (["--group", "x1"], "199 groups; 50 are the most"),
        (["--cluster", "town"], "no column town (cluster)"),
        (["--cluster", "remark"], "in one cluster"),
        (["--ordered", "town", "--estimator", "wlsmv"], "no column town (ordered)"),
        (["--group-equal", "loadings"], "need several groups"),
        (["--group", "place", "--group-partial", "F=~y"], "no such parameter"),
        (["--group", "place", "--cluster", "place"], "at least two in every group"),
    ],
)
def test_options_that_do_not_fit_the_data_are_bad_input(options: list[str], said: str, run: Run, model: Path,
                                                        data: Path) -> None:  # fmt: skip
    done = run("fit", model, data, *options)
    assert (done.code, done.out) == (1, "")
    assert said in done.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--estimator", "wls"], "choose from ml, mlr"),
        (["--missing", "pairwise"], "choose from listwise, fiml"),
        (["--se", "hc3"], "choose from standard"),
        (["--parameterization", "gamma"], "choose from delta, theta"),
        (["--group", "place", "--group-equal", "loading"], "choose from loadings"),
        (["--se", "cr2"], "add --cluster"),
        (["--se", "bootstrap"], "add --bootstrap"),
        (["--ordered", "u1"], "choose estimator wlsmv"),
        (["--missing", "fiml", "--estimator", "uls"], "missing fiml needs estimator ml or mlr"),
        (["--cluster", "project", "--estimator", "gls"], "need estimator ml, mlr or sam"),
        (["--bootstrap", "-1"], "--bootstrap"),
        (["--bootstrap", "many"], "--bootstrap"),
        (["--seed", "-1"], "--seed"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_options_that_do_not_exist_or_go_together_are_wrong_usage(
    options: list[str], said: str, run: Run, model: Path, data: Path
) -> None:
    done = run("fit", model, data, *options)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


# --- invariance
def test_invariance_keeps_its_contract(run: Run, data: Path, tmp_path: Path) -> None:
    (tmp_path / "f.lav").write_text("F =~ x1 + x2 + x3 + y")
    said = run("invariance", tmp_path / "f.lav", data, "--group", "place", "--json", tmp_path / "out.json")
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[0].startswith("Highest step that holds")
    content = json.loads((tmp_path / "out.json").read_text())
    assert [step["step"] for step in content["steps"]] == ["configural", "metric", "scalar", "strict"]
    assert set(content["fits"]) == {"configural", "metric", "scalar", "strict"}
    assert (
        content["steps"][1]["df_diff"]
        == content["fits"]["metric"]["fit"]["df"] - content["fits"]["configural"]["fit"]["df"]
    )
    assert isinstance(content["steps"][1]["holds_by_test"], bool)
    assert content["cutoffs"]["cfi"] == 0.005  # no more than 300 persons
    assert json.loads(run("invariance", tmp_path / "f.lav", data, "--group", "place", "--json", "-").out) == content


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ([], 2, "--group"),
        (["--group", "town"], 1, "no column town"),
        (["--group", "place", "--method", "best"], 2, "choose from default, standard"),
        (["--group", "place", "--alpha", "2"], 2, "--alpha"),
        (["--group", "place", "--estimator", "wls"], 2, "choose from ml"),
        (["--group", "place", "--ordered", "x1"], 2, "choose estimator wlsmv"),
    ],
)
def test_invariance_refuses_what_makes_no_sense(
    options: list[str], code: int, said: str, run: Run, model: Path, data: Path
) -> None:
    done = run("invariance", model, data, *options)
    assert (done.code, done.out) == (code, "")
    assert said in done.err


def _step(name: str, holds: bool | None, *, df: float = 3, cfi: float = 0.0) -> dict[str, Any]:
    return {"step": name, "holds_by_fit": holds, "df_diff": df, "cfi_diff": cfi}


def test_the_highest_step_is_the_last_before_one_fails() -> None:
    nan = float("nan")
    first = _step("configural", None, df=nan, cfi=nan)
    ladder = [first, _step("metric", True), _step("scalar", False), _step("strict", True)]
    assert highest(ladder, "holds_by_fit") == "metric"
    assert highest([first, _step("metric", False)], "holds_by_fit") == "configural"
    assert highest([first, _step("thresholds", None, df=nan), _step("metric", True)], "holds_by_fit") == "metric"
    refused = _step("metric", None, df=nan, cfi=nan)
    assert highest([first, refused, _step("scalar", True)], "holds_by_fit") == "configural"


def _shown(printer: Callable[[Console], None], width: int = 80) -> str:
    console = Console(width=width, record=True, soft_wrap=True, force_terminal=True, file=io.StringIO())
    printer(console)
    return console.export_text()


def test_a_ladder_on_the_terminal_at_any_width() -> None:
    from analysis.sem.invariance import invariance

    ladder = invariance("F =~ x1 + x2 + x3 + y", answers(), group="place")
    wide, narrow = (_shown(lambda console: print_ladder(console, ladder), width) for width in (80, 40))
    assert max(map(len, wide.splitlines())) <= 80
    assert max(map(len, narrow.splitlines())) <= 42  # a sentence is not broken inside a word
    assert narrow.count("scalar") > wide.count("scalar") == 2  # in more tables
    for row in ladder.steps.to_dict("records"):
        assert number(row["chisq"]) in wide and number(row["chisq"]) in narrow
    assert "elm 100, ash 100" in wide


def test_a_ladder_says_which_steps_not_to_rely_on() -> None:
    from analysis.sem.invariance import invariance

    ladder = invariance("F =~ x1 + x2 + x3 + y", answers(), group="place")
    steps = ladder.steps.astype(object)
    steps.loc[1, ["admissible", "message"]] = [False, "x1 ~~ x1 is negative."]
    steps.loc[1, ["holds_by_test", "holds_by_fit"]] = [True, False]
    said = _shown(lambda console: print_ladder(console, replace(ladder, steps=steps)))
    assert "by the test, configural by fit." in said
    assert "NOT to be relied on: metric (see below)." in said
    assert "metric: x1 ~~ x1 is negative." in said
    steps.loc[0, "converged"] = False
    assert _shown(lambda console: print_ladder(console, replace(ladder, steps=steps))).startswith("NOT converged")


def test_sam_shows_its_measurement_blocks() -> None:
    from analysis.sem import fit

    result = fit("F =~ x1 + x2 + x3\ny ~ F\nproject ~ F", answers(), estimator="sam")
    said = _shown(lambda console: print_summary(console, result))
    assert "Measurement, block by block" in said
    assert "Structure: Chi-square" in said


def test_an_unidentified_model_is_said_first(run: Run, data: Path, tmp_path: Path) -> None:
    (tmp_path / "u.lav").write_text("F =~ x1 + x2\ny ~ 0*x3")
    said = run("fit", tmp_path / "u.lav", data).out
    assert said.startswith(("Converged, but NOT identified", "NOT converged"))
