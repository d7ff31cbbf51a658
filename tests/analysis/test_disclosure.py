"""The disclosure gate on tables small enough to check by hand, and against an attacker who tries every filling."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from analysis.disclosure import (
    DisclosureError,
    Levels,
    Links,
    Moment,
    Protected,
    Sum,
    TableRule,
    Term,
    Thresholds,
    Tie,
    audit,
    protect_tables,
)
from analysis.disclosure.gate import determined
from analysis.disclosure.ledger import Relation

LIMITS = Thresholds(minimum_group=10, minimum_cell=5)
COUNTS = TableRule("t", ("group", "answer"), ("base",), ("n",), ("share",), partition=("group",))


def counts(*groups: tuple[str, list[int]], key: str = "group") -> pd.DataFrame:
    """One row an answer; the base is the group's total."""
    rows = [
        {key: name, "answer": str(i), "n": n, "base": sum(ns), "share": n / sum(ns) if sum(ns) else np.nan}
        for name, ns in groups
        for i, n in enumerate(ns, start=1)
    ]
    return pd.DataFrame(rows)


def protected(frame: pd.DataFrame, rule: TableRule = COUNTS, links: Links | None = None) -> Protected:
    result = protect_tables({rule.name: frame}, {rule.name: rule}, links or Links(), LIMITS)
    audit(result, LIMITS)
    return result


def hidden(table: pd.DataFrame, column: str = "n") -> list[bool]:
    return table[column].isna().tolist()


@pytest.mark.parametrize(
    ("ns", "expected"),
    [
        # nothing small
        ([20, 30, 50], [False, False, False]),
        # 4 is small; 20 goes with it, else it is 104 - 20 - 30 - 50
        ([4, 20, 30, 50], [True, True, False, False]),
        # the smallest cell that may be shown
        ([5, 20, 30], [False, False, False]),
        # 2 and 1 hide each other, but add up to 3 (known from the base): still within 3 of the truth, so 8 goes too
        ([2, 1, 8, 30], [True, True, True, False]),
        # 2 and 4 add up to 6: anything from 0 to 6 is possible
        ([2, 4, 30, 40], [True, True, False, False]),
        # nobody gave the second answer: that says something about everybody in the group
        ([20, 0, 30], [True, True, False]),
        # everybody gave the first answer: all cells go
        ([25, 0, 0], [True, True, True]),
    ],
)
def test_small_cells_take_the_cell_that_gives_them_away_with_them(ns: list[int], expected: list[bool]) -> None:
    table = protected(counts(("g", ns))).tables["t"]
    assert hidden(table) == expected
    assert hidden(table, "share") == expected
    assert table["suppressed"].tolist() == ["cell" if h else "" for h in expected]
    assert table["base"].notna().all()


def test_steps_of_a_scale_are_hidden_with_their_neighbour() -> None:
    # 12 is the smallest companion of 3, but 40 stands next to it and can be read with it as one step
    ordered = TableRule("t", ("group", "answer"), ("base",), ("n",), ("share",), ("group",), ordered=True)
    ordered = TableRule(**{**ordered.__dict__, "statistics": (), "partition": ("group",)})
    assert hidden(protected(counts(("g", [3, 40, 12])), ordered).tables["t"]) == [True, True, False]
    assert hidden(protected(counts(("g", [3, 40, 12]))).tables["t"]) == [True, False, True]


def test_a_group_below_the_minimum_shows_nothing_at_all() -> None:
    frame = counts(("small", [5, 4]), ("large", [20, 30]))
    frame["mean"] = [1.4, 1.4, 1.6, 1.6]
    rule = TableRule("t", ("group", "answer"), ("base",), ("n",), ("share",), ("mean",), ("group",))
    table = protected(frame, rule).tables["t"]
    small = table["group"] == "small"
    assert table.loc[small, ["n", "base", "share", "mean"]].isna().all(axis=None)
    assert (table.loc[small, "suppressed"] == "group").all()
    assert table.loc[~small].notna().all(axis=None)


LEVELS = Links(levels=(Levels("t", ("trait", "level"), ("all", "all")),))
MEANS = TableRule("t", ("scale", "trait", "level"), ("n_obs",), statistics=("mean",))


def means(**sizes: int) -> pd.DataFrame:
    """A mean for everybody and for the levels of the trait ``tenure``."""
    rows = [("s", "all" if name == "all" else "tenure", name, n, 3.0) for name, n in sizes.items()]
    return pd.DataFrame(rows, columns=["scale", "trait", "level", "n_obs", "mean"])


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ({"all": 60, "own": 40, "rent": 20}, []),
        # 60 people with mean m and 53 with mean a: the mean of the other 7 follows
        ({"all": 60, "own": 53, "rent": 7}, ["own", "rent"]),
        # three levels: 7 hides behind the next smallest
        ({"all": 90, "own": 53, "rent": 7, "other": 30}, ["rent", "other"]),
        # 4 and 5 together are 9, still fewer than 10: a third level goes
        ({"all": 80, "own": 40, "rent": 4, "free": 5, "squat": 31}, ["rent", "free", "squat"]),
        # 4 of everybody belong to no level; they follow unless a level is hidden
        ({"all": 64, "own": 40, "rent": 20}, ["rent"]),
        # 10 of no level may be known: they are enough people
        ({"all": 70, "own": 40, "rent": 20}, []),
        # behind 12 people of no level, 7 are safe without the other level
        ({"all": 59, "own": 40, "rent": 7}, ["rent"]),
    ],
)
def test_a_level_hides_behind_its_complement(sizes: dict[str, int], expected: list[str]) -> None:
    table = protected(means(**sizes), MEANS, LEVELS).tables["t"]
    assert table.loc[table["mean"].isna(), "level"].tolist() == expected
    assert table.loc[table["n_obs"].isna(), "level"].tolist() == expected


def test_few_of_no_level_may_hide_the_whole_instead_of_a_level() -> None:
    # 64 people, 60 of them in a level: the mean of the other 4 follows from the mean of all
    links = Links(levels=(Levels("t", ("trait", "level"), ("all", "all"), outside=("mean",)),))
    table = protected(means(all=64, own=40, rent=20), MEANS, links).tables["t"]
    assert hidden(table, "mean") == [True, False, False]
    assert table["n_obs"].notna().all()
    table = protected(means(all=70, own=40, rent=20), MEANS, links).tables["t"]
    assert not any(hidden(table, "mean"))


def test_a_small_count_in_a_level_is_not_the_difference_of_all_and_the_other_level() -> None:
    # own answers 4 20 30, rent 10 25 40, all 14 45 70. 4 needs 20 (same level); 10 (all - 4); and 25, since
    # 45 - 25 would be the 20: the four corners of a rectangle
    frame = pd.concat(
        [
            counts((name, ns), key="level").assign(trait="all" if name == "all" else "tenure", item="i")
            for name, ns in {"all": [14, 45, 70], "own": [4, 20, 30], "rent": [10, 25, 40]}.items()
        ]
    )
    rule = TableRule(
        "t", ("item", "trait", "level", "answer"), ("base",), ("n",), ("share",), (), ("item", "trait", "level")
    )
    table = protected(frame, rule, LEVELS).tables["t"]
    assert hidden(table) == [False, False, False, True, True, False, True, True, False]


def test_a_sum_across_tables_is_closed() -> None:
    # received 100 = kept 93 + excluded 3 + 4; the projects' 93 are listed too: 7 in one project may not follow from 93
    flow = pd.DataFrame(
        {
            "wave": "w",
            "step": ["received", "excluded", "excluded", "kept"],
            "reason": ["", "empty", "twice", ""],
            "n": [100, 3, 4, 93],
        }
    )
    projects = pd.DataFrame({"wave": "w", "project": list("abc"), "received": [7, 36, 50], "rate": [0.1, 0.6, 0.9]})
    rules = {
        "flow": TableRule("flow", ("wave", "step", "reason"), counts=("n",), partition=("wave",)),
        "projects": TableRule(
            "projects", ("wave", "project"), ("received",), statistics=("rate",), partition=("wave",)
        ),
    }
    kept = Term("flow", "n", where={"step": "kept"})
    links = Links(
        sums=(
            Sum(
                ("wave",),
                (
                    Term("flow", "n", where={"step": "received"}),
                    Term("flow", "n", where={"step": "kept"}, times=-1),
                    Term("flow", "n", where={"step": "excluded"}, times=-1),
                ),
            ),
            Sum(("wave",), (kept, Term("projects", "received", times=-1))),
        )
    )
    result = protect_tables({"flow": flow, "projects": projects}, rules, links, LIMITS)
    audit(result, LIMITS)
    assert hidden(result.tables["flow"]) == [False, True, True, False]
    assert hidden(result.tables["projects"], "received") == [True, True, False]
    assert hidden(result.tables["projects"], "rate") == [True, True, False]


def test_a_mean_may_not_solve_the_distribution() -> None:
    # answers 1..4 given by 3, 7, 30, 20 people. Hiding 3 and 7 leaves x1 + x2 = 10; the exact mean would give
    # x1 + 2 x2 = 17 and so both. The standard deviation goes, then the mean.
    answers = np.repeat([1, 2, 3, 4], [3, 7, 30, 20])
    distribution = counts(("i", [3, 7, 30, 20]), key="item")
    statistics = pd.DataFrame(
        {"item": ["i"], "n_obs": [60], "mean": [answers.mean()], "sd": [answers.std(ddof=1)], "alpha": [0.8]}
    )
    rules = {
        "d": TableRule("d", ("item", "answer"), ("base",), ("n",), ("share",), (), ("item",)),
        "s": TableRule("s", ("item",), ("n_obs",), statistics=("mean", "sd", "alpha")),
    }
    moment = Moment("s", "mean", "sd", "n_obs", "d", ("item",), {}, "answer", "n", decimals=2)
    result = protect_tables({"d": distribution, "s": statistics}, rules, Links(moments=(moment,)), LIMITS)
    audit(result, LIMITS)
    assert result.tables["s"][["mean", "sd"]].isna().all(axis=None)
    assert result.tables["s"]["alpha"].notna().all()
    # of 6000 people, two decimals of a mean leave enough room for it to stay
    many = answers.repeat(100)
    statistics = statistics.assign(n_obs=6000, mean=many.mean(), sd=many.std(ddof=1))
    distribution = counts(("i", [3, 997, 3000, 2000]), key="item")
    codes = np.repeat([1, 2, 3, 4], [3, 997, 3000, 2000])
    statistics = statistics.assign(mean=codes.mean(), sd=codes.std(ddof=1))
    result = protect_tables({"d": distribution, "s": statistics}, rules, Links(moments=(moment,)), LIMITS)
    audit(result, LIMITS)
    assert result.tables["s"]["mean"].notna().all()


@pytest.mark.parametrize(("skipped", "turned"), [(0, False), (0, True), (3, False)])
def test_a_share_at_an_end_may_not_show_a_hidden_count(skipped: int, turned: bool) -> None:
    # of answers 1..4 given by 12, 20, 30 and 3 people the 3 are hidden, and the 12 with them so that no sum tells. The
    # share of 12 in 65 (or in the 62 who skipped nothing) would give the 12 away, though it is not small
    distribution = counts(("i", [12, 20, 30, 3]), key="item")
    n = 65 - skipped
    ends = (3 / n, 12 / n) if turned else (12 / n, 3 / n)
    statistics = pd.DataFrame(
        {
            "item": ["i"], "worded": ["other way round" if turned else "straight"], "n_obs": [n],
            "mean": [2.4], "sd": [0.9], "floor": ends[:1], "ceiling": ends[1:],
        }
    )  # fmt: skip
    rules = {
        "d": TableRule("d", ("item", "answer"), ("base",), ("n",), ("share",), (), ("item",)),
        "s": TableRule("s", ("item", "worded"), ("n_obs",), shares=("floor", "ceiling"), statistics=("mean", "sd")),
    }
    moment = Moment(
        "s", "mean", "sd", "n_obs", "d", ("item",), {}, "answer", "n", decimals=2, lowest="floor", highest="ceiling",
        turned={"worded": "other way round"},
    )  # fmt: skip
    frames, share = {"d": distribution, "s": statistics}, "ceiling" if turned else "floor"
    result = protect_tables(frames, rules, Links(moments=(moment,)), LIMITS)
    audit(result, LIMITS)
    unlinked = protect_tables(frames, rules, Links(), LIMITS).tables
    assert (hidden(unlinked["d"]), hidden(unlinked["s"], share)) == ([True, False, False, True], [False])
    # the share may stay where another count goes in place of the one it tells
    unknown = hidden(result.tables["d"])
    unknown[0] &= hidden(result.tables["s"], share)[0]
    assert unknown[3]
    assert sum(unknown) >= 2


def test_a_mean_of_answers_that_are_all_alike_is_hidden() -> None:
    # all of the 40 who answered every item gave a 4; 2 more answered this item alone
    distribution = counts(("i", [0, 1, 1, 40]), ("j", [10, 10, 10, 12]), key="item")
    statistics = pd.DataFrame({"item": ["i", "j"], "n_obs": [40, 40], "mean": [4.0, 2.5], "sd": [0.0, 1.1]})
    rules = {
        "d": TableRule("d", ("item", "answer"), ("base",), ("n",), ("share",), (), ("item",)),
        "s": TableRule("s", ("item",), ("n_obs",), statistics=("mean", "sd")),
    }
    moment = Moment("s", "mean", "sd", "n_obs", "d", ("item",), {}, "answer", "n", decimals=2)
    result = protect_tables({"d": distribution, "s": statistics}, rules, Links(moments=(moment,)), LIMITS)
    audit(result, LIMITS)
    assert hidden(result.tables["s"], "mean") == hidden(result.tables["s"], "sd") == [True, False]


def test_a_share_without_a_count_is_hidden_when_few_or_all_but_few_have_it() -> None:
    # of 100: 3 at the floor; 97 at the ceiling leave 3 who are not; 20 is fine
    frame = pd.DataFrame({"scale": ["a", "b", "c"], "n": [100, 100, 100], "floor": [0.03, 0.20, 0.97]})
    table = protected(frame, TableRule("t", ("scale",), ("n",), shares=("floor",))).tables["t"]
    assert hidden(table, "floor") == [True, False, True]


def test_a_share_of_a_level_is_not_the_difference_of_all_and_the_other_level() -> None:
    frame = means(all=100, own=60, rent=40)
    frame["floor"] = [0.12, 10 / 60, 2 / 40]  # 12 = 10 + 2
    rule = TableRule("t", MEANS.keys, ("n_obs",), shares=("floor",), statistics=("mean",))
    table = protected(frame, rule, LEVELS).tables["t"]
    assert hidden(table, "floor") == [False, True, True]
    assert table["mean"].notna().all()


def test_a_difference_between_levels_goes_with_a_hidden_level() -> None:
    contrasts = pd.DataFrame(
        {"scale": ["s", "s"], "trait": ["tenure", "age"], "n_obs": [60, 60], "difference": [0.3, 0.1]}
    )
    rules = {"t": MEANS, "c": TableRule("c", ("scale", "trait"), ("n_obs",), statistics=("difference",))}
    tie = Tie("c", {"scale": "s", "trait": "tenure"}, "t", {"scale": "s", "trait": "tenure"})
    frames = {"t": means(all=60, own=53, rent=7), "c": contrasts}
    result = protect_tables(frames, rules, LEVELS, LIMITS, [tie])
    audit(result, LIMITS)
    assert hidden(result.tables["c"], "difference") == [True, False]


def test_what_follows_from_the_design_may_be_all_or_nobody() -> None:
    frame = counts(("w", [40, 0]), ("x", [40, 0]))
    silent = TableRule("t", ("group", "answer"), ("base",), ("n",), ("share",), (), ("group",), {"group": ("w",)})
    assert hidden(protected(frame, silent).tables["t"]) == [False, False, True, True]


def test_who_did_not_say_is_left_out_when_few_and_drags_nothing_along() -> None:
    frame = counts(("g", [20, 30]))
    missing = {"group": "g", "answer": "(missing)", "n": 2, "base": 52, "share": 2 / 52}
    frame = pd.concat([frame, pd.DataFrame([missing])], ignore_index=True)
    rule = TableRule(
        "t", ("group", "answer"), ("base",), ("n",), ("share",), (), ("group",), residue={"answer": ("(missing)",)}
    )
    assert hidden(protected(frame, rule).tables["t"]) == [False, False, True]


def test_rows_that_share_their_keys_are_refused() -> None:
    frame = pd.concat([counts(("g", [20, 30]))] * 2)
    with pytest.raises(DisclosureError, match="2 rows repeat the keys of another row"):
        protect_tables({"t": frame}, {"t": COUNTS}, Links(), LIMITS)


@pytest.mark.parametrize(
    ("row", "column", "value", "message"),
    [
        (0, "n", 4, "must be hidden is shown"),  # the small cell itself
        (1, "n", 20, "follows by subtraction"),  # the cell that gives it away
    ],
)
def test_the_audit_reads_the_tables_not_the_intentions(row: int, column: str, value: int, message: str) -> None:
    result = protected(counts(("g", [4, 20, 30])))
    result.tables["t"].loc[row, column] = value
    with pytest.raises(DisclosureError, match=message):
        audit(result, LIMITS)


def test_the_audit_sees_a_figure_of_a_hidden_group() -> None:
    result = protected(means(all=60, own=53, rent=7), MEANS, LEVELS)
    result.tables["t"].loc[2, "mean"] = 2.5
    with pytest.raises(DisclosureError, match="hidden group"):
        audit(result, LIMITS)


def test_no_message_tells_the_figure() -> None:
    result = protected(counts(("g", [4, 20, 30])))
    result.tables["t"].loc[1, "n"] = 20
    with pytest.raises(DisclosureError) as caught:
        audit(result, LIMITS)
    assert "4" not in str(caught.value)


def test_elimination_finds_what_two_sums_fix_together() -> None:
    # a + b = ., b + c = ., a + b + c = . fix every cell; a + b = ., c + d = . fix none
    cells = frozenset(range(4))
    fixed = [Relation(((0, 1.0), (1, 1.0))), Relation(((1, 1.0), (2, 1.0))), Relation(((0, 1.0), (1, 1.0), (2, 1.0)))]
    assert determined(cells, fixed) == {0, 1, 2}
    assert determined(cells, [Relation(((0, 1.0), (1, 1.0))), Relation(((2, 1.0), (3, 1.0)))]) == set()


def _fillings(shown: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> list[np.ndarray]:
    """Every table of whole numbers with these margins that agrees with the shown cells, by brute force."""
    found: list[np.ndarray] = []

    def fill(cell: int, table: np.ndarray) -> None:
        if cell == shown.size:
            if (table.sum(axis=1) == rows).all() and (table.sum(axis=0) == columns).all():
                found.append(table.copy())
            return
        i, j = divmod(cell, shown.shape[1])
        room = int(min(rows[i] - table[i, :j].sum(), columns[j] - table[:i, j].sum()))
        values = range(room + 1) if np.isnan(shown[i, j]) else [int(shown[i, j])]
        for value in values:
            table[i, j] = value
            last_in_row = j == shown.shape[1] - 1
            if not last_in_row or table[i].sum() == rows[i]:
                fill(cell + 1, table)
        table[i, j] = 0

    fill(0, np.zeros(shown.shape, dtype=int))
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(0, 14), min_size=6, max_size=6))
@example([0, 0, 0, 5, 5, 5])
def test_an_attacker_who_knows_all_margins_is_left_with_a_range(cells: list[int]) -> None:
    """Two levels by three answers, with everybody: the attacker tries every filling that fits what is shown."""
    own, rent = cells[:3], cells[3:]
    both = [a + b for a, b in zip(own, rent, strict=True)]
    frame = pd.concat(
        [
            counts((name, ns), key="level").assign(trait="all" if name == "all" else "tenure", item="i")
            for name, ns in {"all": both, "own": own, "rent": rent}.items()
        ],
        ignore_index=True,
    )
    rule = TableRule(
        "t", ("item", "trait", "level", "answer"), ("base",), ("n",), ("share",), (), ("item", "trait", "level")
    )
    table = protected(frame, rule, LEVELS).tables["t"]
    truth = np.array([own, rent])
    shown = table["n"].to_numpy().reshape(3, 3)
    sizes = truth.sum(axis=1)
    for level, size in enumerate(sizes):
        if 0 < size < LIMITS.minimum_group:
            assert np.isnan(shown[1 + level]).all()
    visible = shown[~np.isnan(shown)]
    assert not ((visible > 0) & (visible < LIMITS.minimum_cell)).any()
    if np.isnan(shown[0]).any() or np.isnan(table["base"]).any() or not np.isnan(shown[1:]).any():
        return  # fewer sums are known than this attacker uses, or nothing is hidden in the levels
    fillings = _fillings(shown[1:], sizes, np.array(both))
    assert any((filling == truth).all() for filling in fillings)
    for i, j in product(range(2), range(3)):
        # of a level that is nobody there is nothing to tell
        if sizes[i] > 0 and np.isnan(shown[1 + i, j]) and truth[i, j] < LIMITS.minimum_cell:
            possible = {int(filling[i, j]) for filling in fillings}
            assert max(possible) - min(possible) >= LIMITS.minimum_cell


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=2, max_size=6))
def test_one_group_of_any_counts(ns: list[int]) -> None:
    table = protected(counts(("g", ns))).tables["t"]
    shown = table["n"].dropna()
    assert not ((shown > 0) & (shown < 5)).any()
    gone = [n for n, is_hidden in zip(ns, hidden(table), strict=True) if is_hidden]
    if sum(ns) >= LIMITS.minimum_group and gone:
        assert len(gone) > 1
        assert sum(gone) >= LIMITS.minimum_cell
