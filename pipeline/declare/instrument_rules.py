"""What must hold between the parts of an instrument. Each rule returns its findings; none stops at the first.

A rule sees the sound parts only (``Parts``), so a questionnaire with one broken field still hears everything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from pipeline.declare.base import Parts, repeated
from pipeline.declare.items import (
    CONSENT_GIVEN,
    AnswerScale,
    Category,
    Construct,
    DerivedScore,
    InstrumentField,
    MissingValue,
    Source,
)
from pipeline.declare.names import OWN_REASONS, is_reserved
from pipeline.declare.problems import Finding, found, suggestion

_RANK = {"original": 0, "validated": 1, "draft": 2, "absent": 3}
_ONE_OF_ROLE = ("project", "language", "consent", "source_id", "date")


def findings(parts: Parts) -> list[Finding]:
    """Everything that does not fit together in an instrument, in the order of the rules."""
    rules = (_names, _roles, _answers, _fields, _references, _missing_codes, _constructs, _derived, _wording)
    return [finding for rule in rules for finding in rule(parts)]


def _names(parts: Parts) -> Iterator[Finding]:
    columns = [
        *((("fields", i, "name"), field.name) for i, field in parts.all("fields", InstrumentField).items()),
        *((("constructs", i, "name"), scale.name) for i, scale in parts.all("constructs", Construct).items()),
        *((("derived", i, "name"), score.name) for i, score in parts.all("derived", DerivedScore).items()),
    ]
    missing = parts.all("missing_values", MissingValue)
    yield from _twice(columns)
    yield from _twice((("missingValues", i, "value"), code.value) for i, code in missing.items())
    yield from _twice((("missingValues", i, "reason"), code.reason) for i, code in missing.items())
    project_fields = {f.name for f in parts.all("fields", InstrumentField).values() if f.role == "project"}
    for place, name in columns:
        if is_reserved(name) and not (name == "project" and name in project_fields):
            yield Finding(place, "reserved_name", {"found": found(name)})
    for i, code in missing.items():
        if code.reason in OWN_REASONS:
            yield Finding(("missingValues", i, "reason"), "reserved_reason", {"found": found(code.reason)})


def _twice(entries: Iterable[tuple[tuple[int | str, ...], Any]]) -> Iterator[Finding]:
    for place, value in repeated(entries):
        yield Finding(place, "twice", {"found": found(value)})


def _roles(parts: Parts) -> Iterator[Finding]:
    fields = parts.all("fields", InstrumentField)
    for place, role in repeated((("fields", i, "role"), f.role) for i, f in fields.items() if f.role in _ONE_OF_ROLE):
        yield Finding(place, "one_of_role", {"found": found(role)})
    for i, field in fields.items():
        if field.role == "consent" and CONSENT_GIVEN not in [category.value for category in field.categories]:
            yield Finding(("fields", i), "consent_category")


def _answers(parts: Parts) -> Iterator[Finding]:
    """Rules for answer categories: those of a scale and those of a field of its own."""
    for name, scale in parts.all("scales", AnswerScale).items():
        place = ("scales", name, "categories")
        yield from _categories(place, scale.categories)
        codes = [category.value for category in scale.categories]
        texts = [code for code in codes if isinstance(code, str)]
        if texts:
            yield Finding(place, "scale_codes", {"found": [found(text) for text in texts]})
        elif scale.ordered and codes != sorted(codes):
            yield Finding(place, "scale_order")
    for i, field in parts.all("fields", InstrumentField).items():
        yield from _categories(("fields", i, "categories"), field.categories)


def _categories(place: tuple[int | str, ...], categories: list[Category]) -> Iterator[Finding]:
    yield from _twice(((*place, i, "value"), category.value) for i, category in enumerate(categories))
    languages = sorted({language for category in categories for language in category.label})
    for language in languages:
        labels = [((*place, i, "label", language), c.label.get(language)) for i, c in enumerate(categories)]
        for at, label in repeated((at, label.casefold()) for at, label in labels if label is not None):
            yield Finding(at, "label_twice", {"found": found(label), "language": language})
    for i, category in enumerate(categories):
        absent = [language for language in languages if language not in category.label]
        if absent:
            yield Finding((*place, i, "label"), "label_languages", {"found": absent})


def _fields(parts: Parts) -> Iterator[Finding]:
    scales, sources = parts.names("scales"), parts.names("sources")
    sound_scales = parts.all("scales", AnswerScale)
    for i, field in parts.all("fields", InstrumentField).items():
        at = ("fields", i)
        if field.scale is not None and field.scale not in scales:
            yield Finding((*at, "scale"), "unknown_scale", {"found": found(field.scale), "expected": sorted(scales)})
        if field.source is not None and field.source not in sources:
            yield Finding(
                (*at, "source"), "unknown_source", {"found": found(field.source), "expected": sorted(sources)}
            )
        if field.role == "item":
            needs = [name for name in ("scale", "source") if getattr(field, name) is None]
            yield from (Finding(at, "item_needs", {"name": name}) for name in needs)
        yield from _form(at, field, sound_scales.get(field.scale))


def _form(at: tuple[int | str, ...], field: InstrumentField, scale: AnswerScale | None) -> Iterator[Finding]:
    """Whether type, scale, categories and bounds of one field go together."""
    if field.scale is not None and field.type not in ("integer", "number"):
        yield Finding((*at, "type"), "scale_type")
    if field.categories and (field.scale is not None or field.type != "string"):
        yield Finding((*at, "categories"), "categories_type")
    lower, upper = field.minimum, field.maximum
    if (lower, upper) != (None, None) and (field.scale is not None or field.type not in ("integer", "number")):
        yield Finding((*at, "constraints"), "bounds_type")
    if lower is not None and upper is not None and lower > upper:
        yield Finding((*at, "constraints"), "bounds_order", {"lower": lower, "upper": upper})
    if field.reversed and (field.role != "item" or (scale is not None and not scale.ordered)):
        yield Finding((*at, "reversed"), "reversed_item")


def _references(parts: Parts) -> Iterator[Finding]:
    """What others answered can only stand beside an item that offers the answers that were counted."""
    sources, scales = parts.names("sources"), parts.all("scales", AnswerScale)
    for i, field in parts.all("fields", InstrumentField).items():
        scale = scales.get(field.scale)
        for j, reference in enumerate(field.reference):
            at = ("fields", i, "reference", j)
            if field.role != "item":
                yield Finding(at, "reference_item")
            if reference.source not in sources:
                details: dict[str, Any] = {"found": found(reference.source), "expected": sorted(sources)}
                yield Finding((*at, "source"), "unknown_source", details)
            offered = [category.value for category in scale.categories] if scale else []
            yield from _twice(((*at, "categories", k), code) for k, code in enumerate(reference.categories))
            for k, code in enumerate(reference.categories):
                if scale and code not in offered:
                    details = {"found": found(code), "expected": [found(value) for value in offered]}
                    yield Finding((*at, "categories", k), "reference_answers", details)


def _missing_codes(parts: Parts) -> Iterator[Finding]:
    """A code for "no answer" that is also an answer would silently delete or invent data."""
    scales = parts.all("scales", AnswerScale)
    fields = parts.all("fields", InstrumentField).values()
    for i, missing in parts.all("missing_values", MissingValue).items():
        for field in fields:
            scale = scales.get(field.scale)
            categories = scale.categories if scale else field.categories
            value, lower, upper = missing.value, field.minimum, field.maximum
            in_range = isinstance(value, float) and lower is not None and upper is not None and lower <= value <= upper
            if in_range or value in [category.value for category in categories]:
                details: dict[str, Any] = {"found": found(value), "variable": field.name}
                yield Finding(("missingValues", i, "value"), "missing_code_clash", details)
                break


def _constructs(parts: Parts) -> Iterator[Finding]:
    names, sources = parts.names("fields"), parts.names("sources")
    fields = {field.name: field for field in parts.all("fields", InstrumentField).values()}
    for i, construct in parts.all("constructs", Construct).items():
        at = ("constructs", i)
        yield from _twice(((*at, "items", j), item) for j, item in enumerate(construct.items))
        for j, item in enumerate(construct.items):
            if item not in names:
                details: dict[str, Any] = {"found": found(item), "suggestion": suggestion(item, names)}
                yield Finding((*at, "items", j), "unknown_items", details)
            elif item in fields and fields[item].role != "item":
                yield Finding((*at, "items", j), "not_an_item", {"found": found(item)})
        if construct.source not in sources:
            details = {"found": found(construct.source), "expected": sorted(sources)}
            yield Finding((*at, "source"), "unknown_source", details)
        needed, n_items = construct.minimum_answered, len(construct.items)
        if isinstance(needed, int) and not 1 <= needed <= n_items:
            details = {"found": needed, "expected": n_items}
            yield Finding((*at, "minimum_answered"), "minimum_answered", details)
        items = [fields[item] for item in construct.items if item in fields]
        yield from _score(at, construct, items, parts)
        yield from _bands(at, construct)
        yield from _band_gaps(at, construct, _codes(items, parts))
        yield from _agrees_with(at, construct, parts)


def _score(
    at: tuple[int | str, ...], construct: Construct, items: list[InstrumentField], parts: Parts
) -> Iterator[Finding]:
    """Items of one scale share their codes, and the declared range is the one those codes can reach."""
    codes = _codes(items, parts)
    if len(set(codes.values())) > 1:
        yield Finding((*at, "items"), "mixed_scales", {"found": sorted(map(str, codes))})
        return
    if len(items) < len(construct.items) or not any(codes.values()):
        return  # an item or its scale is broken or unknown; that has been said
    reach = next(iter(codes.values()))
    factor = construct.multiply * (len(items) if construct.rule == "sum" else 1)
    lower, upper = min(reach) * factor, max(reach) * factor
    if (construct.lower, construct.upper) != (lower, upper):
        details: dict[str, Any] = {
            "found": f"{construct.lower:g}–{construct.upper:g}",
            "expected": f"{lower:g}–{upper:g}",
        }
        yield Finding((*at, "lower"), "score_range", details)


def _codes(items: list[InstrumentField], parts: Parts) -> dict[str | None, tuple[float, ...]]:
    """The answer codes of the items, by answer scale."""
    scales = parts.all("scales", AnswerScale)
    return {
        name: tuple(c.value for c in scales[name].categories if isinstance(c.value, float))
        for name in dict.fromkeys(item.scale for item in items)
        if name in scales
    }


def _agrees_with(at: tuple[int | str, ...], construct: Construct, parts: Parts) -> Iterator[Finding]:
    """A scale is held against another one that shares no item with it."""
    name = construct.agrees_with
    if name is None:
        return
    others = {other.name: other for other in parts.all("constructs", Construct).values()}
    details: dict[str, Any] = {"found": found(name)}
    if name not in parts.names("constructs"):
        suggested = suggestion(name, parts.names("constructs"))
        yield Finding((*at, "agrees_with"), "unknown_scores", details | {"suggestion": suggested})
    elif name in others and not set(others[name].items).isdisjoint(construct.items):
        yield Finding((*at, "agrees_with"), "agrees_with_itself", details)


def _band_gaps(
    at: tuple[int | str, ...], construct: Construct, codes: dict[str | None, tuple[float, ...]]
) -> Iterator[Finding]:
    """Bands follow each other: what lies between two of them counts in the lower one, so it may not be a step wide."""
    steps = [b - a for one in codes.values() for a, b in pairwise(sorted(set(one)))]
    for i, (band, after) in enumerate(pairwise(construct.bands)):
        if steps and after.lower - band.upper > min(steps) * construct.multiply:
            details: dict[str, Any] = {"found": f"{band.upper:g}–{after.lower:g}"}
            yield Finding((*at, "bands", i + 1, "lower"), "bands_gap", details)


def _bands(at: tuple[int | str, ...], construct: Construct) -> Iterator[Finding]:
    before: float | None = None
    for i, band in enumerate(construct.bands):
        place = (*at, "bands", i)
        if band.lower > band.upper:
            yield Finding(place, "bounds_order", {"lower": band.lower, "upper": band.upper})
        if before is not None and band.lower <= before:
            yield Finding((*place, "lower"), "bands_overlap", {"found": band.lower, "expected": before})
        if band.lower < construct.lower or band.upper > construct.upper:
            shown, whole = f"{band.lower:g}–{band.upper:g}", f"{construct.lower:g}–{construct.upper:g}"
            yield Finding(place, "bands_outside", {"found": shown, "expected": whole})
        before = band.upper


def _derived(parts: Parts) -> Iterator[Finding]:
    scores = parts.names("constructs")
    for i, derived in parts.all("derived", DerivedScore).items():
        for key in ("plus", "minus"):
            for j, name in enumerate(getattr(derived, key)):
                if name not in scores:
                    details: dict[str, Any] = {"found": found(name), "suggestion": suggestion(name, scores)}
                    yield Finding(("derived", i, key, j), "unknown_scores", details)


def _wording(parts: Parts) -> Iterator[Finding]:
    """No wording is passed off as better than it is: texts and their declared status agree."""
    sources = parts.all("sources", Source)
    languages = parts.value("languages", dict) or {}
    used: dict[str, Source] = {}
    for i, field in parts.all("fields", InstrumentField).items():
        for language in field.title:
            if language not in languages:
                yield Finding(("fields", i, "title", language), "text_language", {"found": language})
        if field.source is not None and field.source in sources:
            used[field.source] = sources[field.source]
            yield from _status(("fields", i, "title"), field, sources[field.source].translations)
    for language, status in languages.items():
        worst = max(
            ((_RANK[source.translations.get(language, "absent")], name) for name, source in used.items()),
            default=(0, ""),
        )
        if worst[0] > _RANK.get(status, 3):
            name = worst[1]
            details: dict[str, Any] = {
                "found": language, "status": status, "source": name,
                "worst": used[name].translations.get(language, "absent"),
            }  # fmt: skip
            yield Finding(("languages", language), "status_too_good", details)


def _status(at: tuple[int | str, ...], field: InstrumentField, translations: dict[str, Any]) -> Iterator[Finding]:
    for language, status in translations.items():
        if status != "absent" and language not in field.title:
            yield Finding(at, "status_without_text", {"source": field.source, "found": language, "status": status})
    for language in field.title:
        if translations.get(language, "absent") == "absent":
            yield Finding((*at, language), "text_without_status", {"source": field.source, "found": language})
