"""Everything the report is put together from: parts, files and variables of a pool in a language; ``site.yml``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.declare import Study, in_language
from pipeline.present.absent import without_absent
from pipeline.present.bundle import Bundle
from pipeline.present.context import Context, capital
from pipeline.present.markup.sourced import add_sources
from pipeline.present.pages.alike.ladders import ladders_parts
from pipeline.present.pages.front.front import front_parts
from pipeline.present.pages.method.changes import changes_parts
from pipeline.present.pages.method.method import method_parts
from pipeline.present.pages.method.record import record_parts
from pipeline.present.pages.method.reproduce import reproduce_parts
from pipeline.present.pages.model.directions import directions_parts
from pipeline.present.pages.model.estimation import estimation_parts
from pipeline.present.pages.model.joint import joint_parts
from pipeline.present.pages.model.model import model_parts
from pipeline.present.pages.new_project.new_project import new_project_parts
from pipeline.present.pages.planning.planning import planning_parts
from pipeline.present.pages.projects.clustering import clustering_parts
from pipeline.present.pages.projects.methods import methods_parts
from pipeline.present.pages.projects.profiles import profiles_parts
from pipeline.present.pages.projects.projects import projects_parts
from pipeline.present.pages.respondents.nonresponse import nonresponse_parts
from pipeline.present.pages.respondents.respondents import respondents_parts
from pipeline.present.pages.robustness.robustness import robustness_parts
from pipeline.present.pages.scales.dimensions import dimensions_parts
from pipeline.present.pages.scales.loadings import loadings_parts
from pipeline.present.pages.scales.references import references_parts
from pipeline.present.pages.scales.reliability_figure import reliability_figures
from pipeline.present.pages.scales.scales import scales_parts
from pipeline.present.pages.scales.scores import scores_parts
from pipeline.present.pages.scales.validity import validity_parts
from pipeline.present.pages.units.entries import each_entries
from pipeline.present.pages.units.places import places_parts
from pipeline.present.pages.units.units import units_parts
from pipeline.present.parts import Parts
from pipeline.present.words.people import fewer_than_shown, n_analysed, n_units, step_total, years

MAKERS = (
    front_parts, respondents_parts, nonresponse_parts, scales_parts, reliability_figures, loadings_parts,
    dimensions_parts, validity_parts, scores_parts, ladders_parts, projects_parts, references_parts, methods_parts,
    clustering_parts, profiles_parts, model_parts, directions_parts, joint_parts, estimation_parts, robustness_parts,
    planning_parts, method_parts, places_parts, units_parts, new_project_parts,
    changes_parts, record_parts,
)  # fmt: skip


def report_parts(context: Context) -> Parts:
    """All parts of one pool in one language."""
    context = without_absent(context)
    parts = Parts()
    for make in MAKERS:
        parts.take(make(context))
    parts.take(reproduce_parts(context, parts))
    add_sources(context, parts)
    parts.variables.update(variables(context))
    return parts


def variables(context: Context) -> dict[str, str]:
    """Short values that page texts name: ``{{< var @POOL@.nl.n_analysed >}}``."""
    analysed, invited, received = n_analysed(context), step_total(context, "invited"), step_total(context, "received")
    about, numbers = context.bundle.about, context.numbers
    rate = numbers.share(received / invited) if invited and received is not None else context.say("unknown")
    return {
        "confidence": context.confidence,
        "minimum_cell": str(about["minimum_cell"]),
        "minimum_group": numbers.count(float(about["minimum_group"])),
        "n_analysed": fewer_than_shown(context) if analysed is None else numbers.count(analysed),
        "n_claims": numbers.count(len(context.study.claims.claims)),
        "n_units": numbers.count(n_units(context)),
        "n_waves": numbers.count(len(context.bundle.tables["waves"])),
        "others": context.others,
        "people": context.people,
        "response_rate": rate,
        "title": context.text(context.study.declaration.title),
        "unit": context.unit,
        "units": context.units,
        "years": years(context),
    }


def site(study: Study, bundles: Mapping[str, Bundle]) -> dict[str, Any]:
    """``site.yml``: what the report is called, and the lines above and below every page (shape: reports/README.md)."""
    declaration = study.declaration
    languages = declaration.languages
    content: dict[str, Any] = {
        "languages": list(languages),
        "title": {language: in_language(declaration.title, language) for language in languages},
        "pools": {pool: _pool_entry(study, bundle, languages) for pool, bundle in bundles.items()},
    }
    if declaration.subtitle:
        content["description"] = {language: in_language(declaration.subtitle, language) for language in languages}
    return content


def _pool_entry(study: Study, bundle: Bundle, languages: list[str]) -> dict[str, Any]:
    contexts = {language: Context(study, bundle, language) for language in languages}
    entry: dict[str, Any] = {
        "name": {language: pool_name(context) for language, context in contexts.items()},
        "description": {language: pool_description(context) for language, context in contexts.items()},
        "simulated": bundle.simulated,
        "footer": {language: footer(context) for language, context in contexts.items()},
    }
    banners = {language: banner(context) for language, context in contexts.items()}
    if all(banners.values()):
        entry["banner"] = banners
    if each := each_entries(study, bundle):
        entry["each"] = each
    return entry


def pool_name(context: Context) -> str:
    """What a pool is called in menus: as the study declares, else by its id."""
    declared = context.study.declaration.pools.get(context.bundle.pool)
    if declared is not None:
        return context.text(declared.name)
    if context.bundle.pool == "simulated":
        return context.say("pool simulated")
    return capital(context.bundle.pool.replace("-", " ").replace("_", " "))


def pool_description(context: Context) -> str:
    """One sentence on what is in a pool."""
    declared = context.study.declaration.pools.get(context.bundle.pool)
    first = f"{context.text(declared.description)} " if declared is not None and declared.description else ""
    return first + context.say(
        "pool description",
        people=capital(context.people),
        n_units=context.numbers.count(n_units(context)),
        units=context.units,
        years=years(context),
    )


def banner(context: Context) -> str:
    """What must be said above every page; empty when nothing must."""
    text = context.say("banner") if context.bundle.simulated else ""
    if context.bundle.about["looser_on_purpose"]:
        text += context.say("banner looser")
    return text.strip()


def footer(context: Context) -> str:
    """What stands below every page: which data these are."""
    waves = context.bundle.tables["waves"]
    text = context.say(
        "footer one" if len(waves) == 1 else "footer",
        waves=context.listed([str(wave) for wave in waves["wave"]]),
        checksums=", ".join(dict.fromkeys(str(sha256)[:8] for sha256 in waves["sha256"])),
        group=context.numbers.count(float(context.bundle.about["minimum_group"])),
        cell=context.bundle.about["minimum_cell"],
    )
    return (context.say("footer simulated") if context.bundle.simulated else "") + text
