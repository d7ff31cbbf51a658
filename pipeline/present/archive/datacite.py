"""Metadata of the published figures after the DataCite Metadata Schema 4.5, in its JSON form.

https://datacite-metadata-schema.readthedocs.io/en/4.5/ . Mandatory there: identifier, creators, titles, publisher,
publicationYear, resourceTypeGeneral. A DOI is given by the archive, so none stands here; the local name is an
identifier of another type. Where the year is not known there is none: the archive knows when it publishes.
"""

from __future__ import annotations

from typing import Any

from pipeline.present.archive.facts import Facts


def datacite(facts: Facts) -> dict[str, Any]:
    """The record, ready to be written as JSON."""
    record: dict[str, Any] = {
        "schemaVersion": "http://datacite.org/schema/kernel-4",
        "types": {"resourceTypeGeneral": "Dataset", "resourceType": "Aggregate survey results"},
        "identifiers": [{"identifier": facts.local_name, "identifierType": "Local name"}],
        "creators": [
            {"name": name, "nameType": "Personal" if name in facts.persons else "Organizational"}
            for name in facts.creators
        ],
        "titles": _titles(facts),
        "publisher": {"name": "; ".join(facts.creators) or ":unav"},
        "language": facts.languages[0],
        "descriptions": [
            {"description": texts[language], "descriptionType": kind, "lang": language}
            for kind, texts in (("Abstract", facts.abstracts), ("Methods", facts.limits))
            for language in facts.languages
        ],
        "formats": ["text/csv", "application/json", "application/xml"],
        "sizes": [f"{len(facts.bundle.tables)} tables"],
    }
    if facts.year:
        record["publicationYear"] = facts.year
    if facts.version:
        record["version"] = facts.version
    if facts.provenance.commit:
        record["identifiers"].append({"identifier": facts.provenance.commit, "identifierType": "Git commit"})
    if facts.keywords:
        record["subjects"] = [{"subject": keyword, "lang": "en"} for keyword in facts.keywords]
    if facts.period:
        said = "fieldwork of simulated waves: nobody was asked" if facts.bundle.simulated else "fieldwork"
        dates = {"date": "/".join(facts.period), "dateType": "Collected", "dateInformation": said}
        record["dates"] = [dates]
    if rights := facts.declared("rights"):
        record["rightsList"] = [{"rights": text, "lang": language} for language, text in rights.items()]
    if coverage := facts.declared("coverage"):
        record["geoLocations"] = [{"geoLocationPlace": coverage.get("en", facts.first(coverage))}]
    return record


def _titles(facts: Facts) -> list[dict[str, str]]:
    """The title in the first language of the report, and translated."""
    first, *others = facts.languages
    translated = [{"title": facts.titles[one], "lang": one, "titleType": "TranslatedTitle"} for one in others]
    return [{"title": facts.titles[first], "lang": first}, *translated]
