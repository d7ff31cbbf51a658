"""Ladders of measurement invariance: how far a scale is measured alike in several groups, and what that allows.

The models of the steps are those of ``analysis.sem.invariance``. Every step is held against the last one that holds.

**When a step holds.** It fails only when its χ² difference rejects it *and* a measure of fit gets worse by more than
its cut-off (``cutoffs``). With many persons the test rejects what nobody would notice, and fit decides (Cheung &
Rensvold 2002; Chen 2007); with few persons and few degrees of freedom the measures of fit move by themselves, and the
test decides: its level is the most often that a step which is true can fail. The price is that few persons may not be
enough to see a step fail. The configural model fails only when its test rejects it and CFI or SRMR is not good enough.

**When a step fails** the items it fails for are looked for (``partial``), and the later steps go on with these items
free: an item whose thresholds or loading differ is not held equal in anything that comes later. A solution that cannot
be true is a step that fails: holding equal what differs a good deal may make a variance negative. Where the search does
not help either the ladder ends.

**What a ladder allows** (``Allows``): *nothing* where the configural or the metric step does not hold, not even
partially; *relations* of the factor with other variables where the metric step does; comparing latent *means* where the
scalar step does (Steenkamp & Baumgartner 1998; Putnick & Bornstein 2016), *means_partial* where it or a step before it
does only with some items free, at least two of a factor equal (Byrne, Shavelson & Muthén 1989; Steenkamp & Baumgartner
1998); comparing observed *scores* where the strict step holds too, and nothing had to be freed (Meredith 1993).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, get_args

import pandas as pd

from analysis.measurement.cutoffs import CutoffRule, cutoffs_for
from analysis.measurement.ladder_groups import LEVEL, REFUSALS, LadderGroups, Refusal
from analysis.measurement.partial import Search, search
from analysis.measurement.rungs import MESSAGES, Freed, Judge, Message, Rung
from analysis.sem import ModelError
from analysis.sem.invariance import Climb

__all__ = ["ALLOWS", "MESSAGES", "REFUSALS", "Ladder", "Message", "Refusal", "Rung", "ladder", "scale_ladder"]

Allows = Literal["nothing", "relations", "means_partial", "means", "scores"]
ALLOWS: tuple[str, ...] = get_args(Allows)


@dataclass(frozen=True)
class Ladder:
    """All ``rungs``; ``searches``: what the search of each failed step looked at, by step; ``climb`` has the models."""

    rungs: tuple[Rung, ...]
    cutoffs: CutoffRule
    allows: Allows
    searches: Mapping[str, Search]
    climb: Climb

    @property
    def freed(self) -> Freed:
        """The items set free by the last step that holds."""
        return next((rung.freed for rung in reversed(self.rungs) if rung.holds), {})

    def rung(self, step: str) -> Rung | None:
        """The last rung of a step, the partial one where there is one; ``None`` for a step the ladder has not."""
        return next((rung for rung in reversed(self.rungs) if rung.step == step), None)


def ladder(
    model: str,
    data: pd.DataFrame,
    *,
    group: str,
    alpha: float = 0.05,
    method: str = "default",
    find_partial: bool = True,
    **asked: Any,
) -> Ladder:
    """Climb the ladder of ``model`` over the groups of column ``group``; ``asked`` are options of ``fit``.

    ``alpha`` is the level of a step's test and of the search; ``method`` is that of ``difference_test``. Factors get
    variance 1 in the first group, so that no item is equal by assumption. Without ``find_partial`` the ladder ends at
    the first step that fails. Raises ``ModelError`` when the configural model cannot be fitted.
    """
    climb = Climb(model, data, group=group, **{"std_lv": True, **asked})
    accepted = climb.configural
    cutoffs = cutoffs_for(accepted.n_by_group, ordered=bool(accepted.estimated.table.ordered))
    judge = Judge(cutoffs, alpha, method)
    rungs = [judge.configural(accepted)]
    searches: dict[str, Search] = {}
    freed, stands = Freed(), rungs[0].refused is None
    for step in list(climb.steps)[1:]:
        if not stands:
            rungs.append(Rung(step, freed=freed, refused="not_reached"))
            continue
        last = judge.step(climb, step, freed, accepted)
        rungs.append(last)
        if find_partial and not last.holds and last.refused in (None, "inadmissible"):
            refit = partial(judge.step, climb, step, accepted=accepted)
            searches[step] = search(climb, last, refit, alpha)
            rungs[-1:] = _with_search(last, searches[step])
            last = rungs[-1]
        if last.holds and last.result is not None:
            accepted, freed = last.result, last.freed
        stands = last.holds
    return Ladder(tuple(rungs), cutoffs, allowed(rungs), searches, climb)


def _with_search(failed: Rung, found: Search) -> list[Rung]:
    """The rungs of a step that failed: as it stands, and again where something was set free."""
    said: tuple[Message, ...] = () if found.stop is None else (found.stop,)
    if found.rung is failed:
        return [failed.saying(*said)]
    return [failed, found.rung.saying(*said)]


def allowed(rungs: Sequence[Rung]) -> Allows:
    """What these rungs allow (rule: see the module)."""
    last = {rung.step: rung for rung in rungs}  # of a step that was tried twice the partial rung
    if not last["configural"].holds or not all(last[step].holds for step in ("thresholds", "metric") if step in last):
        return "nothing"
    if not last["scalar"].holds:
        # without a metric step (items with two categories) nothing is known of the loadings alone
        return "relations" if "metric" in last else "nothing"
    if last["scalar"].freed:
        return "means_partial"
    strict = last["strict"]
    return "scores" if strict.holds and not strict.freed else "means"


@dataclass(frozen=True)
class ScaleLadder:
    """The ladder of one scale (one factor) over ``groups``; ``names``: the items' own names by those in the models.

    ``refused``: why there is no ladder.
    """

    groups: LadderGroups
    ordered: bool
    names: Mapping[str, str]
    ladder: Ladder | None = None
    refused: Refusal | None = None

    def items(self, freed: Mapping[str, str]) -> tuple[str, ...]:
        """The items of ``freed`` under their own names, in questionnaire order."""
        return tuple(name for plain, name in self.names.items() if plain in freed)


def scale_ladder(groups: LadderGroups, items: Sequence[str], *, ordered: bool, alpha: float = 0.05) -> ScaleLadder:
    """Climb the ladder of the one factor behind ``items`` over ``groups``.

    Continuous answers by MLR from every answer there is (FIML), ``ordered`` ones by WLSMV from complete answers.
    """
    # items under plain names, so that no item name can be read as syntax
    names = {f"x{k}": item for k, item in enumerate(items, start=1)}
    if groups.refused is not None:
        return ScaleLadder(groups, ordered, names, refused=groups.refused)
    data = groups.answers[[*items, LEVEL]].set_axis([*names, LEVEL], axis=1)
    asked = {"estimator": "wlsmv", "ordered": tuple(names)} if ordered else {"estimator": "mlr", "missing": "fiml"}
    try:
        found = ladder(f"F =~ {' + '.join(names)}", data, group=LEVEL, alpha=alpha, **asked)
    except ModelError:
        return ScaleLadder(groups, ordered, names, refused="not_estimable")
    return ScaleLadder(groups, ordered, names, found, found.rungs[0].refused)
