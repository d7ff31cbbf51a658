"""What must hold between the files of a study. Each check looks at what could be read and returns all its problems."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipeline.declare.base import Declaration
from pipeline.declare.claims import Claim, Claims
from pipeline.declare.crosswalk import crosswalk_problems
from pipeline.declare.documents import Read
from pipeline.declare.gather import Gathered
from pipeline.declare.instrument import Instrument
from pipeline.declare.problems import Problem, Step, found, suggestion
from pipeline.declare.registry import Project, Registry
from pipeline.declare.study import StudyDeclaration, Trait
from pipeline.declare.wave import Wave

_TEXTS = frozenset({"title", "subtitle", "label", "others", "singular", "plural", "meaning", "heading", "sentence"})
"""Keys whose texts the report prints, so that they are needed in each of its languages."""
Categories = dict[tuple[Step, ...], str]
"""Categories of a variable that are meant, by the place that names them."""


def cross_check(gathered: Gathered) -> list[Problem]:
    """Every problem between the files of a study, file by file and in line order."""
    checks: tuple[Callable[[Gathered], Iterator[Problem]], ...] = (
        _instrument_files, _waves, _wave_projects, _pools, _listed_pools, _simulated_waves, _registered_traits,
        _models, _population, _person_traits, _outcomes, _profiles, _overlapping, _columns, _claims, _texts,
        _crosswalks,
    )  # fmt: skip
    problems = [problem for check in checks for problem in check(gathered)]
    return sorted(problems, key=lambda problem: (str(problem.path), problem.line or 0))


def _used_instruments(gathered: Gathered) -> dict[str, Read[Instrument]]:
    """Instruments that a declared wave uses; all of them in a study without waves."""
    used = {wave.declaration.instrument for wave in gathered.waves.values()}
    by_id = {read.declaration.id: read for read in gathered.instruments.values()}
    return {identity: read for identity, read in by_id.items() if identity in used or not gathered.waves}


def _instrument_files(gathered: Gathered) -> Iterator[Problem]:
    for stem, read in gathered.instruments.items():
        if read.declaration.id != stem:
            yield read.problem(("name",), "instrument_file", found=read.declaration.id, expected=stem)


def _waves(gathered: Gathered) -> Iterator[Problem]:
    known = gathered.instrument_files
    for name, read in gathered.waves.items():
        wave = read.declaration
        if wave.wave != name:
            yield read.problem(("wave",), "wave_folder", found=found(wave.wave), expected=found(name))
        declared = gathered.params.declaration.waves[name].responses if gathered.params else wave.responses
        if wave.responses != declared:
            yield read.problem(("responses",), "wave_responses", found=found(wave.responses), expected=found(declared))
        if wave.instrument not in known:
            yield read.problem(("instrument",), "wave_instrument", found=found(wave.instrument), expected=known)
        instrument = gathered.instrument(wave.instrument)
        if instrument is not None:
            for i, language in enumerate(wave.languages):
                if language not in instrument.languages:
                    details: dict[str, Any] = {"found": language, "expected": sorted(instrument.languages)}
                    yield read.problem(("languages", i), "wave_language", **details)


def _wave_projects(gathered: Gathered) -> Iterator[Problem]:
    if gathered.registry is None:
        return
    projects = {project.id: project for project in gathered.registry.declaration.projects}
    for read in gathered.waves.values():
        for name in read.declaration.projects:
            place = ("projects", name)
            if name not in projects:
                yield read.problem(place, "wave_project", found=found(name), suggestion=suggestion(name, projects))
            elif projects[name].simulated and read.declaration.origin != "simulated":
                details: dict[str, Any] = {"found": found(name), "origin": read.declaration.origin}
                yield read.problem(place, "wave_simulated_project", **details)
            elif not projects[name].simulated and read.declaration.origin == "simulated":
                yield read.problem(place, "wave_real_project", found=found(name))


def _pools(gathered: Gathered) -> Iterator[Problem]:
    """A pool has one origin and one instrument; every wave that is not like its pool's first one is told so."""
    by_pool: dict[str, list[Read[Wave]]] = {}
    for read in gathered.waves.values():
        by_pool.setdefault(read.declaration.pool, []).append(read)
    for pool, reads in by_pool.items():
        for key, code in (("origin", "pool_origins"), ("instrument", "pool_instruments")):
            values = [getattr(read.declaration, key) for read in reads]
            different = [read for read, value in zip(reads, values, strict=True) if value != values[0]]
            details: dict[str, Any] = {"pool": found(pool), "found": list(dict.fromkeys(values))}
            yield from (read.problem((key,), code, **details) for read in different)


def _listed_pools(gathered: Gathered) -> Iterator[Problem]:
    params = gathered.params
    if params is None or len(gathered.waves) < len(params.declaration.waves):
        return  # a wave that could not be read may be the one with the pool
    by_pool: dict[str, list[str]] = {}
    for name, read in gathered.waves.items():
        by_pool.setdefault(read.declaration.pool, []).append(name)
    listed = params.declaration.pools
    for i, pool in enumerate(listed):
        if pool not in by_pool:
            yield params.problem(("pools", i), "pool_undeclared", found=found(pool))
        elif pool in listed[:i]:
            yield params.problem(("pools", i), "twice", found=found(pool))
    for pool, waves in by_pool.items():
        if pool not in listed:
            yield params.problem(("pools",), "pool_unlisted", found=found(pool), waves=waves)


def _simulated_waves(gathered: Gathered) -> Iterator[Problem]:
    """Simulating writes a wave's responses: never those of a wave that is not simulated."""
    simulated = gathered.params.declaration.simulate.get("waves") if gathered.params else None
    for name, read in gathered.waves.items():
        if gathered.params and isinstance(simulated, Mapping) and name in simulated:
            origin = read.declaration.origin
            if origin != "simulated":
                place = ("simulate", "waves", name)
                yield gathered.params.problem(place, "simulated_origin", found=found(name), origin=origin)


def _registered_traits(gathered: Gathered) -> Iterator[Problem]:
    if gathered.registry is None or gathered.study is None:
        return
    traits = {trait.name: trait for trait in gathered.study.declaration.traits if trait.of == "unit"}
    for i, project in enumerate(gathered.registry.declaration.projects):
        waves = [name for name, read in gathered.waves.items() if project.id in read.declaration.projects]
        yield from _traits_of(gathered.registry, i, project, traits, waves)


def _traits_of(
    registry: Read[Registry], i: int, project: Project, traits: Mapping[str, Trait], waves: list[str]
) -> Iterator[Problem]:
    place = ("projects", i, "traits")
    for name, value in project.traits.items():
        if name not in traits:
            details: dict[str, Any] = {"found": found(name), "expected": sorted(traits)}
            yield registry.problem((*place, name), "unknown_trait", **details)
        elif value not in (expected := [level.value for level in traits[name].levels]):
            yield registry.problem((*place, name), "unknown_level", found=found(value), expected=expected)
    for name, trait in traits.items():
        if name not in project.traits and waves:
            expected = [level.value for level in trait.levels]
            details = {"found": found(project.id), "trait": name, "waves": waves, "expected": expected}
            yield registry.problem(place, "no_trait", **details)


def _models(gathered: Gathered) -> Iterator[Problem]:
    known = sorted(gathered.models)
    if gathered.params is not None:
        for i, name in enumerate(gathered.params.declaration.models):
            if name not in known:
                yield gathered.params.problem(("models", i), "model_absent", found=name, expected=known)
            elif name in gathered.params.declaration.models[:i]:
                yield gathered.params.problem(("models", i), "twice", found=found(name))
    if gathered.study is not None:
        for name in gathered.study.declaration.models:
            if name not in known:
                yield gathered.study.problem(("models", name), "model_absent", found=name, expected=known)


def _population(gathered: Gathered) -> Iterator[Problem]:
    if gathered.study is not None:
        population = gathered.study.declaration.population
        if population.variable is not None and population.equals is not None:
            wanted: Categories = {("population", "equals"): population.equals}
            yield from _variable(gathered, gathered.study, ("population", "variable"), population.variable, wanted)


def _person_traits(gathered: Gathered) -> Iterator[Problem]:
    if gathered.study is not None:
        for i, trait in enumerate(gathered.study.declaration.traits):
            if trait.of == "person" and trait.variable is not None:
                wanted: Categories = {("traits", i, "high", "value"): trait.high.value}
                wanted |= {("traits", i, "low", "value"): trait.low.value}
                yield from _variable(gathered, gathered.study, ("traits", i, "variable"), trait.variable, wanted)


def _variable(
    gathered: Gathered, study: Read[StudyDeclaration], place: tuple[Step, ...], name: str, wanted: Categories
) -> Iterator[Problem]:
    """Problems when an instrument in use lacks the variable ``name``, or one of the ``wanted`` categories of it."""
    for identity, read in _used_instruments(gathered).items():
        fields = {field.name: field for field in read.declaration.fields}
        if name not in fields:
            hint = suggestion(name, fields)
            yield study.problem(place, "variable_absent", found=found(name), instrument=identity, suggestion=hint)
            continue
        known = [category.value for category in read.declaration.categories_of(fields[name])]
        for where, value in wanted.items():
            if value not in known:
                named = {"found": found(value), "variable": name, "instrument": identity}
                yield study.problem(where, "category_absent", **named, expected=known)


def _outcomes(gathered: Gathered) -> Iterator[Problem]:
    if gathered.study is None:
        return
    for identity, read in _used_instruments(gathered).items():
        titles = read.declaration.score_titles()
        for i, outcome in enumerate(gathered.study.declaration.outcomes):
            if outcome not in titles:
                named = {"found": found(outcome), "instrument": identity, "suggestion": suggestion(outcome, titles)}
                yield gathered.study.problem(("outcomes", i), "outcome_absent", **named)


def _overlapping(gathered: Gathered) -> Iterator[Problem]:
    """Scales that params call overlapping are constructs of every instrument in use."""
    if gathered.params is None:
        return
    for identity, read in _used_instruments(gathered).items():
        scales = [construct.name for construct in read.declaration.constructs]
        for i, pair in enumerate(gathered.params.declaration.measure.overlapping):
            for scale in (name for name in pair if name not in scales):
                named = {"found": found(scale), "instrument": identity, "suggestion": suggestion(scale, scales)}
                yield gathered.params.problem(("measure", "overlapping", i), "outcome_absent", **named)


def _profiles(gathered: Gathered) -> Iterator[Problem]:
    """Places of a profile are compared, so each has a score, and the scores one range."""
    if gathered.study is None:
        return
    for identity, read in _used_instruments(gathered).items():
        titles = read.declaration.score_titles()
        ranges = {construct.name: (construct.lower, construct.upper) for construct in read.declaration.constructs}
        for i, profile in enumerate(gathered.study.declaration.profiles):
            known: list[str] = []
            for j, place in enumerate(profile.places):
                named = {"found": found(place.score), "instrument": identity}
                where = ("profiles", i, "places", j, "score")
                if place.score not in titles:
                    hint = suggestion(place.score, titles)
                    yield gathered.study.problem(where, "outcome_absent", **named, suggestion=hint)
                elif place.score in ranges:
                    if known and ranges[place.score] != ranges[known[0]]:
                        yield gathered.study.problem(where, "profile_range", **named, other=found(known[0]))
                    known.append(place.score)


def _columns(gathered: Gathered) -> Iterator[Problem]:
    """Traits and dummies become columns beside the questions and scales: one name, one meaning."""
    if gathered.study is None:
        return
    taken: dict[str, str] = {}
    for read in _used_instruments(gathered).values():
        for name in [*(field.name for field in read.declaration.fields), *read.declaration.score_titles()]:
            taken.setdefault(name, f"{read.declaration.id}: {name}")
    for i, trait in enumerate(gathered.study.declaration.traits):
        if trait.name in taken and trait.name != trait.variable:
            yield gathered.study.problem(
                ("traits", i, "name"), "column_clash", found=found(trait.name), other=taken[trait.name]
            )
        if trait.dummy in taken:
            details = {"found": found(trait.dummy), "other": taken[trait.dummy]}
            yield gathered.study.problem(("traits", i, "dummy"), "column_clash", **details)


def _claims(gathered: Gathered) -> Iterator[Problem]:
    claims, params = gathered.claims, gathered.params
    if claims is None:
        return
    for i, claim in enumerate(claims.declaration.claims):
        if params and claim.model is not None:
            fitted = [*params.declaration.models, *params.declaration.directions.models]
            if claim.model not in fitted:
                yield claims.problem(("claims", i, "model"), "claim_model", found=found(claim.model))
        if claim.model is None and not claim.effects:
            yield claims.problem(("claims", i), "claim_needs_model")
        yield from _compared(gathered, claims, ("claims", i, "statement"), claim)


def _compared(gathered: Gathered, claims: Read[Claims], place: tuple[Step, ...], claim: Claim) -> Iterator[Problem]:
    """Problems when the study does not have a trait, or never compares the outcome, that a claim is about."""
    if gathered.study is None:
        return
    study = gathered.study.declaration
    known = [known.name for known in study.traits]
    for trait in [*(trait for trait, _ in claim.effects), *claim.differing]:
        if trait not in known:
            yield claims.problem(place, "claim_trait", found=found(trait), expected=known)
    for outcome in dict.fromkeys(outcome for _, outcome in claim.effects):
        if outcome is None:
            yield claims.problem(place, "claim_needs_outcome")
        elif outcome not in study.outcomes:
            yield claims.problem(place, "claim_outcome", found=found(outcome))


def _texts(gathered: Gathered) -> Iterator[Problem]:
    """Everything the report says is there in each of its languages."""
    languages = gathered.study.declaration.languages if gathered.study else []
    reads: list[Read[Any]] = [read for read in (gathered.study, gathered.claims) if read is not None]
    for read in [*reads, *_used_instruments(gathered).values()]:
        for place, text in _printed(read.declaration, ()):
            for language in languages:
                if language not in text:
                    yield read.problem(place, "text_missing", found=language)


def _printed(part: Any, place: tuple[Step, ...]) -> Iterator[tuple[tuple[Step, ...], Mapping[str, str]]]:
    if isinstance(part, Declaration):
        for name, info in type(part).model_fields.items():
            value, here = getattr(part, name), (*place, info.alias or name)
            if name in _TEXTS and isinstance(value, Mapping):
                yield here, value
            else:
                yield from _printed(value, here)
    elif isinstance(part, (list, Mapping)):
        inside = part.items() if isinstance(part, Mapping) else enumerate(part)
        for step, value in inside:
            yield from _printed(value, (*place, step))


def _crosswalks(gathered: Gathered) -> Iterator[Problem]:
    for name, lines in gathered.crosswalks.items():
        wave = gathered.waves[name].declaration if name in gathered.waves else None
        instrument = gathered.instrument(wave.instrument) if wave else None
        if instrument is not None:
            path = gathered.crosswalk_path(name)
            yield from crosswalk_problems(path, lines, instrument=instrument, wave=wave)
