"""What may be asked of a fit, and what each estimator stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from analysis.sem.errors import ModelError

Estimator = Literal["ML", "MLR", "MLM", "GLS", "ULS", "ULSMV", "DWLS", "WLSMV", "SAM"]
Discrepancy = Literal["ML", "GLS", "ULS", "DWLS"]
Information = Literal["expected", "observed"]
Errors = Literal[
    "standard", "robust_sem", "robust", "robust_cluster", "cr0", "cr1", "cr2", "cr3", "bootstrap", "none",
]  # fmt: skip
Test = Literal["standard", "satorra_bentler", "yuan_bentler", "scaled_shifted"]
Missing = Literal["listwise", "fiml"]
Interval = Literal["percentile", "bca"]
Parameterization = Literal["delta", "theta"]
Equal = Literal[
    "loadings", "intercepts", "thresholds", "means", "residuals", "residual.covariances", "regressions",
    "lv.variances", "lv.covariances",
]  # fmt: skip


@dataclass(frozen=True)
class Recipe:
    """What an estimator minimises, which information and errors it reports, and which test it adds."""

    discrepancy: Discrepancy
    information: Information
    errors: Errors
    test: Test


# MLR: observed information and casewise scores (Yuan & Bentler 2000); MLM: Satorra & Bentler (1994); the MV forms:
# Asparouhov & Muthén (2010); SAM: maximum likelihood in both of its steps, its errors are two-step ones (sam.py)
RECIPES: dict[str, Recipe] = {
    "ML": Recipe("ML", "expected", "standard", "standard"),
    "MLR": Recipe("ML", "observed", "robust", "yuan_bentler"),
    "MLM": Recipe("ML", "expected", "robust_sem", "satorra_bentler"),
    "GLS": Recipe("GLS", "expected", "standard", "standard"),
    "ULS": Recipe("ULS", "expected", "standard", "standard"),
    "ULSMV": Recipe("ULS", "expected", "robust_sem", "scaled_shifted"),
    "DWLS": Recipe("DWLS", "expected", "standard", "standard"),
    "WLSMV": Recipe("DWLS", "expected", "robust_sem", "scaled_shifted"),
    "SAM": Recipe("ML", "expected", "standard", "standard"),
}


@dataclass(frozen=True)
class Options:
    """Everything a fit was asked for; ``checked`` makes one and refuses combinations that have no meaning.

    ``group_equal`` and ``group_partial`` are lavaan's. ``confidence`` is the level of intervals. ``errors`` is
    ``None`` for what the estimator stands for, and with ``cluster`` lavaan's ``robust_cluster``. ``bounds`` keeps
    variances from going below zero. ``bootstrap`` is the number of draws, ``interval`` which of their intervals is
    shown; ``bollen_stine`` tests the fit by as many draws.
    """

    estimator: Estimator = "ML"
    missing: Missing = "listwise"
    group: str | None = None
    group_equal: tuple[str, ...] = ()
    group_partial: tuple[str, ...] = ()
    ordered: tuple[str, ...] = ()
    cluster: str | None = None
    errors: Errors | None = None
    information: Information | None = None
    means: bool | None = None
    std_lv: bool = False
    parameterization: Parameterization = "delta"
    bounds: bool = False
    bootstrap: int = 0
    interval: Interval = "percentile"
    bollen_stine: bool = False
    seed: int = 1
    confidence: float = 0.95

    @property
    def recipe(self) -> Recipe:
        """What the estimator stands for."""
        return RECIPES[self.estimator]

    @property
    def test(self) -> Test:
        """The test the fit adds to χ²: the estimator's, and with clusters one that allows for them."""
        test = self.recipe.test
        return "yuan_bentler" if self.cluster is not None and test == "standard" else test

    @classmethod
    def checked(cls, **asked: object) -> Options:
        """Options from keyword arguments; names of estimators and errors in any case.

        Raises ``ModelError`` naming the option, what it may be, and which combinations cannot be.
        """
        asked = {name: tuple(value) if isinstance(value, list) else value for name, value in asked.items()}
        asked["estimator"] = _one_of(str(asked.get("estimator", "ML")).upper(), Estimator, "estimator")
        asked["missing"] = _one_of(str(asked.get("missing", "listwise")).lower(), Missing, "missing")
        asked["interval"] = _one_of(str(asked.get("interval", "percentile")).lower(), Interval, "interval")
        if asked.get("errors") is not None:
            asked["errors"] = _one_of(str(asked["errors"]).lower().replace(".", "_"), Errors, "se")
        if asked.get("information") is not None:
            asked["information"] = _one_of(str(asked["information"]).lower(), Information, "information")
        asked["parameterization"] = _one_of(
            str(asked.get("parameterization", "delta")).lower(), Parameterization, "parameterization"
        )
        for name in ("group_equal",):
            for what in asked.get(name, ()) or ():  # type: ignore[attr-defined]
                _one_of(what, Equal, "group_equal")
        options = cls(**asked)  # type: ignore[arg-type]
        _refuse(options)
        return options


def _one_of(value: str, allowed: object, option: str) -> str:
    names = get_args(allowed)
    if value not in names:
        shown = ", ".join(name.lower() for name in names)
        raise ModelError(f"{option} {value.lower()!r} is not known: choose from {shown}.")
    return value


def _refuse(o: Options) -> None:
    """Raise ``ModelError`` for combinations that have no meaning, or whose meaning nobody has worked out."""
    if not 0 < o.confidence < 1:
        raise ModelError("The confidence level must lie between 0 and 1.")
    if o.bootstrap < 0:
        raise ModelError("The number of bootstrap draws cannot be negative.")
    if o.errors == "bootstrap" and not o.bootstrap:
        raise ModelError("se bootstrap needs the number of draws: add --bootstrap 1000.")
    if o.bollen_stine and not o.bootstrap:
        raise ModelError("The Bollen-Stine test needs the number of draws: add --bootstrap 1000.")
    maximum_likelihood = o.estimator in ("ML", "MLR", "MLM", "SAM")
    if o.missing == "fiml" and o.estimator not in ("ML", "MLR"):
        raise ModelError(f"missing fiml needs estimator ml or mlr, not {o.estimator.lower()}.")
    if o.ordered and maximum_likelihood:
        raise ModelError(
            f"Ordered items cannot be fitted by {o.estimator.lower()}: choose estimator wlsmv (or ulsmv, dwls, uls), or"
            " leave --ordered out to treat them as continuous."
        )
    if o.ordered and o.estimator == "GLS":
        raise ModelError("Ordered items cannot be fitted by gls: choose estimator wlsmv, ulsmv, dwls or uls.")
    clustered = o.errors in ("robust_cluster", "cr0", "cr1", "cr2", "cr3")
    if clustered and o.cluster is None:
        raise ModelError(f"se {o.errors} needs the column of clusters: add --cluster.")
    if o.cluster is not None and o.estimator not in ("ML", "MLR", "SAM"):
        raise ModelError(
            f"Errors that allow for clusters need estimator ml, mlr or sam, not {o.estimator.lower()}: for the others"
            " they would be those of independent persons."
        )
    if o.errors == "robust" and o.recipe.discrepancy != "ML":
        raise ModelError(
            f"se robust needs the likelihood of every person, which estimator {o.estimator.lower()} has not: choose se"
            " robust_sem."
        )
    if o.errors == "robust_sem" and o.missing == "fiml":
        raise ModelError("se robust_sem needs complete rows: choose se robust for missing answers.")
