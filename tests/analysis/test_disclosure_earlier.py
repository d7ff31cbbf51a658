"""This report beside earlier ones: on frames to check by hand, and against an attacker who keeps every report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from analysis.disclosure import (
    Earlier,
    Follow,
    History,
    Levels,
    Links,
    Protected,
    Rough,
    TableRule,
    Thresholds,
    WaveColumn,
    audit,
    protect_tables,
)
from analysis.disclosure.earlier import changed_sum, kind_of

LIMITS = Thresholds(minimum_group=10, minimum_cell=5)
KEYS = ("trait", "level")
COUNTS = TableRule("counts", (*KEYS, "answer"), ("base",), ("n",), ("share",), partition=KEYS)
MEANS = TableRule("means", KEYS, ("n_obs",), statistics=("mean",))
RULES = {"counts": COUNTS, "means": MEANS}
LINKS = Links(levels=tuple(Levels(name, KEYS, ("all", "all")) for name in RULES))
ANSWERS = (1, 2, 3)
TENURES = ("own", "rent")
Waves = Mapping[str, pd.DataFrame]
"""Persons of every wave: a column ``tenure`` and a column ``answer``."""


def persons(**counts: Sequence[int]) -> pd.DataFrame:
    """``own=(3, 4, 5)``: three owners who answered 1, four 2, five 3."""
    rows = [(tenure, answer) for tenure, ns in counts.items() for answer, n in zip(ANSWERS, ns, strict=True)
            for _ in range(n)]  # fmt: skip
    return pd.DataFrame(rows, columns=["tenure", "answer"])


def tables_of(waves: Waves) -> dict[str, pd.DataFrame]:
    """Counts and means of everybody, and by tenure."""
    everybody = pd.concat(list(waves.values()), ignore_index=True)
    groups = [("all", "all", everybody), *(("tenure", t, everybody[everybody["tenure"] == t]) for t in TENURES)]
    counts = [
        (trait, level, str(answer), n := int((frame["answer"] == answer).sum()), len(frame), n / max(len(frame), 1))
        for trait, level, frame in groups
        for answer in ANSWERS
    ]
    means = [(trait, level, len(frame), frame["answer"].mean()) for trait, level, frame in groups]
    return {
        "counts": pd.DataFrame(counts, columns=[*KEYS, "answer", "n", "base", "share"]),
        "means": pd.DataFrame(means, columns=[*KEYS, "n_obs", "mean"]),
    }


def checksums(waves: Waves) -> dict[str, str]:
    return {name: f"{hash(tuple(map(tuple, frame.to_numpy())))}" for name, frame in waves.items()}


def publish(waves: Waves, earlier: Sequence[Earlier] = ()) -> Protected:
    """What the gate shows of these waves, when the earlier reports are out."""
    history = History(checksums(waves), earlier) if earlier else None
    result = protect_tables(tables_of(waves), RULES, LINKS, LIMITS, history=history)
    audit(result, LIMITS)
    return result


def release(name: str, waves: Waves, earlier: Sequence[Earlier] = ()) -> Earlier:
    return Earlier(name, checksums(waves), publish(waves, earlier).tables)


def shown(result: Protected, table: str, column: str) -> list[str]:
    """The rows whose figure is shown: ``own`` or ``own 2``."""
    frame = result.tables[table]
    frame = frame[frame[column].notna()]
    return [" ".join(row) for row in frame[[c for c in ("level", "answer") if c in frame]].itertuples(index=False)]


FIRST = persons(own=(20, 20, 20), rent=(20, 20, 20))
SECOND = persons(own=(12, 10, 8), rent=(10, 6, 14))


def test_a_second_report_on_the_same_persons_shows_the_same() -> None:
    waves = {"w1": FIRST}
    again = publish(waves, [release("r1", waves)])
    for name, table in publish(waves).tables.items():
        pd.testing.assert_frame_equal(again.tables[name], table)


def test_after_one_resident_is_erased_nothing_of_the_wave_is_shown() -> None:
    """60 owners, then 59: the difference of every count and mean would be that owner. Renters are hidden too: whether
    none of them went, or one went and one came, nobody is told."""
    erased = {"w1": FIRST.drop(index=0)}
    result = publish(erased, [release("r1", {"w1": FIRST})])
    assert shown(result, "means", "mean") == []
    assert shown(result, "counts", "n") == []


def test_beside_a_new_wave_of_enough_people_an_erased_resident_is_not_told() -> None:
    now = {"w1": FIRST.drop(index=0), "w2": SECOND}
    result = publish(now, [release("r1", {"w1": FIRST})])
    assert shown(result, "means", "mean") == ["all", "own", "rent"]


def test_a_wave_that_adds_few_to_a_level_hides_it_and_its_complement() -> None:
    """Nine renters come: all renters now less all renters then would be these nine. Owners would tell too."""
    now = {"w1": FIRST, "w2": persons(own=(10, 10, 10), rent=(3, 3, 3))}
    result = publish(now, [release("r1", {"w1": FIRST})])
    assert shown(result, "means", "mean") == ["all"]
    assert result.tables["means"]["n_obs"].isna().tolist() == [False, True, True]


def test_a_wave_that_adds_ten_to_a_level_shows_it() -> None:
    now = {"w1": FIRST, "w2": persons(own=(10, 10, 10), rent=(5, 0, 5))}
    assert shown(publish(now, [release("r1", {"w1": FIRST})]), "means", "mean") == ["all", "own", "rent"]


def test_few_newcomers_who_answer_alike_hide_a_count_that_is_large_itself() -> None:
    """Everybody: 40 answered 2 then, 43 now. That three of 33 newcomers did is for nobody to know."""
    now = {"w1": FIRST, "w2": persons(own=(10, 2, 6), rent=(6, 1, 8))}
    alone = publish(now)
    assert alone.tables["counts"]["n"].notna().all()
    result = publish(now, [release("r1", {"w1": FIRST})])
    table = result.tables["counts"].set_index(["level", "answer"])["n"]
    assert np.isnan(table["all", "2"])
    assert table.loc["all"].isna().sum() == 2  # and one more, or it would be what the others leave
    assert np.isnan(table["own", "2"]) and np.isnan(table["rent", "2"])


def test_a_count_hidden_then_does_not_follow_from_what_is_shown_now() -> None:
    """Three owners answered 3. Then hidden, with another count; now with a wave in which nobody did, so that there are
    still three: they stay hidden, and what hides them does too."""
    then = {"w1": persons(own=(20, 20, 3), rent=(20, 20, 20))}
    first = release("r1", then)
    assert first.tables["counts"]["n"].isna().any()
    now = {**then, "w2": persons(own=(10, 10, 10), rent=(10, 10, 10))}
    result = publish(now, [first])
    assert narrowest(result.tables, now, [(first, then)]) >= 5


def test_a_wave_that_is_withdrawn_is_not_told_by_what_is_left() -> None:
    small = persons(own=(3, 3, 2), rent=(12, 10, 8))
    result = publish({"w1": FIRST}, [release("r1", {"w1": FIRST, "w2": small})])
    assert shown(result, "means", "mean") == ["all"]


def test_three_reports_together_tell_of_one_erased_resident() -> None:
    """w1 + (w1, w2, w3) - (w1, w2) = (w1, w3): less the new w3, that is one resident; each pair differs by many."""
    third = persons(own=(11, 9, 10), rent=(9, 11, 10))
    r1 = release("r1", {"w1": FIRST})
    r2 = release("r2", {"w1": FIRST, "w2": SECOND})
    r3 = release("r3", {"w1": FIRST, "w2": SECOND, "w3": third})
    now = {"w1": FIRST, "w3": third.drop(index=0)}
    assert shown(publish(now, [r1, r3]), "means", "mean") == ["all", "own", "rent"]
    assert shown(publish(now, [r1, r2, r3]), "means", "mean") == []


def test_sums_of_reports() -> None:
    a, b, c, changed = ("w1", "x"), ("w2", "x"), ("w3", "x"), ("w3", "y")
    times = changed_sum([a, changed], [[a], [a, b], [a, b, c]])
    assert times is not None and times.round(9).tolist() == [1, -1, 1]
    assert changed_sum([a, c], [[a], [a, b], [a, b, c]]) is None  # the same persons: no news
    assert changed_sum([a, changed], [[a], [a, b]]) is None  # there was no w3


@pytest.mark.parametrize(
    ("now", "then", "kind"),
    [
        ({"w": "x"}, {"w": "x"}, "same"),
        ({"w": "x", "v": "y"}, {"w": "x"}, "added"),
        ({"w": "x"}, {"w": "x", "v": "y"}, "removed"),
        ({"w": "z"}, {"w": "x"}, "changed"),
        ({"w": "z", "v": "y"}, {"w": "x"}, "changed"),
        ({"w": "x"}, {"v": "y"}, "changed"),
        ({}, {}, "same"),
    ],
)
def test_what_happened_to_the_waves(now: dict[str, str], then: dict[str, str], kind: str) -> None:
    assert kind_of(now, then) == kind


def test_rows_of_one_wave_are_compared_by_that_wave() -> None:
    """w1 lost one; w2 did not. ``until:w2`` is of both."""
    columns = {"t": WaveColumn("wave")}
    rule = TableRule("t", ("wave",), ("n_obs",), statistics=("mean",))
    frame = pd.DataFrame({"wave": ["w1", "w2", "until:w2", "all"], "n_obs": [59, 40, 99, 99], "mean": 3.0})
    then = frame.assign(n_obs=[60, 40, 100, 100], suppressed="")
    history = History({"w1": "new", "w2": "b"}, [Earlier("r", {"w1": "a", "w2": "b"}, {"t": then})], columns)
    few = history.few_rows({"t": frame}, {"t": rule}, Links(), minimum_group=10)
    assert few["t"].tolist() == [True, False, True, True]


def test_tables_without_an_exact_base_go_where_their_claims_go() -> None:
    verdicts = TableRule("verdicts", ("claim",), ("n_obs",), statistics=("estimate",))
    curves = TableRule("curves", ("claim",), statistics=("median",))
    rough = TableRule("rough", ("claim", "waves"), ("n_obs",), statistics=("estimate",))
    now = {
        "verdicts": pd.DataFrame({"claim": ["a", "b"], "n_obs": [59, 90], "estimate": 0.1}),
        "curves": pd.DataFrame({"claim": ["a", "b"], "median": 0.1}),
        "rough": pd.DataFrame({"claim": ["a", "b", "b"], "waves": ["all", "all", "w1"], "n_obs": [60, 90, 60],
                               "estimate": 0.1}),
    }  # fmt: skip
    then = {name: frame.copy() for name, frame in now.items()}
    then["verdicts"]["n_obs"] = [60, 60]
    then["rough"]["n_obs"] = [60, 60, 60]
    history = History(
        {"w1": "new", "w2": "b"},
        [Earlier("r", {"w1": "a"}, then)],
        {"rough": WaveColumn("waves")},
        [Follow("curves", "verdicts", ("claim",)), Follow("rough", "verdicts", ("claim",))],
        {"rough": Rough("n_obs", 10)},
    )
    few = history.few_rows(now, {"verdicts": verdicts, "curves": curves, "rough": rough}, Links(), minimum_group=10)
    assert few["verdicts"].tolist() == [True, False]
    assert few["curves"].tolist() == [True, False]
    assert few["rough"].tolist() == [True, False, True]


# --- the attacker: holds every report, uses nothing of the gate's own ---


def narrowest(tables: Mapping[str, pd.DataFrame], now: Waves, releases: Sequence[tuple[Earlier, Waves]]) -> float:
    """How close an attacker who holds every report gets to a small number of persons: the narrowest feasible range of a
    number that is 1 to 4, of persons of one version of a wave, or of those by whom two versions differ, with one answer
    (alone, or by tenure).

    The unknowns are the persons of every version of every wave, by tenure and answer; every figure of every report is a
    sum of them. A later version of a wave lacks persons of the earlier one, and has no others.
    """
    versions: dict[tuple[str, str], pd.DataFrame] = {}
    for waves in (*(of for _, of in releases), now):
        versions |= {(name, checksums(waves)[name]): frame for name, frame in waves.items()}
    place = {
        key: i for i, key in enumerate((version, t, a) for version in versions for t in TENURES for a in ANSWERS)
    }  # fmt: skip
    truth = np.zeros(len(place))
    for (version, tenure, answer), i in place.items():
        frame = versions[version]
        truth[i] = ((frame["tenure"] == tenure) & (frame["answer"] == answer)).sum()

    def sum_over(there: Sequence[tuple[str, str]], tenures: Sequence[str], answers: Sequence[int]) -> np.ndarray:
        row = np.zeros(len(place))
        row[[place[v, t, a] for v in there for t in tenures for a in answers]] = 1
        return row

    rows, totals = [np.zeros(len(place))], [0.0]
    for shown_tables, waves in ((tables, now), *((earlier.tables, of) for earlier, of in releases)):
        there = list(checksums(waves).items())
        for _, level, answer, n, base, share, _ in shown_tables["counts"].itertuples(index=False, name=None):
            tenures = TENURES if level == "all" else (level,)
            for value, answers in ((n, (int(answer),)), (base, ANSWERS)):
                if np.isfinite(value):
                    rows.append(sum_over(there, tenures, answers))
                    totals.append(value)
            assert np.isfinite(share) == np.isfinite(n)
    equal, equal_to = np.asarray(rows), np.asarray(totals)
    assert np.allclose(equal @ truth, equal_to)
    pairs = [(a, b) for a, b in combinations(versions, 2) if a[0] == b[0]]
    cells = [((t,), (a,)) for t in TENURES for a in ANSWERS]
    fewer = [sum_over([b], *cell) - sum_over([a], *cell) for a, b in pairs for cell in cells]
    wanted = [sum_over([v], t, (a,)) for v in versions for t in (TENURES, *((t,) for t in TENURES)) for a in ANSWERS]
    wanted += [-row for row in fewer]
    below = {"A_ub": np.asarray(fewer), "b_ub": np.zeros(len(fewer))} if fewer else {}
    found = []
    for target in wanted:
        if 0 < float(target @ truth) < 5:
            low, high = (
                linprog(sign * target, A_eq=equal, b_eq=equal_to, **below, bounds=(0, None), method="highs")
                for sign in (1, -1)
            )
            assert low.status == 0
            if high.status == 0:
                found.append(np.floor(-high.fun + 1e-6) - np.ceil(low.fun - 1e-6))
    return min(found, default=np.inf)


def must_stay_hidden(now: Waves, releases: Sequence[tuple[Earlier, Waves]]) -> None:
    """The report of ``now`` brings nobody closer to a small number than five, or than the earlier reports alone do."""
    earlier = [report for report, _ in releases]
    nothing = {name: table.iloc[:0] for name, table in earlier[0].tables.items()}
    before = narrowest(nothing, now, releases)
    assert narrowest(publish(now, earlier).tables, now, releases) >= min(LIMITS.minimum_cell, before)


GROUPS = st.tuples(*[st.integers(min_value=0, max_value=14)] * 3)
WAVES = st.builds(lambda own, rent: persons(own=own, rent=rent), GROUPS, GROUPS).filter(lambda frame: len(frame) > 0)
QUICK = settings(
    max_examples=3,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)


@QUICK
@given(first=WAVES, second=WAVES)
@example(first=FIRST, second=persons(own=(10, 2, 6), rent=(6, 1, 8)))
@example(first=persons(own=(4, 7, 7), rent=(14, 10, 11)), second=persons(own=(0, 4, 14), rent=(4, 7, 12)))
@example(first=persons(own=(9, 12, 14), rent=(3, 8, 2)), second=persons(own=(1, 10, 0), rent=(10, 12, 2)))
@example(first=persons(own=(13, 5, 13), rent=(13, 5, 13)), second=persons(own=(13, 5, 13), rent=(1, 10, 0)))
@example(first=persons(own=(0, 0, 0), rent=(0, 0, 10)), second=persons(own=(0, 0, 1), rent=(0, 0, 0)))
@example(first=persons(own=(6, 7, 10), rent=(13, 1, 14)), second=persons(own=(7, 5, 10), rent=(8, 3, 4)))
def test_nobody_can_be_told_when_a_wave_comes_or_goes(first: pd.DataFrame, second: pd.DataFrame) -> None:
    one, both = {"w1": first}, {"w1": first, "w2": second}
    must_stay_hidden(both, [(release("r1", one), one)])
    must_stay_hidden(one, [(release("r1", both), both)])


@QUICK
@given(first=WAVES, second=WAVES, who=st.integers(min_value=0, max_value=80))
@example(first=FIRST, second=SECOND, who=0)
def test_nobody_can_be_told_when_one_resident_is_erased(first: pd.DataFrame, second: pd.DataFrame, who: int) -> None:
    then = {"w1": first}
    erased = first.drop(index=who % len(first))
    earlier = [(release("r1", then), then)]
    must_stay_hidden({"w1": erased}, earlier)
    must_stay_hidden({"w1": erased, "w2": second}, earlier)


@QUICK
@given(first=WAVES, second=WAVES, third=WAVES)
def test_nobody_can_be_told_from_three_reports(first: pd.DataFrame, second: pd.DataFrame, third: pd.DataFrame) -> None:
    one, two, three = {"w1": first}, {"w1": first, "w2": second}, {"w1": first, "w2": second, "w3": third}
    r1 = release("r1", one)
    r2 = release("r2", two, [r1])
    must_stay_hidden(three, [(r1, one), (r2, two)])
