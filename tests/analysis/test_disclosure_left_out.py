"""Results without one project: an attacker who has all that is shown and knows the sums cannot fix a small project."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.disclosure.left_out import (
    free_directions,
    projects_to_hide,
    projects_to_hide_by_wave,
    rows_without_few,
)

PLACES = {"a": "in", "b": "in", "c": "in", "d": "in", "e": "out", "f": "out", "g": "out", "h": "out"}
TRAITS = {name: (place, "old" if i % 2 else "new") for i, (name, place) in enumerate(PLACES.items())}
ONE_TRAIT = {name: (place,) for name, place in PLACES.items()}


def test_nothing_is_hidden_where_no_project_is_small() -> None:
    assert projects_to_hide(dict.fromkeys(PLACES, 10.0), TRAITS, minimum_group=10) == frozenset()


def test_a_small_project_takes_two_of_its_kind_with_it() -> None:
    # the residuals of the four inside add up to zero, and the standard error tells the sum of their squares: of two
    # hidden ones both would follow, but for which is which; of three a circle is left
    sizes = dict(zip(PLACES, (30.0, 8.0, 40.0, 20.0, 12.0, 11.0, 30.0, 30.0), strict=True))
    assert projects_to_hide(sizes, ONE_TRAIT, minimum_group=10) == {"b", "a", "d"}


def test_projects_of_another_kind_go_where_there_are_too_few_of_the_same() -> None:
    sizes = dict(zip(PLACES, (30.0, 8.0, 40.0, 20.0, 12.0, 11.0, 30.0, 30.0), strict=True))
    hidden = projects_to_hide(sizes, TRAITS, minimum_group=10)
    assert {"b", "d"} <= hidden  # both old and in a neighbourhood
    assert free_directions(sorted(hidden), TRAITS).shape[1] >= 2


def test_everything_is_hidden_where_nothing_less_helps() -> None:
    assert projects_to_hide({"a": 8.0, "b": 30.0, "e": 40.0}, ONE_TRAIT, minimum_group=10) == {"a", "b", "e"}


def test_a_project_of_nobody_has_nothing_to_hide() -> None:
    assert projects_to_hide({"a": 0.0, "b": 30.0}, ONE_TRAIT, minimum_group=10) == frozenset()


def regression(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Coefficients and their standard errors."""
    inverse = np.linalg.pinv(x.T @ x)
    b = inverse @ x.T @ y
    left = y - x @ b
    df = len(y) - np.linalg.matrix_rank(x)
    return np.concatenate([b, np.sqrt(np.maximum(np.diag(inverse) * (left @ left) / df, 0))])


def shown_to_everybody(y: np.ndarray, names: list[str], hidden: frozenset[str]) -> np.ndarray:
    """What an attacker reads: the comparison of project means, and the same without each project that is not hidden."""
    x = np.column_stack(
        [np.ones(len(y)), [PLACES[n] == "in" for n in names], [TRAITS[n][1] == "old" for n in names]]
    ).astype(float)
    found = [regression(y, x)]
    for i, name in enumerate(names):
        if name not in hidden:
            stay = np.arange(len(y)) != i
            found.append(regression(y[stay], x[stay]))
    return np.concatenate(found)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(3, 30), min_size=8, max_size=8), st.integers(0, 10_000))
def test_other_means_of_a_small_project_give_the_same_published_figures(ns: list[int], seed: int) -> None:
    """For every small project another mean is found, with which every shown result stays the same."""
    names = list(PLACES)
    sizes = dict(zip(names, map(float, ns), strict=True))
    hidden = projects_to_hide(sizes, TRAITS, minimum_group=10)
    small = [name for name in names if sizes[name] < 10]
    assert set(small) <= hidden
    if not small:
        assert not hidden
        return
    assert sum(sizes[name] for name in hidden) >= 10 or len(hidden) == len(names)
    rng = np.random.default_rng(seed)
    y = rng.normal(size=8)
    x = np.column_stack(
        [np.ones(8), [PLACES[n] == "in" for n in names], [TRAITS[n][1] == "old" for n in names]]
    ).astype(float)
    residual = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    where = [i for i, name in enumerate(names) if name in hidden]
    basis = free_directions([names[i] for i in where], TRAITS)
    assert basis.shape[1] >= 2
    along = basis.T @ residual[where]
    turned = along.copy()
    first, second = turned[0], turned[1]
    angle = 2.0
    turned[:2] = (
        np.cos(angle) * first - np.sin(angle) * second,
        np.sin(angle) * first + np.cos(angle) * second,
    )
    other = y.copy()
    other[where] += basis @ (turned - along)
    np.testing.assert_allclose(
        shown_to_everybody(other, names, hidden), shown_to_everybody(y, names, hidden), atol=1e-8
    )
    for name in small:
        i = names.index(name)
        # its residual can be moved, by these two directions or by others
        assert np.abs(basis[where.index(i)]).max() > 1e-9


def test_a_project_hidden_in_one_wave_does_not_follow_from_the_others() -> None:
    # 40 people in all, of whom 4 in the second wave: all less the first wave would tell of these
    sizes = {"w1": dict.fromkeys(PLACES, 20.0), "w2": dict.fromkeys(PLACES, 20.0) | {"a": 4.0}}
    hidden = projects_to_hide_by_wave(sizes, ONE_TRAIT, minimum_group=10)
    assert "a" in hidden.by_wave["w2"]
    assert "a" in hidden.by_wave["w1"] or "a" in hidden.overall
    for name in PLACES:
        here = [wave for wave in sizes if name in hidden.by_wave[wave]]
        assert name in hidden.overall or len(here) != 1


def test_a_project_that_is_small_overall_is_hidden_in_every_wave() -> None:
    sizes = {"w1": dict.fromkeys(PLACES, 20.0) | {"a": 5.0}, "w2": dict.fromkeys(PLACES, 20.0) | {"a": 4.0}}
    hidden = projects_to_hide_by_wave(sizes, ONE_TRAIT, minimum_group=10)
    assert "a" in hidden.overall
    assert all("a" in hidden.by_wave[wave] for wave in sizes)
    assert hidden.within(("w1", "w2")) == hidden.overall
    assert hidden.within(("w1",)) == hidden.by_wave["w1"]


@pytest.mark.parametrize(("few", "expected"), [(12, []), (8, ["a", "b", "d"])])
def test_rows_of_each_comparison_are_looked_at_on_their_own(few: int, expected: list[str]) -> None:
    lacking = [160, few, 20, 40, 20, 30, 30, 30, 30]
    table = pd.DataFrame({"outcome": "HS", "trait": "place", "left_out": ["(none)", *PLACES], "n_left_out": lacking})
    both = pd.concat([table.assign(outcome="SWB", n_left_out=50), table], ignore_index=True)
    hidden = rows_without_few(
        both, ONE_TRAIT, minimum_group=10, by=["outcome", "trait"], project="left_out", nobody="(none)",
        lacking="n_left_out",
    )  # fmt: skip
    assert both.loc[hidden, "left_out"].tolist() == expected
    assert set(both.loc[hidden, "outcome"]) <= {"HS"}
