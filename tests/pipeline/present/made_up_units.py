"""Made-up results of every project, corporation and kind of project of the tiny study, and what projects have.

Eleven or twelve of the analysed a project and wave, as many as ``scope_sizes`` has. Means of projects lie around those
of their kind in ``trait_means``, and every wave a tenth below or above. Nobody stands behind them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from pipeline.artefacts import table_contracts
from pipeline.declare import Study
from pipeline.declare.study import Toolbox

WAVES = ["tiny-2020", "tiny-2022"]
PROJECTS = ["ash", "birch", "cedar", "elm", "fir", "hazel", "larch", "oak"]
PLACE = {project: "centre" if i % 2 else "edge" for i, project in enumerate(PROJECTS)}
CORPORATION = {"ash": "Nobody's Homes (made up)", "birch": "Nobody's Homes (made up)", "cedar": "Wohnen & Söhne"}
N = {project: 11 if i < 6 else 12 for i, project in enumerate(PROJECTS)}
# around 3.9 in the centre and 3.4 at the edge, where the satisfaction of the first lies far below
MEANS = {
    "SAT": dict(zip(PROJECTS, [2.2, 3.7, 3.8, 3.8, 3.8, 4.0, 3.8, 4.1], strict=True)),
    "TIES": dict(zip(PROJECTS, [3.3, 3.7, 3.4, 3.8, 3.5, 4.0, 3.4, 4.1], strict=True)),
}
SHIFT = {"all": 0.0, "tiny-2020": -0.1, "tiny-2022": 0.1}
TOOLBOX = Toolbox.model_validate({
    "source": {"nl": "een verzonnen boek", "en": "a made-up book"},
    "groups": [{"name": "rooms", "title": {"nl": "Kamers", "en": "Rooms"}}],
    "components": [
        {"name": "living_room", "group": "rooms", "title": {"nl": "woonkamer", "en": "living room"}},
        {"name": "laundry", "group": "rooms", "title": {"nl": "wasruimte", "en": "laundry <room>"}},
        {"name": "social_worker", "title": {"nl": "maatschappelijk werker", "en": "social worker"}},
    ],
    "conditions": [{"name": "close_to_neighbours", "title": {"nl": "dicht bij buren", "en": "close to neighbours"}}],
})  # fmt: skip
HAS = {
    "living_room": ["yes"] * 4 + ["no"] * 4, "laundry": ["yes", "no"] + ["unknown"] * 6,
    "social_worker": ["unknown"] * 8, "close_to_neighbours": ["no", "yes"] * 4,
}  # fmt: skip


def group_results(n: dict[str, int] | None = None) -> pd.DataFrame:
    """The whole table; ``n``: persons a wave by project."""
    n = n or N
    divisions = {"all": dict.fromkeys(PROJECTS, "all"), "project": {p: p for p in PROJECTS}}
    divisions |= {"corporation": CORPORATION, "place": PLACE}
    rows = []
    for outcome, means in MEANS.items():
        for division, group_of in divisions.items():
            for group in sorted(set(group_of.values())):
                members = [project for project in PROJECTS if group_of.get(project) == group]
                rows += [
                    (outcome, division, group, wave, *_figures(means, members, wave, n)) for wave in ("all", *WAVES)
                ]
    return pd.DataFrame(rows, columns=list(table_contracts()["group_results"].columns))


def _figures(of_projects: dict[str, float], members: list[str], wave: str, n: dict[str, int]) -> tuple[float, ...]:
    """Persons, mean and interval; one project's persons have an sd of 0.8."""
    size = sum(n[project] for project in members) * (2 if wave == "all" else 1)
    means = np.array([of_projects[project] for project in members]) + SHIFT[wave]
    units = len(members) if len(members) > 1 else size
    sd = float(np.std(means, ddof=1)) if len(members) > 1 else 0.8
    half = float(stats.t.ppf(0.975, units - 1)) * sd / np.sqrt(units) if units > 1 else np.nan
    mean = float(means.mean())
    return size, mean, mean - half, mean + half, 1.5 / size


def project_components() -> pd.DataFrame:
    """Two components by project and one of which nothing is known; a condition."""
    kinds = {one.name: "component" for one in TOOLBOX.components} | {
        one.name: "condition" for one in TOOLBOX.conditions
    }
    rows = [(project, name, kinds[name], has[i]) for i, project in enumerate(PROJECTS) for name, has in HAS.items()]
    return pd.DataFrame(rows, columns=list(table_contracts()["project_components"].columns))


def projects(table: pd.DataFrame) -> pd.DataFrame:
    """The made-up ``projects`` with corporations, municipalities, and a name that must be escaped."""
    names = {"birch": "Birch & <Sons> *2*"}
    return table.assign(
        corporation=[CORPORATION.get(project, "") for project in table["project"]],
        municipality=["Nowhere" if i < 4 else "Elsewhere" for i in range(len(table))],
        name=[names.get(project, name) for project, name in zip(table["project"], table["name"], strict=True)],
    )


def with_toolbox(study: Study) -> Study:
    """``study`` in which somebody gives advice on projects."""
    object.__setattr__(study, "declaration", study.declaration.model_copy(update={"toolbox": TOOLBOX}))
    return study
