"""``magical-housing contrast``: figures worked by hand, both languages, every way of getting it wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
from cli_help import Run

from analysis.clusters.contrast import METHODS, Refusal, Warned
from pipeline.commands.contrast_summary import phrases

ASKED = ("--outcome", "score", "--trait", "place", "--cluster", "project")
# means of eight projects, four inside a neighbourhood and four apart
INSIDE, APART = (3.0, 3.0, 5.0, 5.0), (1.0, 1.0, 3.0, 3.0)


def residents(inside: tuple[float, ...] = INSIDE, apart: tuple[float, ...] = APART) -> pd.DataFrame:
    """Five people in every project, half a step apart around its mean."""
    means = [*inside, *apart]
    n = len(means)
    return pd.DataFrame({
        "project": np.repeat([f"p{i}" for i in range(n)], 5),
        "place": np.repeat(["inside"] * len(inside) + ["apart"] * len(apart), 5),
        "score": np.repeat(means, 5) + np.tile([-1.0, -0.5, 0.0, 0.5, 1.0], n),
        "built": np.repeat([i % 2 for i in range(n)], 5),
        "woman": np.tile([1, 0, 1, 0, 1], n),
        "age": np.tile([20.0, 30.0, 40.0, 50.0, 60.0], n),
        "remark": "often",
    })  # fmt: skip


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return written(residents(), tmp_path)


def written(frame: pd.DataFrame, folder: Path) -> Path:
    frame.to_csv(folder / "d.csv", index=False, na_rep="NA")
    return folder / "d.csv"


def asked(run: Run, data: Path, *options: Any) -> dict[str, Any]:
    said = run("contrast", data, *options, "--json", "-")
    assert (said.code, said.err) == (0, "")
    content: dict[str, Any] = json.loads(said.out)
    return content


def by_method(content: dict[str, Any], trait: str = "place") -> dict[str, dict[str, Any]]:
    return {row["method"]: row for row in content["contrasts"] if row["trait"] == trait}


def test_the_figures_are_those_of_paper_and_pencil(run: Run, data: Path) -> None:
    content = asked(run, data, *ASKED, "--high", "inside")
    rows = by_method(content)
    assert list(rows) == list(METHODS)
    assert [row["method"] for row in content["contrasts"] if row["naive"]] == ["persons", "ols"]
    for row in rows.values():
        assert row["estimate"] == pytest.approx(2.0, abs=1e-8)
    # variance 4/3 of the means in either level: an error of √(2 (4/3) / 4), and six degrees of freedom
    assert (rows["project_means"]["se"], rows["project_means"]["df"]) == pytest.approx((np.sqrt(2 / 3), 6), abs=1e-8)
    # of the 70 ways to call four of eight projects inside, how many give a difference of 2 or more, either way?
    # the means are 1 1 3 3 3 3 5 5; a set of four has a sum of 16 ± 4 or more: 5 5 with two of the 3s (6 ways), or the
    # four that are left then, 6 again
    permutation = rows["permutation"]
    assert (permutation["n_draws"], permutation["exact"]) == (70, "yes")
    assert permutation["pvalue"] == pytest.approx(12 / 70)
    assert permutation["minimum_pvalue"] == pytest.approx(2 / 70)
    assert (content["n"], content["n_projects"], content["notes"]) == (40, 8, [])


def test_the_design_effect_and_what_one_project_does(run: Run, data: Path) -> None:
    content = asked(run, data, *ASKED, "--high", "inside", "--minimum-projects", "3")
    (design,) = content["designs"]
    assert design["design_effect"] == pytest.approx(1 + 4 * design["icc"], abs=1e-9)
    left_out = {row["left_out"]: row for row in content["left_out"]}
    assert list(left_out) == ["(none)", *(f"p{i}" for i in range(8))]
    # without p0 (mean 3) the inside ones have a mean of 13/3, and the difference is 7/3
    frame = residents().query("project != 'p0'")
    assert left_out["p0"]["effect_size"] == pytest.approx(7 / 3 / frame["score"].std(), abs=1e-8)
    assert (left_out["p0"]["n_left_out"], left_out["p0"]["n_obs"]) == (5, 35)


def test_which_value_is_high_can_be_chosen_and_is_told_where_it_was_not(run: Run, data: Path) -> None:
    chosen = asked(run, data, *ASKED, "--high", "apart")
    assert chosen["traits"] == [{"trait": "place", "of": "project", "high": "apart", "low": "inside"}]
    assert by_method(chosen)["persons"]["estimate"] == pytest.approx(-2.0)
    default = asked(run, data, *ASKED)
    assert default["notes"][0]["code"] == "high_chosen"
    assert default["traits"][0]["high"] == "inside"
    zero_one = asked(run, data, "--outcome", "score", "--trait", "built", "--cluster", "project")
    assert (zero_one["traits"][0]["high"], zero_one["notes"]) == ("1", [])


def test_of_two_traits_of_projects_the_effects_are_compared(run: Run, data: Path) -> None:
    content = asked(run, data, *ASKED, "--trait", "built", "--high", "place=inside")
    rows = {trait: by_method(content, trait) for trait in ("place", "built", "place-built")}
    a, b = (rows[trait]["project_means"]["estimate"] for trait in ("place", "built"))
    assert rows["place-built"]["project_means"]["estimate"] == pytest.approx(a - b, abs=1e-8)
    # two of each combination: 6 · 6 ways within the levels of the other
    assert rows["place"]["permutation"]["n_draws"] == 36


def test_a_trait_of_people_is_told_apart(run: Run, data: Path) -> None:
    content = asked(run, data, "--outcome", "score", "--trait", "woman", "--cluster", "project")
    assert content["traits"][0]["of"] == "person"
    assert content["notes"][0] == {
        "code": "trait_of_persons", "values": {"trait": "woman", "n": 8, "k": 8},
        "sentence": "woman varies within 8 of the 8 projects; so it is compared as a trait of people.",
    }  # fmt: skip
    # 0, 2 and 4 steps from the middle against 1 and 3: the same mean
    assert by_method(content, "woman")["mixed"]["estimate"] == pytest.approx(0.0, abs=1e-8)
    assert content["left_out"] == []


def test_three_projects_a_side_are_refused_and_the_naive_result_stands(run: Run, tmp_path: Path) -> None:
    data = written(residents(INSIDE[:3], APART), tmp_path)
    rows = by_method(asked(run, data, *ASKED))
    assert {m: row["refused"] for m, row in rows.items()} == {
        m: "" if m in ("persons", "ols") else "too_few_projects" for m in METHODS
    }
    said = run("contrast", data, *ASKED, "--language", "en")
    assert "would call this sure" in said.out
    assert said.out.startswith(
        "Projects with place = inside and with place = apart cannot be compared: there are 3 and 4 projects, and at"
        " least 4 of each kind are needed."
    )


def test_nearly_confounded_traits_are_warned_of_in_words(run: Run, tmp_path: Path) -> None:
    frame = residents()
    frame["built"] = ((frame["place"] == "inside") ^ frame["project"].isin(["p0"])).astype(int)
    said = run(
        "contrast", written(frame, tmp_path), *ASKED, "--trait", "built", "--language", "en", "--minimum-projects", "3"
    )
    assert "this trait nearly coincides with another (phi 0.77; 1 projects tell them apart)" in said.out


def test_covariates_take_out_those_who_lack_them(run: Run, tmp_path: Path) -> None:
    frame = residents()
    frame.loc[:2, "age"] = np.nan
    content = asked(run, written(frame, tmp_path), *ASKED, "--adjust", "age")
    rows = by_method(content)
    assert (rows["persons"]["n_obs"], rows["ols"]["n_obs"]) == (40, 37)
    assert [note["code"] for note in content["notes"]] == ["high_chosen", "no_covariate"]
    projects = asked(run, written(residents(), tmp_path), *ASKED, "--adjust", "built")
    assert projects["notes"][-1]["code"] == "adjust_of_projects"


def test_the_summary_says_first_what_can_be_said(run: Run, data: Path) -> None:
    dutch = run("contrast", data, *ASKED)
    assert (dutch.code, dutch.err) == (0, "")
    first, second = dutch.out.splitlines()[0], dutch.out
    assert first.startswith(
        "score is hoger in projecten met place = inside dan in projecten met place = apart: het scheelt 2,00"
    )
    assert "mensen, Welch *" in second
    assert "kleinste p" in second
    english = run("contrast", data, *ASKED, "--language", "en")
    assert english.out.startswith("score is higher in projects with place = inside")
    assert "people count for" in english.out
    # the smallest p is 2/70: enough for a 95 % interval, too large for one of 99 %
    assert "an interval without end" not in english.out
    assert "an interval without end" in run("contrast", data, *ASKED, "--language", "en", "--confidence", "0.99").out


def test_who_counts_people_is_too_sure(run: Run, data: Path) -> None:
    said = run("contrast", data, *ASKED, "--language", "en", "--confidence", "0.99")
    # 2 ± 3.71 · 0.82 holds zero; forty people would leave no doubt
    assert said.out.startswith("Whether score differs between projects with place = inside")
    assert "Whoever counts people would call this sure (p < 0.001)" in said.out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--outcome", "scores", "--trait", "place", "--cluster", "project"), "There is no column scores (outcome)."),
        (("--outcome", "score", "--trait", "spot", "--cluster", "project"), "There is no column spot (trait)."),
        ((*ASKED, "--adjust", "ages"), "There is no column ages (adjust)."),
        ((*ASKED, "--adjust", "remark"), "The column remark (adjust) holds something else than numbers."),
        (("--outcome", "remark", "--trait", "place", "--cluster", "project"), "The column remark (outcome) holds"),
        (("--outcome", "score", "--trait", "age", "--cluster", "project"), "holds 5 different values"),
        (("--outcome", "score", "--trait", "remark", "--cluster", "project"), "holds 1 different values"),
        ((*ASKED, "--adjust", "score"), "score: named twice."),
        ((*ASKED, "--high", "elsewhere"), "--high: the column place does not hold that value."),
    ],
)
def test_what_the_file_cannot_give_is_said(run: Run, data: Path, options: tuple[str, ...], message: str) -> None:
    said = run("contrast", data, *options)
    assert said.code == 1
    assert message in said.err
    assert "often" not in said.err


@pytest.mark.parametrize(
    "options",
    [
        ("--outcome", "score", "--trait", "place"),
        (*ASKED, "--confidence", "1.2"),
        (*ASKED, "--trait", "built", "--high", "inside"),
        (*ASKED, "--high", "inside", "--high", "apart"),
        (*ASKED, "--minimum-projects", "1"),
    ],
)
def test_wrong_usage_exits_with_two(run: Run, data: Path, options: tuple[str, ...]) -> None:
    assert run("contrast", data, *options).code == 2


def test_nobody_left_to_compare(run: Run, tmp_path: Path) -> None:
    nothing = written(residents().assign(score=np.nan), tmp_path)
    said = run("contrast", nothing, *ASKED)
    assert (said.code, "The column score (outcome) is empty" in said.err) == (1, True)
    homeless = written(residents().assign(project=np.nan), tmp_path)
    said = run("contrast", homeless, *ASKED)
    assert (said.code, "The column project (cluster) is empty" in said.err) == (1, True)


def test_a_spreadsheet_gives_the_same_as_a_csv(run: Run, data: Path, tmp_path: Path) -> None:
    residents().to_excel(tmp_path / "d.xlsx", index=False)
    assert asked(run, tmp_path / "d.xlsx", *ASKED) == asked(run, data, *ASKED)


def test_the_json_can_be_written_to_a_file_beside_the_summary(run: Run, data: Path, tmp_path: Path) -> None:
    said = run("contrast", data, *ASKED, "--json", tmp_path / "out.json")
    assert said.out.startswith("score is hoger")
    assert json.loads((tmp_path / "out.json").read_text()) == asked(run, data, *ASKED)


def test_every_code_has_a_phrase_in_both_languages() -> None:
    codes = [f"refused {code}" for code in get_args(Refusal) if code]
    codes += [*get_args(Warned), *(f"method {method}" for method in METHODS)]
    assert [code for code in codes if code not in phrases()] == []
    assert all(set(texts) == {"nl", "en"} for texts in phrases().values())


@pytest.mark.parametrize(
    "names",
    [
        ["1", "01", "001", "2", "02", "10", "1e1", "3"],
        [str(9007199254740992 + i) for i in range(8)],  # more digits than a number keeps
    ],
)
def test_names_of_projects_that_are_one_number_are_not_one_project(run: Run, tmp_path: Path, names: list[str]) -> None:
    frame = residents()
    as_they_are = asked(run, written(frame, tmp_path), *ASKED)
    named = dict(zip(dict.fromkeys(frame["project"]), names, strict=True))
    renamed = asked(run, written(frame.assign(project=frame["project"].map(named)), tmp_path), *ASKED)
    assert renamed["n_projects"] == 8
    for method in ("project_means", "cr2", "mixed"):
        assert by_method(renamed)[method]["pvalue"] == pytest.approx(by_method(as_they_are)[method]["pvalue"])


def test_a_whole_number_with_decimals_is_the_same_project(run: Run, tmp_path: Path) -> None:
    frame = residents()
    number = frame["project"].str[1:]
    odd = number.where(frame.index % 2 == 0, number + ".0")
    assert asked(run, written(frame.assign(project=odd), tmp_path), *ASKED)["n_projects"] == 8


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_an_outcome_that_is_the_trait_itself_is_refused_without_noise(run: Run, tmp_path: Path) -> None:
    sizes = [3, 41, 9, 5, 28, 17, 2, 12, 60, 8, 11]
    high = [1, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1]
    frame = pd.DataFrame({"project": np.repeat(range(11), sizes), "place": np.repeat(high, sizes)})
    rows = by_method(asked(run, written(frame.assign(score=frame["place"]), tmp_path), *ASKED))
    assert {row["refused"] for row in rows.values()} == {"no_variation"}
