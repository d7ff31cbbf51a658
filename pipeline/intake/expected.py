"""What a variable's cells should have been, for the person who has to correct them: from declarations alone."""

from __future__ import annotations

from pipeline.declare import Instrument, InstrumentField, Registry, Wave, in_language
from pipeline.intake.text import as_text
from pipeline.intake.words import LANGUAGES

_MOST_CHOICES = 12


def expected_of(
    field: InstrumentField, instrument: Instrument, *, decimal: str, wave: Wave | None, registry: Registry
) -> tuple[str, dict[str, str]]:
    """Key of the sentence under ``expected`` in the catalogue, and what fills it."""
    if field.role == "project":
        projects = list(wave.projects) if wave else [project.id for project in registry.projects]
        return "projects", {"projects": _listed(projects)}
    if instrument.categories_of(field):
        return _choices(field, instrument)
    if field.role == "language":
        return "languages", {"languages": _listed([*instrument.languages])}
    if field.type in ("integer", "number"):
        if field.minimum is None or field.maximum is None:
            return "number", {"mark": decimal}
        return "range", {"mark": decimal, "lower": as_text(field.minimum), "upper": as_text(field.maximum)}
    return ("date", {}) if field.type == "date" else ("text", {})


def _choices(field: InstrumentField, instrument: Instrument) -> tuple[str, dict[str, str]]:
    scale = instrument.scales[field.scale] if field.scale else None
    details = {}
    for language in LANGUAGES:
        categories = [(as_text(c.value), in_language(c.label, language)) for c in instrument.categories_of(field)]
        details[f"choices_{language}"] = _listed(
            [code if code == label else f"{code} ({label})" for code, label in categories]
        )
    if scale and scale.steps:
        return "choices_steps", details | {"step": as_text(scale.steps)}
    return "choices", details


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:_MOST_CHOICES])
    return f"{shown} …" if len(names) > _MOST_CHOICES else shown
