"""The gate as a stage: the tiny study's own tables in, the bundle, its description and the metrics out."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from attacker import Attacker, told_means

from analysis.disclosure import reach
from pipeline.artefacts import read_persons, read_table, table_contracts, table_path, write_table
from pipeline.declare import Study, load_study
from pipeline.errors import InputError
from pipeline.present.bundle import read_bundle
from pipeline.present.context import Context
from pipeline.present.report import report_parts
from pipeline.published import (
    MARK,
    bundle_path,
    decimals_of,
    declared_links,
    links_between,
    members_of,
    published_contracts,
    read_published,
    table_rule,
)
from pipeline.seal import check_seal
from pipeline.stages import compare, describe, directions, disclose, judge, power, stress, structure
from pipeline.stages._ranges import score_ranges

POOL = "tiny"
CURVE_TABLES = ("specifications", "specification_curves", "specification_choices")
Publish = Callable[..., Study]


@pytest.fixture(scope="module")
def judged_folder(measured_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny study with every table there is; not to be changed."""
    folder = Path(shutil.copytree(measured_folder, tmp_path_factory.mktemp("judged") / "tiny_study"))
    study = load_study(folder)
    power.run(study)
    for pool in study.params.pools:
        describe.run(study, pool)
        compare.run(study, pool=pool)
        for model in study.params.models:
            structure.run(study, pool=pool, model=model)
        directions.run(study, pool=pool)
        stress.run(study, pool=pool)
        judge.run(study, pool=pool)
    return folder


@pytest.fixture
def judged(judged_folder: Path, tmp_path: Path) -> Study:
    """A copy of it, free to change."""
    return load_study(Path(shutil.copytree(judged_folder, tmp_path / "tiny_study")))


@pytest.fixture(scope="module")
def disclosed(judged_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """It with both pools disclosed within the usual limits; to be read, not changed."""
    study = load_study(Path(shutil.copytree(judged_folder, tmp_path_factory.mktemp("disclosed") / "tiny_study")))
    for pool in study.params.pools:
        disclose.run(study, pool)
    return study


def with_params(study: Study, **disclosed: object) -> Study:
    """The study read again with other limits."""
    path = study.root / "params.yaml"
    lines = path.read_text(encoding="utf-8").split("\n")
    start = lines.index("disclose:")
    kept = [line for line in lines[start + 1 : start + 4] if line.split(":")[0].strip() not in disclosed]
    added = [f"  {name}: {json.dumps(value)}" for name, value in disclosed.items()]
    path.write_text("\n".join([*lines[: start + 1], *kept, *added, *lines[start + 4 :]]), encoding="utf-8")
    return load_study(study.root)


def test_every_published_table_has_its_columns_and_a_mark(disclosed: Study) -> None:
    files = sorted(path.name for path in bundle_path(disclosed.root, POOL).iterdir())
    assert files == sorted([*(f"{name}.csv" for name in published_contracts()), "about.json", "seal.json"])
    assert "flow.csv" not in files
    for name, contract in published_contracts().items():
        head = (bundle_path(disclosed.root, POOL) / f"{name}.csv").read_text(encoding="utf-8").split("\n")[0]
        assert head == ",".join([*contract.columns, MARK])
        assert set(read_published(disclosed.root, POOL, name)[MARK]) <= {"", "group", "cell"}


def test_no_small_figure_is_shown_anywhere(disclosed: Study) -> None:
    for pool in disclosed.params.pools:
        for name, contract in published_contracts().items():
            table = read_published(disclosed.root, pool, name)
            for column in contract.with_role("count"):
                assert not table[column].between(1, 4).any(), (name, column)
            for column in contract.with_role("base"):
                assert not table[column].between(1, 9).any(), (name, column)
            hidden = table[table[MARK] == "group"]
            numbers = contract.with_role("base", "count", "share", "statistic")
            assert hidden[numbers].isna().all(axis=None), name


def test_with_limits_above_everything_all_is_hidden_without_solving_for_every_cell(
    judged: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    solved: list[int] = []
    real = reach.linprog
    monkeypatch.setattr(reach, "linprog", lambda *args, **kwargs: solved.append(1) or real(*args, **kwargs))
    study = with_params(judged, minimum_group=5000)
    disclose.run(study, POOL)
    for name, contract in published_contracts().items():
        table = read_published(study.root, POOL, name)
        figures = table[contract.with_role("base", "count", "share", "statistic")]
        # how many were invited is a fact of the project, and those who left are counted against minimum_cell
        shown = set(table.loc[figures.gt(0).any(axis=1), "step"]) if name == "response_flow" else set()
        assert shown <= {"invited", "excluded"}
        assert name == "response_flow" or not figures.gt(0).any(axis=None), name
    assert len(solved) < 100  # two for each of a tiny study's cells are six hundred


def test_whoever_solves_the_bundle_is_left_with_the_declared_ranges(disclosed: Study) -> None:
    """Every hidden figure of every table: the attacker of ``tests/analysis`` on the tiny study's own bundles."""
    by_design = tuple(disclose.design_variables(disclosed))
    for pool in disclosed.params.pools:
        tables = disclose.read_tables(disclosed, pool)
        made_of_others = declared_links()["derived"]
        truth = {name: table for name, table in tables.items() if name not in made_of_others}
        shown = {name: read_published(disclosed.root, pool, name) for name in truth}
        members = {key: set(of) for key, of in members_of(truth["project_traits"], truth["projects"]).items()}
        told = Attacker(shown, truth, members, by_design=by_design).told()
        assert len(told) > 20
        assert [one.figure for one in told if not one.wide] == []
        full = truth["group_results"]
        ranges = score_ranges(disclosed.instrument_of_pool(pool))
        means = told_means(shown, truth, members, ranges)
        few = full[full["n_obs"] < 10]
        for outcome, division, group, wave in few[["outcome", "division", "group", "wave"]].to_numpy():
            low, high = means[outcome, division, group, wave]
            span = ranges[outcome][1] - ranges[outcome][0]
            assert high - low >= declared_links()["means"]["width"] * span - 1e-5
        assert pool != POOL or len(few)


def test_what_is_shown_is_what_was_computed(disclosed: Study) -> None:
    shown = read_published(disclosed.root, POOL, "trait_means")
    full = read_table(disclosed.root, "trait_means", pool=POOL)
    open_rows = shown[MARK] == ""
    assert open_rows.any()
    assert decimals_of("trait_means", "mean") == 2
    expected = full.loc[open_rows, "mean"].round(2)
    pd.testing.assert_series_equal(shown.loc[open_rows, "mean"], expected, check_exact=False, atol=1e-9)


def test_a_person_in_a_group_of_few_is_hidden_with_the_rest_of_the_division(judged: Study) -> None:
    """Seven owners: their mean, the renters' mean beside everybody's, the difference, and the verdict on it."""
    means = read_table(judged.root, "trait_means", pool=POOL)
    means.loc[means["level"] == "own", "n_obs"] = 7
    write_table(judged.root, "trait_means", means, pool=POOL)
    disclose.run(judged, POOL)
    shown = read_published(judged.root, POOL, "trait_means").set_index(["trait", "level"])
    assert shown.loc["tenure", "mean"].isna().all()
    assert shown.loc["place", "mean"].notna().all()
    contrasts = read_published(judged.root, POOL, "trait_contrasts").set_index("trait")
    assert contrasts.loc["tenure", "estimate"].isna().all()
    assert contrasts.loc["place", "estimate"].notna().any()
    verdicts = read_published(judged.root, POOL, "verdicts").set_index("claim")
    assert pd.isna(verdicts.loc["T3", "estimate"])
    assert verdicts.loc["T2", MARK] == ""


def without_projects(study: Study, n_left_out: dict[str, int]) -> pd.DataFrame:
    """A comparison of places without each project; ``n_left_out``: persons by project."""
    numbers = {"n_projects": 7, "effect_size": 0.4321, "ci_lower": 0.1, "ci_upper": 0.8, "pvalue": 0.0312}
    rows = [("(none)", 0, 180)] + [(project, n, 180 - n) for project, n in n_left_out.items()]
    frame = pd.DataFrame(rows, columns=["left_out", "n_left_out", "n_obs"])
    frame = frame.assign(outcome="SAT", trait="place", refused="", **numbers)
    return frame[list(table_contracts()["contrast_left_out"].columns)]


def test_results_without_a_project_of_few_are_hidden_with_others_of_its_kind(judged: Study) -> None:
    levels = read_table(judged.root, "project_traits", pool=POOL).set_index("project")["level"]
    sizes = dict.fromkeys(levels.index, 24)
    small = levels.index[0]
    write_table(judged.root, "contrast_left_out", without_projects(judged, sizes | {small: 7}), pool=POOL)
    disclose.run(judged, POOL)
    shown = read_published(judged.root, POOL, "contrast_left_out").set_index("left_out")
    gone = shown.index[shown[MARK] == "group"]
    assert small in gone
    assert len(gone) >= 3
    assert {levels[project] for project in gone} == {levels[small]}
    assert shown.loc[gone, ["n_left_out", "n_obs", "effect_size"]].isna().all(axis=None)
    open_rows = shown.drop(index=[*gone, "(none)"])
    assert len(open_rows) and (open_rows["n_left_out"] == 20).all()
    assert (open_rows["n_obs"] == 160).all()
    assert (open_rows["effect_size"] == 0.43).all()


def test_the_curve_of_a_claim_goes_with_a_level_that_is_hidden(judged: Study) -> None:
    """Seven owners: nothing of the claim on owners is shown, in any way of calculating."""
    tables = {name: read_table(judged.root, name, pool=POOL) for name in CURVE_TABLES}
    claimed = {name: (table["claim"] == "T3").sum() for name, table in tables.items()}
    means = read_table(judged.root, "trait_means", pool=POOL)
    means.loc[means["level"] == "own", "n_obs"] = 7
    write_table(judged.root, "trait_means", means, pool=POOL)
    disclose.run(judged, POOL)
    for name in CURVE_TABLES:
        shown = read_published(judged.root, POOL, name)
        numbers = published_contracts()[name].with_role("base", "statistic")
        assert len(shown[shown["claim"] == "T3"]) == claimed[name]
        assert shown.loc[shown["claim"] == "T3", numbers].isna().all(axis=None), name
    specifications = read_published(judged.root, POOL, "specifications")
    assert specifications.loc[specifications["claim"] == "T2", "estimate"].notna().any()


def test_the_gate_knows_how_many_there_are_and_nobody_else_does(disclosed: Study) -> None:
    sizes = read_table(disclosed.root, "scope_sizes", pool=POOL)
    kept = read_table(disclosed.root, "response_flow", pool=POOL)
    kept = kept[kept["step"] == "kept"].set_index("wave")["n"]
    everybody = sizes[sizes["variable"] == "all"].groupby("wave")["n"].sum()
    assert everybody.to_dict() == kept.to_dict()
    assert set(sizes["variable"]) == {"all", "project", "place", "tenure"}
    assert not (bundle_path(disclosed.root, POOL) / "scope_sizes.csv").exists()


def test_sizes_of_specifications_are_rough_and_tell_nobody_who_was_left_out(disclosed: Study) -> None:
    shown = read_published(disclosed.root, POOL, "specifications")
    sizes = shown.dropna(subset=["n_obs"])
    assert len(sizes)
    assert (sizes["n_obs"] % 10 == 0).all()
    assert (sizes.groupby(["claim", "waves", "residents"])["n_obs"].nunique() == 1).all()
    full = read_table(disclosed.root, "specifications", pool=POOL)
    assert (full["n_obs"] % 10 != 0).any()
    assert (shown["estimate"].dropna() * 100 % 1).round(6).isin([0, 1]).all()


def test_no_degrees_of_freedom_tell_a_rough_or_a_hidden_size(judged: Study) -> None:
    """A regression of n residents has n - k of them: beside a size to tens they would count the few left out."""
    means = read_table(judged.root, "trait_means", pool=POOL)
    means.loc[means["level"] == "own", "n_obs"] = 7
    write_table(judged.root, "trait_means", means, pool=POOL)
    disclose.run(judged, POOL)
    full = read_table(judged.root, "specifications", pool=POOL)
    shown = read_published(judged.root, POOL, "specifications")
    alone = full["clustering"] == "ignored"
    assert full.loc[alone, "df"].notna().any()
    assert shown.loc[alone, "df"].isna().all()
    assert shown.loc[~alone & (shown[MARK] == ""), "df"].notna().any()
    for name, link in declared_links()["freedom"].items():
        table = read_published(judged.root, POOL, name)
        assert table.loc[table[MARK] == "group", link["columns"]].isna().all(axis=None), name
    contrasts = read_published(judged.root, POOL, "trait_contrasts")
    assert (contrasts[MARK] == "group").any()
    assert contrasts.loc[contrasts[MARK] == "", "df"].notna().any()


def test_a_joint_model_goes_with_a_level_that_is_hidden(judged: Study) -> None:
    """Both levels together and one of them give the other away."""
    keys = {"pool": POOL, "model": "tiny"}
    fit = read_table(judged.root, "model_fit", **keys)
    joint = read_table(judged.root, "joint_fit", **keys)
    assert len(joint) and (joint[["n_obs_high", "n_obs_low"]] >= 10).all(axis=None)
    fit.loc[fit["trait"] == joint["trait"].iloc[0], "n_obs"] = 8
    write_table(judged.root, "model_fit", fit, **keys)
    disclose.run(judged, POOL)
    for name in ("joint_fit", "path_differences"):
        published = read_published(judged.root, POOL, name)
        tied = published["trait"] == joint["trait"].iloc[0]
        assert tied.any()
        assert set(published.loc[tied, MARK]) == {"group"}
        assert published.loc[tied, table_contracts()[name].with_role("base", "statistic")].isna().all(axis=None)


def test_about_says_what_the_bundle_is(disclosed: Study) -> None:
    about = json.loads((bundle_path(disclosed.root, POOL) / "about.json").read_text(encoding="utf-8"))
    assert (about["study"], about["pool"], about["origin"], about["simulated"]) == ("tiny", POOL, "simulated", True)
    assert (about["minimum_group"], about["minimum_cell"], about["looser_on_purpose"]) == (10, 5, False)
    assert about["dominance_share"] == 0.5
    assert [wave["wave"] for wave in about["waves"]] == ["tiny-2020", "tiny-2022"]
    for name, marks in about["hidden_rows"].items():
        table = read_published(disclosed.root, POOL, name)
        assert {mark: int((table[MARK] == mark).sum()) for mark in ("group", "cell")} == marks


def test_metrics_are_the_published_figures(disclosed: Study) -> None:
    metrics = json.loads((disclosed.root / "reports" / "metrics" / f"{POOL}.json").read_text(encoding="utf-8"))
    assert set(metrics) == {"reliability", "fit", "claims"}
    assert set(metrics["reliability"]) == {"SAT", "TIES"}
    assert list(metrics["claims"]) == ["T1", "T2", "T3"]
    verdicts = read_published(disclosed.root, POOL, "verdicts").set_index("claim")
    for claim, found in metrics["claims"].items():
        assert found["verdict"] == verdicts.loc[claim, "verdict"]
        assert found["estimate"] == pytest.approx(verdicts.loc[claim, "estimate"], abs=1e-9)
    assert isinstance(metrics["fit"]["tiny"]["n_obs"], int)


def test_the_same_bytes_twice(judged: Study, disclosed: Study) -> None:
    disclose.run(judged, POOL)
    made, again = (
        {path.name: path.read_bytes() for path in bundle_path(study.root, POOL).iterdir()}
        for study in (disclosed, judged)
    )
    assert made == again


def test_a_file_of_an_earlier_run_does_not_stay_in_the_bundle(judged: Study) -> None:
    left = bundle_path(judged.root, POOL) / "gone.csv"
    left.parent.mkdir(parents=True)
    left.write_text("old", encoding="utf-8")
    disclose.run(judged, POOL)
    assert not left.exists()
    check_seal(left.parent, stage="disclose")


@pytest.mark.parametrize("limits", [{"minimum_cell": 4}, {"minimum_group": 1}, {"dominance_share": 0.8}])
def test_looser_limits_must_be_meant(judged: Study, limits: dict[str, int]) -> None:
    with pytest.raises(InputError, match="looser_on_purpose"):
        disclose.run(with_params(judged, **limits), POOL)
    assert not bundle_path(judged.root, POOL).exists()


def test_looser_on_purpose_is_written_down(judged: Study) -> None:
    disclose.run(with_params(judged, minimum_cell=2, looser_on_purpose=True), POOL)
    about = json.loads((bundle_path(judged.root, POOL) / "about.json").read_text(encoding="utf-8"))
    assert about["looser_on_purpose"] is True
    assert about["minimum_cell"] == 2


def test_stricter_limits_hide_more(judged: Study, disclosed: Study) -> None:
    before = sum((read_published(disclosed.root, POOL, name)[MARK] != "").sum() for name in published_contracts())
    disclose.run(with_params(judged, minimum_group=40, minimum_cell=12), POOL)
    after = sum((read_published(judged.root, POOL, name)[MARK] != "").sum() for name in published_contracts())
    assert after > before


def test_an_id_never_gets_through(judged: Study) -> None:
    path = table_path(judged.root, "waves", pool=POOL)
    waves = read_table(judged.root, "waves", pool=POOL)
    write_table(judged.root, "waves", waves.assign(corporation="0123456789abcdef"), pool=POOL)
    with pytest.raises(ValueError, match="table waves, column corporation: a text that looks like a respondent's id"):
        disclose.run(judged, POOL)
    assert path.exists()
    assert not bundle_path(judged.root, POOL).exists()


def test_rows_of_persons_stop_the_run(judged: Study) -> None:
    composition = read_table(judged.root, "composition", pool=POOL)
    write_table(judged.root, "composition", pd.concat([composition, composition.iloc[:1]]), pool=POOL)
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.stages.disclose", "--study", str(judged.root), "--pool", POOL],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "table composition: 1 rows repeat the keys of another row" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_number_of_a_hidden_group_stands_in_a_sentence(judged: Study) -> None:
    fit = read_table(judged.root, "model_fit", pool=POOL, model="tiny")
    owners = fit["level"] == "own"
    fit.loc[owners, ["n_obs", "converged", "message"]] = [7, "false", "7 complete cases: no model is fitted below 40."]
    write_table(judged.root, "model_fit", fit, pool=POOL, model="tiny")
    disclose.run(judged, POOL)
    shown = read_published(judged.root, POOL, "model_fit").set_index(["trait", "level"])
    assert shown.loc[("tenure", "own"), "message"] == ""


def test_a_hidden_figure_leaves_no_trace(judged: Study, tmp_path: Path) -> None:
    """Two sets of persons that publish the same: nothing of a bundle, its description or the metrics tells which."""
    other = load_study(Path(shutil.copytree(judged.root, tmp_path / "other")))
    for study, n, mean, share in ((judged, 7, 3.75, 0.2), (other, 4, 1.5, 0.9)):
        groups = read_table(study.root, "group_results", pool=POOL)
        few = (groups["division"] == "corporation") & (groups["wave"] != "all")
        groups.loc[few, ["n_obs", "mean", "ci_lower", "ci_upper", "largest_share"]] = [n, mean, 1.0, 4.0, share]
        write_table(study.root, "group_results", groups, pool=POOL)
        means = read_table(study.root, "trait_means", pool=POOL)
        means.loc[means["level"] == "own", ["n_obs", "mean", "sd", "largest_share"]] = [n, mean, 0.9, share]
        write_table(study.root, "trait_means", means, pool=POOL)
        disclose.run(study, POOL)
    files = [path.name for path in bundle_path(judged.root, POOL).iterdir()]
    for name in sorted(files):
        one, two = ((bundle_path(study.root, POOL) / name).read_bytes() for study in (judged, other))
        assert one == two, name
    one, two = ((study.root / "reports" / "metrics" / f"{POOL}.json").read_bytes() for study in (judged, other))
    assert one == two


def test_no_person_is_named_in_anything_the_report_is_made_of(disclosed: Study) -> None:
    """Texts, pictures and their alternative texts, data beside them and the bundle: no id, no answer sheet's number."""
    persons = pd.concat([read_persons(disclosed.root, "clean", wave=wave.wave) for wave in disclosed.waves_of(POOL)])
    made = report_parts(Context(disclosed, read_bundle(disclosed.root, POOL), "nl"))
    texts = [*made.texts.values(), *made.variables.values()]
    texts += [one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in made.files.values()]
    texts += [path.read_text(encoding="utf-8") for path in bundle_path(disclosed.root, POOL).iterdir()]
    words = {word for text in texts for word in re.findall(r"[\w-]+", text)}
    assert "tiny-2020" in words
    ids = set(persons["respondent"])
    assert len(ids) > 100
    assert not ids & words


def test_no_share_is_all_or_nobody(disclosed: Study) -> None:
    """In every table there is, but where it follows from the design or from who was asked (links: silent, residue)."""
    contracts = published_contracts()
    for pool in disclosed.params.pools:
        for name in (name for name, contract in contracts.items() if contract.with_role("share")):
            shown = read_published(disclosed.root, pool, name)
            rule = table_rule(contracts[name], by_design=disclose.design_variables(disclosed))
            says_nothing = np.zeros(len(shown), dtype=bool)
            for column, values in [*rule.silent.items(), *rule.residue.items()]:
                says_nothing |= (shown[column].isin(values) | ("*" in values)).to_numpy()
            partition = list(rule.partition) or list(rule.keys)
            answers = shown[~says_nothing].groupby(partition, dropna=False)[partition[0]].transform("size")
            several = shown[~says_nothing][(answers > 1) | (not rule.partition)]
            for column in rule.shares:
                assert not several[column].isin([0.0, 1.0]).any(), (pool, name, column)


# of items, claims, specifications or projects, never of persons' answers
NOT_OF_PERSONS = {
    "waves.mode", "reversal_checks.lowest_item_rest", "reversal_checks.lowest_item_rest_unreversed",
    "invariance.n_smallest", "level_contrasts.minimum_pvalue", "trait_contrasts.minimum_pvalue",
    "specification_curves.median", "specification_curves.pvalue_median", "specification_curves.minimum_pvalue",
    "specification_choices.median", "verdicts.minimum_pvalue", "verdicts.smallest_effect",
}  # fmt: skip
OF_ONE_PERSON = re.compile(
    r"(^|_)(min|max|minimum|maximum|lowest|highest|smallest|largest|outliers?|extremes?|quantile|quartile|percentile|decile"
    r"|median|mode|range|respondents?|person|id|row)(_|$)"
)


def test_no_contract_has_a_column_that_is_one_persons() -> None:
    """No minimum, maximum, outlier or point of one person in any table that is published, nor a column for one."""
    for name, contract in published_contracts().items():
        for column in contract.columns:
            assert f"{name}.{column}" in NOT_OF_PERSONS or not OF_ONE_PERSON.search(column), (name, column)
        assert not contract.with_role("dominant")
        figures = contract.with_role("statistic", "share", "count")
        # what stands on persons says on how many, or stands for a claim that does; a count is its own base
        assert contract.with_role("base", "count") or not figures or "claim" in contract.columns, name


def test_links_name_columns_that_the_contracts_have(tmp_path: Path) -> None:
    traits = pd.DataFrame({"project": ["a", "b"], "trait": ["t", "t"], "level": ["x", ""]})
    links = links_between(traits)
    contracts = table_contracts()
    for levels in links.levels:
        keys = contracts[levels.table].with_role("key")
        assert set(levels.keys) <= set(keys)
        assert set(levels.outside or ()) <= set(table_rule(contracts[levels.table]).numbers)
    for link in links.sums:
        for term in link.terms:
            contract = contracts[term.table]
            assert contract.columns[term.column] in ("count", "base")
            keys = {*term.where, *term.unless, *(term.keys.get(key, key) for key in link.by)}
            assert keys <= set(contract.with_role("key")), term
    for moment in links.moments:
        assert {moment.mean, moment.sd, moment.base} <= set(contracts[moment.table].columns)
        assert {moment.value, moment.count} <= set(contracts[moment.distribution].columns)
