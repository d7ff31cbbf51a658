"""``magical-housing invariance``: is the same thing measured in every group?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_args

import pandas as pd
import typer

from pipeline.commands.answers import check_options, listed, model_text, numbers_by_person, write_result
from pipeline.commands.common import LanguageOption, out, working
from pipeline.commands.fit import ClusterOption, EstimatorOption, MissingOption, OrderedOption, as_json, plain
from pipeline.commands.invariance_summary import print_ladder, print_ladders
from pipeline.commands.ladder_summary import print_searched
from pipeline.errors import InputError

if TYPE_CHECKING:
    from analysis.measurement.ladders import Ladder as Searched
    from analysis.measurement.rungs import Rung
    from analysis.sem import FitResult
    from analysis.sem.invariance import Ladder

EXAMPLE = (
    "Voorbeeld / Example:  magical-housing invariance analysis/models/measurement.lav data.csv --group location"
    " --estimator mlr --missing fiml --search"
)


L = TypeVar("L")
Climbs = Callable[..., L]


def invariance(
    model: Annotated[Path, typer.Argument(metavar="MODEL.lav", help="het meetmodel / the measurement model")],
    data: Annotated[Path, typer.Argument(metavar="DATA", help="een rij per persoon / one row per person")],
    group: Annotated[
        list[str],
        typer.Option("--group", metavar="COL", help="kolom met groepen, herhaalbaar / column of groups, repeatable"),
    ],
    json_out: Annotated[
        Path | None, typer.Option("--json", metavar="OUT", help="schrijf het resultaat als JSON (- is het scherm)")
    ] = None,
    estimator: EstimatorOption = "ml",
    missing: MissingOption = "listwise",
    group_partial: Annotated[
        str | None, typer.Option(metavar='"x3~1, f=~x2"', help="niet gelijk gehouden / not held equal")
    ] = None,
    ordered: OrderedOption = None,
    cluster: ClusterOption = None,
    alpha: Annotated[float, typer.Option(min=0, max=1, help="grens van de toets / level of the test")] = 0.05,
    method: Annotated[
        str,
        typer.Option(
            help="default, standard, satorra_2000, satorra_bentler_2001, satorra_bentler_2010: toets van het verschil"
        ),
    ] = "default",
    search: Annotated[
        bool,
        typer.Option(
            "--search",
            help="zoek bij een trede die faalt de vragen die verschillen / where a step fails look for the items that"
            " differ",
        ),
    ] = False,
    minimum_n: Annotated[
        int, typer.Option(metavar="N", min=3, help="geen trap over kleinere groepen / no ladder over smaller groups")
    ] = 30,
    language: LanguageOption = "nl",
) -> None:
    """Meet een model in elke groep hetzelfde? / Is the same thing measured in every group?"""
    asked = {
        "estimator": estimator, "missing": missing, "group_partial": listed(group_partial), "cluster": cluster,
        "alpha": alpha, "method": method,
    }  # fmt: skip
    if search and asked["group_partial"]:
        raise typer.BadParameter("--search finds what is not held equal by itself: leave --group-partial out.")
    groups = list(dict.fromkeys(group))
    with working(f"invariance {model.name}"):
        if search:
            searched = _each(model, data, groups, ordered=ordered, asked=asked, climb=_searched)
            _refuse_few({name: ladder.climb.configural for name, ladder in searched.items()}, minimum_n)
            content = [{"group": name, **searched_as_json(ladder)} for name, ladder in searched.items()]
        else:
            ladders = _each(model, data, groups, ordered=ordered, asked=asked, climb=_plain)
            _refuse_few({name: ladder.results["configural"] for name, ladder in ladders.items()}, minimum_n)
            content = [{"group": name, **ladder_as_json(ladder)} for name, ladder in ladders.items()]
    if not write_result(json_out, content[0] if len(groups) == 1 else _together(content)):
        return
    if search:
        print_searched(out(), searched, language)
    elif len(groups) == 1:
        print_ladder(out(), ladders[groups[0]])
    else:
        print_ladders(out(), ladders)


def _each(
    model: Path, data: Path, groups: Sequence[str], *, ordered: str | None, asked: dict[str, Any], climb: Climbs[L]
) -> dict[str, L]:
    """The ladder over each of ``groups``; raises ``InputError`` for data that cannot carry one."""
    from analysis.sem import ModelError, observed_variables
    from analysis.sem.difference import Method

    options = {name: value for name, value in asked.items() if name not in ("alpha", "method")}
    check_options(ordered=listed(ordered), group=groups[0], **options)
    if asked["method"] not in get_args(Method):
        raise typer.BadParameter(f"method {asked['method']!r} is not known: choose from {', '.join(get_args(Method))}.")
    text, frame = model_text(model), numbers_by_person(data)
    try:
        names = observed_variables(text) if ordered == "all" else listed(ordered)
        return {name: climb(text, frame, ordered=names, group=name, **asked) for name in groups}
    except ModelError as error:
        raise InputError(f"{model} on {data}: {error}") from None


def _refuse_few(configural: Mapping[str, FitResult], minimum_n: int) -> None:
    """Raise ``InputError`` for a group so small that no difference would be seen; ``configural``: fits by grouping."""
    for grouping, result in configural.items():
        name, n = min(zip(result.groups, result.n_by_group, strict=True), key=lambda group: group[1])
        if n < minimum_n:
            raise InputError(
                f"The group {name} of {grouping} has {n} persons with usable answers, fewer than {minimum_n}"
                " (--minimum-n): nearly any difference would pass unseen. Merge it with another, or leave it out."
            )


def _plain(text: str, frame: pd.DataFrame, **asked: Any) -> Ladder:
    from analysis.sem import ModelError
    from analysis.sem.invariance import invariance as climb

    found = climb(text, frame, **asked)
    later = found.steps["message"].iloc[1:]
    if asked["group_partial"] and len(later) and later.astype(str).str.startswith("group_partial ").all():
        raise ModelError(str(later.iloc[0]))
    return found


def _searched(text: str, frame: pd.DataFrame, **asked: Any) -> Searched:
    from analysis.measurement.ladders import ladder
    from analysis.sem import ModelError

    if str(asked["estimator"]).upper() == "SAM":
        raise ModelError("Invariance tests the measurement alone, which sam estimates by ml: choose ml or mlr.")
    return ladder(text, frame, **asked)


def _together(content: list[dict[str, Any]]) -> dict[str, Any]:
    """Several ladders in one answer: the steps of all of them in one list, and each ladder whole."""
    steps = [{"group": ladder["group"], **step} for ladder in content for step in ladder["steps"]]
    return {"groups": [ladder["group"] for ladder in content], "steps": steps, "ladders": content}


def searched_as_json(ladder: Searched) -> dict[str, Any]:
    """A ladder with its searches: the keys of ``ladder_as_json`` and what was set free, what the ladder allows, and
    every item's test. ``fits`` has the last model of a step, the partial one where there is one."""
    last = {rung.step: rung for rung in ladder.rungs if rung.result is not None}
    cut = ladder.cutoffs
    return {
        "steps": [_rung_as_json(rung, ladder) for rung in ladder.rungs],
        "cutoffs": {
            "source": cut.source,
            **{name: plain(value) for name, value in asdict(cut.later).items() if value == value},
            **{f"{name}_loadings": plain(value) for name, value in asdict(cut.loadings).items() if value == value},
        },
        "allows": ladder.allows,
        "freed": dict(ladder.freed),
        "searches": {
            step: {"stop": found.stop, "tests": [_there(asdict(test)) for test in found.tests]}
            for step, found in ladder.searches.items()
        },
        "fits": {step: as_json(rung.result) for step, rung in last.items() if rung.result is not None},
    }


def _rung_as_json(rung: Rung, ladder: Searched) -> dict[str, Any]:
    from analysis.sem.invariance import best

    found: dict[str, Any] = {
        "step": rung.step, "equal": ", ".join(ladder.climb.steps[rung.step]), "partial": rung.partial,
        "freed": list(rung.freed), "holds": rung.holds, "holds_by_test": rung.holds_by_test,
        "holds_by_fit": rung.holds_by_fit, "messages": list(rung.messages), **rung.changes,
    }  # fmt: skip
    if rung.refused is not None:
        found["refused"] = rung.refused
    if rung.result is not None:
        fit = rung.result.fit
        found |= {"converged": rung.result.converged, "admissible": rung.result.admissible}
        if rung.refused is None:
            found |= {"chisq": fit.get("chisq_scaled", fit["chisq"]), "df": fit["df"], "srmr": fit["srmr"]}
            found |= {
                "pvalue": fit.get("pvalue_scaled", fit.get("pvalue")),
                "aic": fit.get("aic"),
                "bic": fit.get("bic"),
            }
            found |= {name: best(rung.result, name) for name in ("cfi", "rmsea")}
    if rung.difference is not None:
        test = rung.difference
        found |= {"chisq_diff": test.statistic, "df_diff": test.df, "pvalue_diff": test.pvalue}
    return _there(found)


def _there(found: dict[str, Any]) -> dict[str, Any]:
    """What has a value: a number that does not exist is absent."""
    return {
        name: value if isinstance(value, bool | str | list) else plain(value)
        for name, value in found.items()
        if value is not None and value == value
    }


def ladder_as_json(ladder: Ladder) -> dict[str, Any]:
    """The steps, and each step's fit in the contract of ``magical-housing fit``."""
    steps = [
        {
            name: (bool(value) if isinstance(value, bool) else plain(value))
            for name, value in row.items()
            if value is not None and value == value  # a number that does not exist is absent
        }
        for row in ladder.steps.astype(object).to_dict("records")
    ]
    return {
        "steps": steps,
        "cutoffs": asdict(ladder.cutoffs),
        "fits": {name: as_json(result) for name, result in ladder.results.items()},
    }
