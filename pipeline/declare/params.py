"""``params.yaml``: what may be turned without touching a declaration or code. Each stage lists its keys in dvc.yaml."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from pipeline.declare.base import ConstructName, Declaration, Linked, Name, Number, Parts, ResponsesFile, Whole
from pipeline.declare.problems import Finding


class WaveParams(Declaration):
    """A wave that takes part; the file name is here too because DVC builds its stages from this file."""

    responses: ResponsesFile


class ShiftParams(Declaration):
    """When an item's answers are far from those of the wave before.

    ``alpha``: chance that a wave like the one before gets any such warning, were answers drawn by project with
    intraclass correlation ``icc`` (``icc_same_project``: of a project that is in both waves, where only what came over
    it since counts). Beyond that the difference has to matter: at least ``mean`` standard deviations, or
    ``variation`` of the persons having answered otherwise (total variation distance). ``minimum_n``: answers needed.
    """

    alpha: Number = Field(default=0.01, gt=0, lt=1)
    icc: Number = Field(default=0.05, ge=0, lt=1)
    icc_same_project: Number = Field(default=0.01, ge=0, lt=1)
    mean: Number = Field(default=0.5, gt=0)
    variation: Number = Field(default=0.25, gt=0, le=1)
    minimum_n: Whole = Field(default=20, ge=2)


class IntakeParams(Declaration):
    """Bounds for anything somebody sends, and when something in it is worth a warning.

    ``days_around_fieldwork``: dates this many days before or after fieldwork are nothing to speak of;
    ``days_impossible``: earlier than this before fieldwork they cannot be of the wave. ``nearly_empty_share``: of
    persons who answered hardly anything. ``straightlining_share``: of persons with one answer to nearly a whole block.
    ``same_rows_share``: of rows that a stored wave has too.
    """

    max_bytes: Whole = Field(gt=0)
    max_rows: Whole = Field(gt=0)
    max_columns: Whole = Field(gt=0)
    minimum_answers: Whole = Field(ge=1)
    days_around_fieldwork: Whole = Field(default=7, ge=0)
    days_impossible: Whole = Field(default=365, ge=1)
    nearly_empty_share: Number = Field(default=0.1, ge=0, le=1)
    straightlining_share: Number = Field(default=0.25, gt=0, le=1)
    same_rows_share: Number = Field(default=0.5, gt=0, le=1)
    shift: ShiftParams = Field(default_factory=ShiftParams)


class CleanParams(Declaration):
    """Who is kept and who is flagged.

    ``minimum_item_share``: persons who answered a smaller share of the items asked are excluded as `empty`.
    ``duplicate_minimum_items``: two persons with the same answers throughout are the same questionnaire only when they
    answered at least this many items; with fewer, two people may simply agree.
    ``longstring_share``: flag when the longest run of equal answers covers at least this share of one block's items.
    ``minimum_irv``: flag when the intra-individual standard deviation over items is below this.
    """

    minimum_item_share: Number = Field(ge=0, le=1)
    duplicate_minimum_items: Whole = Field(default=10, ge=2)
    longstring_share: Number = Field(gt=0, le=1)
    minimum_irv: Number = Field(ge=0)


class MeasureParams(Declaration):
    """How scales are examined.

    ``confidence``: of intervals. ``minimum_n``: no reliability or factor model below this. ``minimum_n_ladder``: no
    invariance ladder where a group is smaller. ``minimum_n_pattern``: patterns of missing answers that fewer persons
    have are counted together. ``seed`` and ``draws``: of bootstrap intervals and parallel analysis. ``imputations``:
    how many times missing answers are filled in. ``overlapping``: pairs of scales whose questions touch on the same
    things, so that it is looked at what single questions share with the other scale.
    """

    confidence: Number = Field(gt=0, lt=1)
    minimum_n: Whole = Field(ge=3)
    minimum_n_ladder: Whole = Field(default=50, ge=10)
    minimum_n_pattern: Whole = Field(default=10, ge=2)
    seed: Whole = 1
    draws: Whole = Field(default=1000, ge=100)
    imputations: Whole = Field(default=20, ge=2)
    processes: Whole = Field(default=1, ge=1)
    overlapping: list[tuple[ConstructName, ConstructName]] = Field(default_factory=list)


class CompareParams(Declaration):
    """``minimum_units``: projects a level needs before a trait of projects is compared."""

    confidence: Number = Field(gt=0, lt=1)
    minimum_units: Whole = Field(ge=2)
    adjust: Literal["holm", "fdr_bh", "none"]
    seed: Whole = 1
    draws: Whole = Field(default=9999, ge=99)


class DirectionsParams(Declaration):
    """Models that differ in one direction alone, and a bootstrap of the effects they define (``:=``)."""

    models: list[Name] = Field(default_factory=list)
    seed: Whole = 1
    draws: Whole = Field(default=1000, ge=100)


class StressChoices(Declaration):
    """The choices of each axis of the specification curve (meaning: ``analysis/multiverse/specification.py``)."""

    score: list[Literal["mean", "sum", "latent", "ordinal"]] = Field(min_length=1)
    estimator: list[Literal["ols", "ml", "mlr", "sam", "wlsmv"]] = Field(min_length=1)
    missing: list[Literal["listwise", "fiml", "imputation"]] = Field(min_length=1)
    careless: list[Literal["keep", "drop"]] = Field(min_length=1)
    residents: list[Literal["analysed", "all"]] = Field(min_length=1)
    covariates: list[Literal["none", "adjusted"]] = Field(min_length=1)
    clustering: list[Literal["ignored", "cluster_robust", "project_means"]] = Field(min_length=1)
    waves: list[Literal["all", "each"]] = Field(min_length=1)
    left_out: list[Literal["none", "each"]] = Field(min_length=1)


class StressParams(Declaration):
    """The specification curve. ``specifications``: how many a claim (0: every one that makes sense).

    ``adjusted_for``: background variables of the choice ``covariates: adjusted``. ``alternatives``: by name, which
    construct takes the place of which; the first is the main one. ``workers`` do not change results.
    """

    seed: Whole = 1
    specifications: Whole = Field(default=500, ge=0)
    permutations: Whole = Field(default=1000, ge=100)
    imputations: Whole = Field(default=5, ge=2)
    workers: Whole = Field(default=1, ge=1)
    adjusted_for: list[Name] = Field(default_factory=list)
    alternatives: dict[Name, dict[ConstructName, ConstructName]] = Field(default_factory=dict)
    choices: StressChoices


class PowerParams(Declaration):
    """The waves that are planned: ``projects`` of ``per_project`` of the analysed each, the declared effects times
    ``effects``; ``target``: the share of waves in which a claim is to be supported."""

    seed: Whole = 1
    replications: Whole = Field(default=100, ge=20)
    workers: Whole = Field(default=1, ge=1)
    projects: list[Whole] = Field(min_length=1)
    per_project: list[Whole] = Field(min_length=1)
    effects: list[Number] = Field(min_length=1)
    target: Number = Field(default=0.8, gt=0, lt=1)


class StructureParams(Declaration):
    """How models are fitted: the estimator, what is done about missing answers, the kind of errors.

    ``minimum_n``: no model is fitted to fewer persons. ``errors`` that allow for clusters (cr0 to cr3) take projects as
    the clusters; with fewer than ``minimum_units`` projects errors are ``robust`` instead. ``second_opinion``: whether
    semopy fits the models too.
    """

    confidence: Number = Field(gt=0, lt=1)
    minimum_n: Whole = Field(ge=3)
    groups: bool
    estimator: Literal["ml", "mlr"]
    missing: Literal["listwise", "fiml"]
    errors: Literal["standard", "robust", "cr0", "cr1", "cr2", "cr3"]
    minimum_units: Whole = Field(ge=2)
    second_opinion: bool = True


class JudgeParams(Declaration):
    """The verdict rules' numbers (rules: ``analysis/claims/verdict.py``)."""

    confidence: Number = Field(gt=0, lt=1)
    alpha: Number = Field(gt=0, lt=1)
    minimum_share: Number = Field(default=0.8, gt=0.5, le=1)
    minimum_reliability: Number = Field(default=0.6, ge=0, lt=1)


STANDARD_THRESHOLDS = {"minimum_group": 10, "minimum_cell": 5}
"""Disclosure thresholds that may be made stricter, and looser only on purpose."""
DOMINANCE_SHARE = 0.5
"""The standard for ``dominance_share``: a larger one is looser."""


class DiscloseParams(Linked):
    """The disclosure gate. Stricter is free; looser needs ``looser_on_purpose``, which the report prints.

    Looser is: below 10 persons in a group or 5 in a cell, or a mean of which one person has more than half of the sum
    (``dominance_share``).
    """

    minimum_group: Whole = Field(ge=1)
    minimum_cell: Whole = Field(ge=1)
    dominance_share: Number = Field(default=DOMINANCE_SHARE, gt=0, le=1)
    looser_on_purpose: bool = False

    @classmethod
    def findings(cls, parts: Parts) -> list[Finding]:
        """A threshold below the standard one, without saying that this is meant."""
        if parts.value("looser_on_purpose", bool):
            return []
        set_to = {key: parts.value(key, int) for key in STANDARD_THRESHOLDS}
        found = [
            Finding((key,), "looser_disclosure", {"found": value, "expected": STANDARD_THRESHOLDS[key]})
            for key, value in set_to.items()
            if value is not None and value < STANDARD_THRESHOLDS[key]
        ]
        share = parts.value("dominance_share", float)
        if share is not None and share > DOMINANCE_SHARE:
            told = {"found": share, "expected": DOMINANCE_SHARE}
            found.append(Finding(("dominance_share",), "looser_disclosure", told))
        return found


class RenderParams(Declaration):
    """``engine``: ``auto`` takes Quarto where its program is found, else the embedded renderer."""

    engine: Literal["auto", "quarto", "embedded"]


class Params(Declaration):
    """The whole of ``params.yaml``. ``simulate`` is read by the simulate stage alone (free form here)."""

    code: str = "."
    waves: dict[Name, WaveParams]
    pools: list[Name]
    models: list[Name]
    simulate: dict[Annotated[str, Field(pattern="^(seed|waves)$")], Any] = Field(default_factory=dict)
    """``seed`` and ``waves``. A study that was loaded has the content of ``surveys/simulation.yaml`` here too, under
    ``parameters``."""
    intake: IntakeParams
    clean: CleanParams
    measure: MeasureParams
    compare: CompareParams
    structure: StructureParams
    directions: DirectionsParams = Field(default_factory=DirectionsParams)
    stress: StressParams | None = None
    """Unset: no specification curve."""
    power: PowerParams | None = None
    """Unset: no study of power; it needs the parameters under ``simulate`` too."""
    judge: JudgeParams
    disclose: DiscloseParams
    render: RenderParams
