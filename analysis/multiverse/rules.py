"""What makes sense, and why the rest does not: the rules that the cross of all choices is made by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from analysis.multiverse.inputs import Inputs
from analysis.multiverse.specification import Family, Specification

ITEMS_TO_IDENTIFY = 3
"""Items that a factor needs to be identified by itself."""

MOST_CATEGORIES = 10
"""More different answers to an item than this, and they are no categories."""

_OBSERVED = ("mean", "sum")


@dataclass(frozen=True)
class Facts:
    """What the rules ask of the data and of a family.

    ``sums_differ``: a scale of it may be scored with items missing, so that a sum of complete answers is
    another score.
    ``factors``: every scale of it has items enough for a factor. ``categories``: every item has few enough answers.
    ``careless``, ``others``: there are such persons. ``background``: there is something to adjust for. ``clusters``:
    projects enough for errors that allow for them.
    """

    kind: str
    of: str
    has_scales: bool
    sums_differ: bool
    factors: bool
    categories: bool
    careless: bool
    others: bool
    background: bool
    clusters: bool


@dataclass(frozen=True)
class Rule:
    """What makes sense: ``holds`` of a specification in the light of the facts; ``reason`` says why it must."""

    name: str
    reason: str
    holds: Callable[[Specification, Facts], bool]


RULES: tuple[Rule, ...] = (
    Rule("observed_scores", "An effect on one observed score is a regression; those of a model are its variables.",
         lambda s, f: s.score not in _OBSERVED or s.estimator in (("ols",) if f.kind == "effect" else ("ml", "mlr"))),
    Rule("latent", "Factors are estimated with the structure, or before it.",
         lambda s, _: s.score != "latent" or s.estimator in ("ml", "mlr", "sam")),
    Rule("ordinal", "Polychoric correlations are what WLSMV is for, and it is for nothing else here.",
         lambda s, _: (s.score == "ordinal") == (s.estimator == "wlsmv")),
    Rule("scored", "What has no scale behind it is its own score, and its items cannot be filled in.",
         lambda s, f: f.has_scales or (s.score == "mean" and s.missing == "listwise")),
    Rule("factors", "A factor needs three items to be identified; a model says itself what its factors are.",
         lambda s, f: f.factors or s.score in _OBSERVED),
    Rule("categories", "Answers on a fine scale are no categories.", lambda s, f: f.categories or s.score != "ordinal"),
    Rule("sums", "Where the instrument scores complete answers only, a sum is the mean times the number of items.",
         lambda s, f: s.score != "sum" or f.sums_differ),
    Rule("sums_filled_in", "Of answers that were filled in, a sum is the mean times the number of items.",
         lambda s, f: s.score != "sum" or s.missing == "listwise" or (f.kind == "model" and s.missing == "fiml")),
    Rule("every_answer", "Every answer given counts where there is a likelihood of each person: not in measurement"
         " first, not in least squares, not in the regression of one score.",
         lambda s, _: s.missing != "fiml" or s.estimator in ("ml", "mlr")),
    Rule("own_errors", "ML's own errors take persons as independent.",
         lambda s, _: s.estimator != "ml" or s.clustering == "ignored"),
    Rule("errors_of_wlsmv", "No errors of polychoric models allow for projects; measured first, there are some.",
         lambda s, f: s.estimator != "wlsmv" or f.kind == "effect" or s.clustering == "ignored"),
    Rule("ordinal_covariates", "Covariates cannot be mixed in among ordered items; measured first, they need not be.",
         lambda s, f: s.score != "ordinal" or f.kind == "effect" or s.covariates == "none"),
    Rule("project_means", "Means of projects are compared where a trait of projects has the effect on scores.",
         lambda s, f: s.clustering != "project_means"
         or (f.kind == "effect" and f.of == "unit" and s.estimator in ("ols", "sam", "wlsmv"))),
    Rule("mixed", "A random intercept per project is for traits that vary within projects, and for scores.",
         lambda s, f: s.clustering != "mixed"
         or (f.kind == "effect" and f.of == "person" and s.estimator in ("ols", "sam", "wlsmv"))),
    Rule("clusters", "Errors that allow for projects need some.",
         lambda s, f: s.clustering not in ("cluster_robust", "mixed") or f.clusters),
    Rule("careless", "Nobody is flagged.", lambda s, f: s.careless != "drop" or f.careless),
    Rule("residents", "Nobody else answered.", lambda s, f: s.residents != "all" or f.others),
    Rule("covariates", "There is nothing to adjust for.", lambda s, f: s.covariates != "adjusted" or f.background),
)  # fmt: skip


def facts_of(inputs: Inputs, family: Family) -> Facts:
    """What the rules ask."""
    persons, analysed = inputs.persons, inputs.persons["analysed"].astype(bool)
    scales = [inputs.scales[name] for name in family.constructs if name in inputs.scales]
    items = [item for scale in scales for item in scale.items]
    enough = bool(scales) and all(len(scale.items) >= ITEMS_TO_IDENTIFY for scale in scales)
    return Facts(
        kind=family.kind,
        of=family.of,
        has_scales=bool(scales),
        sums_differ=any(scale.n_required < len(scale.items) for scale in scales),
        factors=enough or family.kind == "model",
        categories=all(item.upper - item.lower < MOST_CATEGORIES for item in items),
        careless=bool(persons.loc[analysed, "careless"].any()),
        others=bool((~analysed).any()),
        background=any(name in persons.columns for name in inputs.adjusted_for),
        clusters=len(inputs.projects) >= inputs.minimum_units,
    )
