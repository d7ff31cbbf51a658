"""Who answered what: response, composition, distributions, missing answers, and the facts of waves and projects.

``python -m pipeline.stages.describe --pool NAME``: ``persons``, ``pool`` and ``flow`` to the tables under
``build/describe/<pool>``.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd

from analysis.describe import (
    band_labels,
    banded,
    codes_in_use,
    distribution,
    distribution_with_missing,
    missing_reasons,
    stacked,
)
from pipeline.artefacts import read_persons, read_table, write_table
from pipeline.declare import Instrument, InstrumentField, Project, Study, Trait, Wave
from pipeline.declare.names import NOT_ASKED
from pipeline.stages._answers import as_text, code_text, is_numeric, reason_column
from pipeline.stages._run import run_stage

EVERYBODY = ("all", "all")


def run(study: Study, pool: str) -> None:
    """Describe one pool."""
    pooled = read_persons(study.root, "pool", pool=pool)
    persons = read_persons(study.root, "persons", pool=pool)
    instrument = study.instrument_of_pool(pool)
    flows = {wave.wave: read_table(study.root, "flow", wave=wave.wave) for wave in study.waves_of(pool)}
    tables = {
        "response_flow": response_flow(study, pool, flows, persons),
        "response_by_project": response_by_project(study, pool, persons),
        "composition": composition(study, pool, instrument, pooled, persons),
        "item_distribution": item_distribution(study, instrument, pooled, persons),
        "missing_by_item": missing_by_item(instrument, pooled[persons["analysed"]]),
        "scope_sizes": scope_sizes(study, persons),
        "waves": waves_table(study, pool, flows),
        "projects": projects_table(projects_of(study, pool)),
        "project_traits": project_traits(study, projects_of(study, pool)),
        "project_components": project_components(study, projects_of(study, pool)),
    }
    for name, table in tables.items():
        write_table(study.root, name, table, pool=pool)


def response_flow(study: Study, pool: str, flows: dict[str, pd.DataFrame], persons: pd.DataFrame) -> pd.DataFrame:
    """Invited (where known), received, excluded by reason, kept, analysed: by wave."""
    n_analysed = persons[persons["analysed"]]["wave"].value_counts()
    frames = []
    for wave in study.waves_of(pool):
        steps = flows[wave.wave][["step", "reason", "n"]]
        last = pd.DataFrame({"step": ["analysed"], "reason": "", "n": int(n_analysed.get(wave.wave, 0))})
        parts = [steps, last]
        if wave.invited is not None:
            parts.insert(0, pd.DataFrame({"step": ["invited"], "reason": "", "n": wave.invited}))
        frames.append(pd.concat(parts, ignore_index=True).assign(wave=wave.wave))
    return pd.concat(frames, ignore_index=True)


def response_by_project(study: Study, pool: str, persons: pd.DataFrame) -> pd.DataFrame:
    """Invited and usable questionnaires by project and wave; no rows for a wave that knows nobody's project."""
    n_by_project = persons.groupby(["wave", "project"], observed=True).size()
    rows = []
    for wave in study.waves_of(pool):
        for project, part in wave.projects.items():
            received = int(n_by_project.get((wave.wave, project), 0))
            rate = received / part.invited if part.invited else None
            rows.append((wave.wave, project, part.invited, received, rate))
    frame = pd.DataFrame(rows, columns=["wave", "project", "invited", "received", "response_rate"])
    known = persons.loc[persons["project"].notna(), "wave"].unique()
    return frame[frame["wave"].isin(known)].astype({"invited": "Int64", "response_rate": "float64"})


def composition(
    study: Study, pool: str, instrument: Instrument, pooled: pd.DataFrame, persons: pd.DataFrame
) -> pd.DataFrame:
    """Background, wave, project and traits, of the analysed, the others and all."""
    analysed = persons["analysed"]
    dimensions = composition_dimensions(study, pool, instrument, pooled, persons)
    parts: dict[tuple[str, ...], pd.DataFrame] = {}
    for population, members in (("analysed", analysed), ("others", ~analysed), ("all", analysed | ~analysed)):
        for name, (values, categories, not_asked) in dimensions.items() if members.any() else ():
            if name == study.declaration.population.variable and population != "all":
                continue  # it is what makes the population
            found = distribution_with_missing(values[members], categories, not_asked=not_asked[members])
            parts[population, name] = found
    return stacked(parts, ["population", "dimension"])


def composition_dimensions(
    study: Study, pool: str, instrument: Instrument, pooled: pd.DataFrame, persons: pd.DataFrame
) -> dict[str, tuple[pd.Series, list[str], pd.Series]]:
    """By dimension: each person's category, all categories in order, and whether the person was not asked.

    A text field without categories is no dimension: its values could be anybody's own words.
    """
    nobody = pd.Series(False, index=pooled.index)
    dimensions: dict[str, tuple[pd.Series, list[str], pd.Series]] = {}
    for field in instrument.with_role("background", "language"):
        categories = categories_of_dimension(instrument, field)
        if categories:
            not_asked = (pooled[reason_column(field.name)] == NOT_ASKED).fillna(False).astype(bool)
            dimensions[field.name] = (dimension_values(instrument, field, pooled[field.name]), categories, not_asked)
    for trait in study.declaration.traits:
        # a person without a project has no level of its traits for want of a question, not of an answer
        unknown = pooled["project"].isna() if trait.of == "unit" else nobody
        levels = [level.value for level in trait.levels]
        dimensions.setdefault(trait.name, (persons[trait.name], levels, unknown))
    dimensions["wave"] = (pooled["wave"], [wave.wave for wave in study.waves_of(pool)], nobody)
    projects = [project.id for project in projects_of(study, pool)]
    dimensions["project"] = (pooled["project"], projects, pooled["project"].isna())
    return dimensions


def categories_of_dimension(instrument: Instrument, field: InstrumentField) -> list[str]:
    """The categories a background variable is counted by, in order; empty when it cannot be counted."""
    declared = [code_text(category.value) for category in instrument.categories_of(field)]
    if declared:
        return declared
    if is_numeric(field):
        return band_labels(field.minimum, field.maximum)
    return ["true", "false"] if field.type == "boolean" else []


def dimension_values(instrument: Instrument, field: InstrumentField, values: pd.Series) -> pd.Series:
    """Each person's category of a background variable, as text."""
    if is_numeric(field) and not instrument.categories_of(field):
        return banded(values, field.minimum, field.maximum)
    return as_text(values)


def scope_sizes(study: Study, persons: pd.DataFrame) -> pd.DataFrame:
    """How many there are of everybody, each project and each level of a trait, by wave, population and carelessness."""
    found = (
        persons[["wave"]]
        .astype(str)
        .assign(
            population=persons["analysed"].map({True: "analysed", False: "others"}),
            careless=persons["careless"].map({True: "true", False: "false"}),
        )
    )
    groups = {"all": pd.Series("all", index=persons.index), "project": persons["project"]}
    groups |= {trait.name: persons[trait.name] for trait in study.declaration.traits}
    frames = []
    for variable, levels in groups.items():
        known = found.assign(variable=variable, level=levels.astype("string")).dropna(subset=["level"])
        frames.append(known.groupby([*known.columns], sort=True, as_index=False).size().rename(columns={"size": "n"}))
    return pd.concat(frames, ignore_index=True)


def item_distribution(
    study: Study, instrument: Instrument, pooled: pd.DataFrame, persons: pd.DataFrame
) -> pd.DataFrame:
    """Every item's answers as asked, among the analysed: everybody and each level of each trait."""
    analysed = persons["analysed"]
    members = {EVERYBODY: analysed}
    for trait in study.declaration.traits:
        for level in trait.levels:
            members[trait.name, level.value] = analysed & (persons[trait.name] == level.value).fillna(False).astype(
                bool
            )
    parts: dict[tuple[str, ...], pd.DataFrame] = {}
    for scale, field in items_by_scale(instrument):
        declared = [float(category.value) for category in instrument.categories_of(field)]
        codes = codes_in_use(declared, pooled.loc[analysed, field.name])
        for group, belongs in members.items():
            found = distribution(pooled.loc[belongs, field.name], codes)
            found["category"] = [code_text(code) for code in codes]
            parts[scale, field.name, "true" if field.reversed else "false", *group] = found
    return stacked(parts, ["scale", "item", "reversed", "trait", "level"])


def items_by_scale(instrument: Instrument) -> list[tuple[str, InstrumentField]]:
    """Scale and item, in the order of the scales; then, with an empty scale, the items that belong to none."""
    pairs = [(c.name, instrument.field_named(name)) for c in instrument.constructs for name in c.items]
    in_scales = {field.name for _, field in pairs}
    return pairs + [("", field) for field in instrument.with_role("item") if field.name not in in_scales]


def missing_by_item(instrument: Instrument, pooled_analysed: pd.DataFrame) -> pd.DataFrame:
    """Why items have no answer, among the analysed: every reason that occurs, for every item."""
    pairs = items_by_scale(instrument)
    names = list(dict.fromkeys(field.name for _, field in pairs))
    given = pooled_analysed[[reason_column(name) for name in names]].set_axis(names, axis=1)
    occurring = {reason for column in given for reason in given[column].dropna().unique()}
    declared = [missing.reason for missing in instrument.missing_values]
    order = [*declared, *sorted(occurring - set(declared))]
    by_item = missing_reasons(given, [reason for reason in order if reason in occurring], not_asked=NOT_ASKED)
    return stacked({(scale, field.name): by_item[field.name] for scale, field in pairs}, ["scale", "item"])


def waves_table(study: Study, pool: str, flows: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The facts of each wave, with the checksum of its responses as they are stored."""
    return pd.DataFrame([wave_facts(study, wave, flows[wave.wave]) for wave in study.waves_of(pool)]).astype(
        {"invited": "Int64"}
    )


def wave_facts(study: Study, wave: Wave, flow: pd.DataFrame) -> dict[str, object]:
    """One row of the table ``waves``."""
    return {
        "wave": wave.wave,
        "corporation": wave.corporation,
        "instrument": wave.instrument,
        "origin": wave.origin,
        "start": wave.fieldwork.start.isoformat(),
        "end": wave.fieldwork.end.isoformat(),
        "mode": ";".join(wave.mode),
        "languages": ";".join(wave.languages),
        "projects": len(wave.projects),
        "invited": wave.invited,
        "received": int(flow.loc[flow["step"] == "received", "n"].sum()),
        "sha256": checksum(study.responses_path(wave.wave)),
    }


def checksum(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def projects_of(study: Study, pool: str) -> list[Project]:
    """The registered projects that take part in a wave of the pool, in the registry's order."""
    taking_part = {project for wave in study.waves_of(pool) for project in wave.projects}
    return [project for project in study.registry.projects if project.id in taking_part]


def projects_table(projects: list[Project]) -> pd.DataFrame:
    """What is registered of each project."""
    return pd.DataFrame(
        [
            {
                "project": project.id,
                "name": project.name,
                "municipality": project.municipality or "",
                "corporation": project.corporation or "",
                "simulated": "true" if project.simulated else "false",
                "dwellings": project.dwellings,
                "tenure": project.tenure or "",
                "components": ";".join(name for name, has in project.components.items() if has),
            }
            for project in projects
        ]
    ).astype({"dwellings": "Int64"})


def project_components(study: Study, projects: list[Project]) -> pd.DataFrame:
    """Which components and conditions of the study's toolbox each project has, as far as is registered."""
    toolbox = study.declaration.toolbox
    kinds = (("component", toolbox.components), ("condition", toolbox.conditions)) if toolbox else ()
    rows = [
        (project.id, one.name, kind, _said(getattr(project, f"{kind}s").get(one.name)))
        for project in projects
        for kind, declared in kinds
        for one in declared
    ]
    return pd.DataFrame(rows, columns=["project", "component", "kind", "has"])


def _said(has: bool | None) -> str:
    return "unknown" if has is None else "yes" if has else "no"


def project_traits(study: Study, projects: list[Project]) -> pd.DataFrame:
    """The level of each trait of each project; empty when it is not registered."""
    traits: list[Trait] = [trait for trait in study.declaration.traits if trait.of == "unit"]
    rows = [(project.id, trait.name, project.traits.get(trait.name, "")) for project in projects for trait in traits]
    return pd.DataFrame(rows, columns=["project", "trait", "level"])


if __name__ == "__main__":
    run_stage(run, "pool")
