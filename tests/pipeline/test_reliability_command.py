"""``magical-housing reliability``: the contract, the summary in both languages, every way of getting it wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
from cli_help import Run

from analysis.measurement.joint_model import joint_model
from analysis.measurement.problems import Problem
from analysis.measurement.reliability import cronbach_alpha, item_rest_correlations, one_factor, ordinal_reliability
from analysis.measurement.validity import Verdict, convergent_validity, discriminant_validity
from pipeline.commands import validity_section
from pipeline.commands.reliability_summary import PHRASES
from pipeline.present.context import catalogue

FOUR = ["a", "b", "c", "d"]


def answers(n: int = 120, seed: int = 2) -> pd.DataFrame:
    """Four items 1 to 5, ``b`` worded the other way round; groups, clusters, words."""
    rng = np.random.default_rng(seed)
    factor = rng.normal(size=(n, 1))
    codes = np.clip(np.round(3 + 0.8 * factor + 0.7 * rng.normal(size=(n, 4))), 1, 5)
    frame = pd.DataFrame(codes, columns=FOUR)
    frame["b"] = 6 - frame["b"]
    place = np.where(np.arange(n) % 3, "ash", "elm")
    return frame.assign(place=place, project=np.arange(n) % 12, remark="often")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return written(answers(), tmp_path)


def written(frame: pd.DataFrame, folder: Path) -> Path:
    frame.to_csv(folder / "d.csv", index=False, na_rep="NA")
    return folder / "d.csv"


def turned(frame: pd.DataFrame) -> pd.DataFrame:
    """The items with ``b`` counted from the other end."""
    return frame[FOUR].assign(b=6 - frame["b"])


def asked(run: Run, data: Path, *options: Any) -> dict[str, Any]:
    said = run("reliability", data, *options, "--json", "-")
    assert (said.code, said.err) == (0, "")
    content: dict[str, Any] = json.loads(said.out)
    return content


ITEMS = ("--items", "a,b,c,d", "--reverse", "b", "--range", "1,5")


def test_the_contract(run: Run, data: Path, tmp_path: Path) -> None:
    content = asked(run, data, *ITEMS)
    assert (content["n"], content["groups"], content["notes"], content["clusters"]) == (120, [], [], None)
    (scale,) = content["scales"]
    assert {
        "scale", "group", "n", "n_items", "alpha", "alpha_ci_lower", "alpha_ci_upper", "alpha_standardised",
        "alpha_pairwise", "omega", "omega_ci_lower", "omega_ci_upper", "omega_observed", "alpha_ordinal",
        "omega_ordinal", "mean_inter_item", "floor_share", "ceiling_share", "problems", "factor", "items",
    } <= set(scale)  # fmt: skip
    assert (scale["group"], scale["n"], scale["n_items"], scale["problems"]) == ("", 120, 4, [])
    assert [item["item"] for item in scale["items"]] == FOUR
    assert [item["reversed"] for item in scale["items"]] == [False, True, False, False]
    assert {
        "n", "mean", "sd", "floor_share", "ceiling_share", "item_rest", "alpha_if_dropped", "loading",
        "loading_ci_lower", "loading_ci_upper", "loading_ordinal", "problem",
    } <= set(scale["items"][0])  # fmt: skip
    assert (scale["alpha_ordinal"], scale["items"][0]["loading_ordinal"]) == (None, None)
    run("reliability", data, *ITEMS, "--json", tmp_path / "out.json")
    assert json.loads((tmp_path / "out.json").read_text()) == content


def test_the_figures_are_those_of_the_package_unrounded(run: Run, data: Path) -> None:
    scale = asked(run, data, *ITEMS, "--ordered")["scales"][0]
    items = turned(answers())
    factor, ordinal = one_factor(items, n_declared=4, confidence=0.95), ordinal_reliability(items)
    assert scale["alpha"] == pytest.approx(cronbach_alpha(items), abs=1e-12)
    assert scale["omega"] == pytest.approx(factor.omega, abs=1e-9)
    assert scale["omega_ci_lower"] == pytest.approx(factor.omega_ci_lower, abs=1e-9)
    assert (scale["alpha_ordinal"], scale["omega_ordinal"]) == pytest.approx((ordinal.alpha, ordinal.omega), abs=1e-9)
    found = pd.DataFrame(scale["items"]).set_index("item")
    assert found["item_rest"].tolist() == pytest.approx(item_rest_correlations(items).tolist(), abs=1e-12)
    assert found["mean"].tolist() == pytest.approx(items.mean().tolist())
    assert found["floor_share"].tolist() == pytest.approx((items == 1).mean().tolist())
    assert found["loading_ordinal"].tolist() == pytest.approx(ordinal.loadings.tolist(), abs=1e-9)


def test_several_scales_and_groups(run: Run, data: Path) -> None:
    content = asked(
        run, data, "--scale", "X=a,c,d", "--scale", "Y = a, b", "--reverse", "b", "--range", "1,5", "--group", "place"
    )
    assert content["groups"] == [{"group": "elm", "n": 40}, {"group": "ash", "n": 80}]
    assert [(entry["scale"], entry["group"]) for entry in content["scales"]] == [
        ("X", ""), ("X", "elm"), ("X", "ash"), ("Y", ""), ("Y", "elm"), ("Y", "ash"),
    ]  # fmt: skip
    ash = answers().query("place == 'ash'")
    assert content["scales"][2]["alpha"] == pytest.approx(cronbach_alpha(ash[["a", "c", "d"]]))
    pair = content["scales"][3]
    assert (pair["problems"], pair["omega"]) == (["two_items"], None)
    r = np.corrcoef(turned(answers())[["a", "b"]].to_numpy(), rowvar=False)[0, 1]
    assert pair["alpha_standardised"] == pytest.approx(2 * r / (1 + r))


def test_without_scales_every_column_of_numbers_is_one_and_it_says_so(run: Run, data: Path) -> None:
    content = asked(run, data, "--group", "place", "--cluster", "project", "--reverse", "b")
    assert [item["item"] for item in content["scales"][0]["items"]] == FOUR
    assert [note["code"] for note in content["notes"]] == ["all_columns", "range_found"]
    assert content["notes"][1]["values"] == {"scale": "scale", "lower": 1, "upper": 5}
    english = run("reliability", data, "--group", "place", "--cluster", "project", "--reverse", "b", "--language", "en")
    assert "all columns of numbers are one scale (a, b, c, d)" in english.out
    assert "lowest and highest answer are those in the file, 1 and 5" in english.out


def test_an_item_that_should_have_been_reversed_is_named(run: Run, data: Path) -> None:
    scale = asked(run, data, "--items", "a,b,c,d", "--range", "1,5")["scales"][0]
    assert scale["problems"] == ["negative_item_rest"]
    assert [item["problem"] for item in scale["items"]] == ["", "negative_item_rest", "", ""]
    said = run("reliability", data, "--items", "a,b,c,d", "--range", "1,5")
    assert "! een vraag gaat tegen de andere in: b" in said.out


def test_the_summary_in_both_languages(run: Run, data: Path) -> None:
    dutch = run("reliability", data, *ITEMS, "--ordered", "--group", "place")
    scale = asked(run, data, *ITEMS)["scales"][0]
    assert (dutch.code, dutch.err) == (0, "")
    lines = dutch.out.splitlines()
    assert lines[:2] == ["120 mensen", "groepen: elm 40, ash 80"]
    assert "scale · iedereen" in lines
    alpha = f"{scale['alpha']:.3f}"
    assert any(line.split()[:2] == ["alfa", alpha.replace(".", ",")] for line in lines)
    assert sum(line.strip().startswith("omega, ordinaal") for line in lines) == 3
    assert any(line.startswith("  b ↺") for line in lines)
    english = run("reliability", data, *ITEMS, "--language", "en")
    assert any(line.split()[:2] == ["alpha", alpha] for line in english.out.splitlines())


def test_clusters_widen_the_interval_of_omega_alone(run: Run, tmp_path: Path) -> None:
    frame = answers(240)
    # people of one project answer alike
    frame.loc[:, FOUR] = frame[FOUR].to_numpy()[np.repeat(np.arange(0, 240, 4), 4)]
    frame["project"] = np.arange(240) // 4
    frame.loc[:3, "project"] = np.nan
    path = written(frame, tmp_path)
    plain, clustered = asked(run, path, *ITEMS), asked(run, path, *ITEMS, "--cluster", "project")
    assert clustered["clusters"] == 59
    assert clustered["notes"][0]["values"] == {"n": 4, "column": "project"}
    width = [s["scales"][0]["omega_ci_upper"] - s["scales"][0]["omega_ci_lower"] for s in (plain, clustered)]
    assert width[1] == pytest.approx(2 * width[0], rel=0.1)  # four people are one


def test_open_answers_and_fiml(run: Run, tmp_path: Path) -> None:
    frame = answers()
    frame.loc[:20, "a"] = np.nan
    path = written(frame, tmp_path)
    listwise, fiml = asked(run, path, *ITEMS), asked(run, path, *ITEMS, "--missing", "fiml")
    assert listwise["scales"][0]["n"] == 99
    assert listwise["scales"][0]["alpha"] == pytest.approx(cronbach_alpha(turned(frame).dropna()))
    assert listwise["scales"][0]["alpha_pairwise"] == pytest.approx(cronbach_alpha(turned(frame)))
    said = run("reliability", path, *ITEMS, "--missing", "fiml", "--language", "en").out.splitlines()
    assert [line.endswith("(120 people)") for line in said if line.split()[:1] == ["omega"]] == [True]
    direct = one_factor(turned(frame), n_declared=4, confidence=0.95, missing="fiml")
    assert [content["scales"][0]["factor"]["n"] for content in (listwise, fiml)] == [99, 120]
    assert fiml["scales"][0]["omega"] == pytest.approx(direct.omega, abs=1e-9)
    assert fiml["scales"][0]["omega"] != pytest.approx(listwise["scales"][0]["omega"], abs=1e-6)


def two_scales(folder: Path) -> Path:
    """Three items of each of two factors that correlate .5; ``y2`` is worded the other way round."""
    rng = np.random.default_rng(6)
    first = rng.normal(size=200)
    second = 0.5 * first + np.sqrt(0.75) * rng.normal(size=200)
    frame = pd.DataFrame(
        {
            f"{name}{k}": np.clip(np.round(3 + factor + 0.8 * rng.normal(size=200)), 1, 5)
            for name, factor in (("x", first), ("y", second))
            for k in (1, 2, 3)
        }
    )
    frame["y2"] = 6 - frame["y2"]
    return written(frame, folder)


TWO = {"X": ["x1", "x2", "x3"], "Y": ["y1", "y2", "y3"]}


def test_scales_held_against_each_other_are_those_of_the_package(run: Run, tmp_path: Path) -> None:
    path = two_scales(tmp_path)
    items = pd.read_csv(path).assign(y2=lambda f: 6 - f["y2"])
    content = asked(
        run, path, "--scale", "X=x1,x2,x3", "--scale", "Y=y1,y2,y3", "--reverse", "y2", "--range", "1,5", "--validity",
        "--draws", "200",
    )["validity"]  # fmt: skip
    joint = joint_model(items, TWO, minimum_n=30, estimator="mlr", missing="listwise", confidence=0.95)
    for row, direct in zip(content["scales"], convergent_validity(joint).to_dict("records"), strict=True):
        for name in ("ave", "composite_reliability", "composite_reliability_ci_lower"):
            assert row[name] == pytest.approx(direct[name], abs=1e-9)
    (pair,) = content["pairs"]
    direct = discriminant_validity(items, joint, minimum_n=30, draws=200, confidence=0.95, seed=1).iloc[0]
    for name in ("r_latent", "r_latent_ci_upper", "htmt", "htmt_ci_lower", "htmt2"):
        assert pair[name] == pytest.approx(direct[name], abs=1e-9)
    assert (pair["verdict"], pair["n_obs_htmt"]) == ("distinct", 200)


def test_scales_of_a_model_and_their_summary(run: Run, tmp_path: Path) -> None:
    path, model = two_scales(tmp_path), tmp_path / "m.lav"
    model.write_text("X =~ x1 + x2 + x3\nY =~ y1 + a*y2 + y3\nG =~ X + Y\nY ~ X\n", encoding="utf-8")
    content = asked(run, path, "--model", model, "--reverse", "y2", "--range", "1,5", "--draws", "100")
    assert [(s["scale"], [i["item"] for i in s["items"]]) for s in content["scales"]] == list(TWO.items())
    for language, verdict in (("nl", "verschillend"), ("en", "distinct")):
        said = run("reliability", path, "--model", model, "--reverse", "y2", "--range", "1,5", "--draws", "100",
                   "--language", language)  # fmt: skip
        assert (said.code, said.err) == (0, "")
        assert [line.split()[-1] for line in said.out.splitlines() if line.startswith("  X, Y")] == [verdict]
    alone = run("reliability", path, "--items", "x1,x2,x3", "--range", "1,5", "--validity", "--language", "en")
    assert "There is one scale" in alone.out
    model.write_text("y ~ x1\n", encoding="utf-8")
    assert "no factor with items" in run("reliability", path, "--model", model).err
    model.write_text("X =~ x1 +\n", encoding="utf-8")
    assert "line 1" in run("reliability", path, "--model", model).err
    assert run("reliability", path, "--model", model, "--items", "x1,x2").code == 2


def test_the_traps_have_names_and_no_figures(run: Run, tmp_path: Path) -> None:
    frame = turned(answers()).assign(constant=3.0, twin=lambda f: f["a"], silent=np.nan, place=answers()["place"])
    frame.loc[frame["place"] == "elm", "d"] = np.nan
    path = written(frame, tmp_path)
    content = asked(
        run, path, "--scale", "constant=a,b,c,constant", "--scale", "twin=a,b,c,twin", "--scale", "silent=a,b,silent",
        "--scale", "one=a", "--scale", "group=a,b,c,d", "--range", "1,5", "--group", "place", "--ordered",
    )  # fmt: skip
    found = {(entry["scale"], entry["group"]): entry for entry in content["scales"]}
    assert found["constant", ""]["problems"] == ["constant_item"]
    assert found["constant", ""]["alpha"] == pytest.approx(cronbach_alpha(frame[["a", "b", "c"]]))
    twin = found["twin", ""]
    assert twin["problems"] == ["perfect_correlation"]
    assert (twin["omega"], twin["omega_ordinal"]) == (None, None)
    assert twin["alpha"] == pytest.approx(cronbach_alpha(frame[["a", "b", "c", "twin"]]))
    assert [item["problem"] for item in twin["items"]] == ["perfect_correlation", "", "", "perfect_correlation"]
    assert found["silent", ""]["problems"] == ["too_few"]
    assert found["one", ""]["problems"] == ["single_item"]
    elm, ash = found["group", "elm"], found["group", "ash"]
    assert (elm["n"], elm["alpha"], elm["omega"], elm["problems"]) == (0, None, None, ["too_few"])
    assert ash["problems"] == []
    said = run("reliability", path, "--scale", "silent=a,b,silent", "--range", "1,5", "--language", "en")
    assert "No figures from fewer than 30 people" in said.out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--items", "a,z"], "no column z"),
        (["--items", "a,remark"], "remark holds something else than numbers"),
        (["--items", "a,b", "--reverse", "c"], "--reverse c: not among the items"),
        (["--items", "a,b", "--range", "1,4"], "outside the range 1 to 4"),
        (["--items", "a,b", "--group", "town"], "no column town (group)"),
        (["--items", "a,b", "--cluster", "town"], "no column town (cluster)"),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_file_is_bad_input(options: list[str], said: str, run: Run, data: Path) -> None:
    done = run("reliability", data, *options)
    assert (done.code, done.out) == (1, "")
    assert said in done.err
    assert len(done.err.splitlines()) == 1
    assert "often" not in done.err


def test_files_that_cannot_be_used(run: Run, data: Path, tmp_path: Path) -> None:
    assert "not there" in run("reliability", tmp_path / "no.csv").err
    (tmp_path / "words.csv").write_text("p,q\nx,y\nz,w\n")
    assert "no column of numbers" in run("reliability", tmp_path / "words.csv").err
    done = run("reliability", data, *ITEMS, "--json", tmp_path)
    assert (done.code, done.out) == (1, "")
    assert "cannot be written" in done.err
    many = answers(120).assign(place=[f"g{i}" for i in range(120)])
    assert "120 groups; 50 are the most" in run("reliability", written(many, tmp_path), *ITEMS, "--group", "place").err


def test_an_item_nobody_answered_is_named(run: Run, tmp_path: Path) -> None:
    data = written(answers().assign(c=np.nan), tmp_path)
    content = asked(run, data, *ITEMS)
    assert [note["values"] for note in content["notes"]] == [{"scale": "scale", "items": "c"}]
    assert content["notes"][0]["code"] == "unanswered" and content["scales"][0]["problems"] == ["too_few"]
    assert "scale: nobody answered c." in run("reliability", data, *ITEMS, "--language", "en").out


@pytest.mark.parametrize("huge", ["1e400", "-1e308", "2e60"])
def test_a_number_too_large_to_count_with_is_none(huge: str, run: Run, tmp_path: Path) -> None:
    frame = answers().astype({"a": object})
    frame.loc[3, "a"] = huge
    said = run("reliability", written(frame, tmp_path), "--items", "a,b,c")
    assert (said.code, said.out) == (1, "")
    assert said.err.strip() == "The column a holds something else than numbers."


@pytest.mark.parametrize(
    "options",
    [
        ["--items", "a,b", "--scale", "X=a,b"], ["--scale", "a,b"], ["--scale", "=a,b"], ["--scale", "X="],
        ["--scale", "X=a,a"], ["--scale", "X=a,b", "--scale", "X=c,d"], ["--range", "1"], ["--range", "5,1"],
        ["--range", "low,high"], ["--confidence", "1"], ["--missing", "pairwise"], ["--minimum-n", "2"],
        ["--nonsense"],
    ],
)  # fmt: skip
def test_wrong_usage(options: list[str], run: Run, data: Path) -> None:
    assert run("reliability", data, *options).code == 2


def test_there_is_a_phrase_for_every_code_in_both_languages() -> None:
    phrases = [*PHRASES.values(), *validity_section.PHRASES.values()]
    assert all(set(texts) == {"nl", "en"} for texts in phrases)
    assert set(get_args(Verdict)) <= set(validity_section.PHRASES)
    assert [code for code in get_args(Problem) if f"problem {code}" not in catalogue()] == []
