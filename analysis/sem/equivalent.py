"""Models that no data can tell apart, and what differs between them.

Two models are equivalent when they imply the same moments, whatever the data (Stelzl 1986, Multivariate Behavioral
Research 21, 309-331; Lee & Hershberger 1990, 25, 313-334: an arrow between two variables with the same causes may be
turned round or made a covariance). What can be seen of it in one sample: the same degrees of freedom, the same
discrepancy, and the same implied moments at their solutions.
"""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence

import numpy as np

from analysis.sem.expression import expression_of
from analysis.sem.result import FitResult
from analysis.sem.row import Row
from analysis.sem.table import ParameterTable

OF_CHI_SQUARE = 1e-3
"""χ² further apart than this are not the same: optimisers leave some 1e-6."""
OF_MOMENTS = 1e-3
"""Likewise of implied moments, in standard deviations and correlations."""


def equally_well(results: Sequence[FitResult | None]) -> list[str]:
    """A letter for each of ``results``, the same for those that cannot be told apart; empty where there is no solution.

    All are fits of one group to the same persons. Letters go by order of appearance.
    """
    first_of_class: list[FitResult] = []
    letters = []
    for result in results:
        if result is None or not result.admissible or "chisq" not in result.fit:
            letters.append("")
            continue
        place = next((i for i, other in enumerate(first_of_class) if _same(result, other)), len(first_of_class))
        if place == len(first_of_class):
            first_of_class.append(result)
        letters.append(string.ascii_lowercase[place])
    return letters


def _same(a: FitResult, b: FitResult) -> bool:
    """Whether two solutions have the same degrees of freedom, discrepancy and implied moments."""
    if a.n_obs != b.n_obs or a.fit["df"] != b.fit["df"]:
        return False
    if abs(a.fit["chisq"] - b.fit["chisq"]) > OF_CHI_SQUARE:
        return False
    names = a.estimated.table.observed
    if sorted(names) != sorted(b.estimated.table.observed):
        return False
    order = [b.estimated.table.observed.index(name) for name in names]
    (cov_a, mean_a), (cov_b, mean_b) = (r.estimated.implied.moments(r.estimated.theta)[0] for r in (a, b))
    sd = np.sqrt(np.diag(cov_a))
    apart = np.abs(cov_a - cov_b[np.ix_(order, order)]) / np.outer(sd, sd)
    if a.estimated.table.means and b.estimated.table.means:
        apart = np.append(apart, np.abs(mean_a - mean_b[order]) / sd)
    return bool(np.max(apart) < OF_MOMENTS)


def own_parameters(tables: Sequence[ParameterTable]) -> list[list[Row]]:
    """Of each table (one group), the free parameters that not all of ``tables`` have, in the table's order.

    ``A ~ B``, ``B ~ A`` and ``A ~~ B`` are different parameters; a covariance has no order.
    """
    free = [{row.key for row in table.rows if row.index is not None} for table in tables]
    shared = set.intersection(*free) if free else set()
    return [[row for row in table.rows if row.index is not None and row.key not in shared] for table in tables]


def chain_of(table: ParameterTable, effect: str) -> list[str]:
    """The variables that the defined parameter ``effect`` runs through, first to last.

    Empty where it is anything but the product of regressions that make one chain. A label that several rows share is
    the first of them.
    """
    labels = _factors(table.defined, effect)
    by_label: dict[str, Row] = {}
    for row in table.rows:
        if row.label:
            by_label.setdefault(row.label, row)
    links = [by_label[label] for label in labels if label in by_label]
    if len(links) != len(labels) or any(row.op != "~" for row in links):
        return []
    target = {row.rhs: row.lhs for row in links}
    starts = set(target) - set(target.values())
    if len(target) != len(links) or len(starts) != 1:
        return []
    chain = [starts.pop()]
    while chain[-1] in target:
        chain.append(target[chain[-1]])
    return chain if len(chain) == len(links) + 1 else []


def _factors(defined: Mapping[str, str], effect: str) -> list[str]:
    """The labels that ``effect`` is the product of; none where it is something else."""
    expression = expression_of(defined[effect])
    if any(step[0] != "label" and step != ("binary", "*") for step in expression.steps):
        return []
    return [token.text for token in expression.labels]
