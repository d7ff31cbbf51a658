"""Adjusted p-values by hand and beside statsmodels."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from analysis.multiplicity import adjusted


def test_by_hand() -> None:
    pvalues = [0.03, 0.01, 0.02, 0.8]
    assert adjusted(pvalues, method="holm") == pytest.approx([0.06, 0.04, 0.06, 0.8])
    assert adjusted(pvalues, method="fdr_bh") == pytest.approx([0.04, 0.04, 0.04, 0.8])
    assert adjusted(pvalues, method="none") == pytest.approx(pvalues)
    assert len(adjusted([], method="holm")) == len(adjusted([], method="fdr_bh")) == 0


@given(pvalues=st.lists(st.floats(0, 1), min_size=1, max_size=12), method=st.sampled_from(["holm", "fdr_bh"]))
def test_statsmodels(pvalues: list[float], method: Literal["holm", "fdr_bh"]) -> None:
    np.testing.assert_allclose(adjusted(pvalues, method=method), multipletests(pvalues, method=method)[1], atol=1e-12)
