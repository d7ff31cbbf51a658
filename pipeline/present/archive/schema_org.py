"""The published figures as a schema.org Dataset (JSON-LD), for search engines: https://schema.org/Dataset ."""

from __future__ import annotations

import json
from typing import Any

from pipeline.declare import in_language
from pipeline.present.archive.facts import Facts


def dataset(facts: Facts, language: str, folder: str) -> dict[str, Any]:
    """The data set in one language; ``folder``: where its tables stand, seen from where the record does."""
    said: dict[str, Any] = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": facts.titles[language],
        "description": f"{facts.abstracts[language]} {facts.limits[language]}",
        "inLanguage": language,
        "isAccessibleForFree": True,
        "creator": [
            {"@type": "Person" if name in facts.persons else "Organization", "name": name} for name in facts.creators
        ],
        "variableMeasured": _variables(facts, language),
        "distribution": [
            {
                "@type": "DataDownload",
                "name": name,
                "encodingFormat": "text/csv",
                "contentUrl": f"{folder}{name}.csv",
            }
            for name in facts.bundle.tables
        ],
    }
    if facts.keywords:
        said["keywords"] = list(facts.keywords)
    if facts.version:
        said["version"] = facts.version
    if facts.year:
        said["datePublished"] = facts.provenance.date
    if facts.period:
        said["temporalCoverage"] = "/".join(facts.period)
    if coverage := facts.declared("coverage"):
        said["spatialCoverage"] = {"@type": "Place", "name": coverage[language]}
    if rights := facts.declared("rights"):
        said["license"] = {"@type": "CreativeWork", "description": rights[language]}
    return said


def _variables(facts: Facts, language: str) -> list[dict[str, str]]:
    """The scales, which is what the figures are about."""
    if not facts.study.waves_of(facts.bundle.pool):
        return []
    constructs = facts.study.instrument_of_pool(facts.bundle.pool).constructs
    return [
        {
            "@type": "PropertyValue",
            "name": in_language(construct.title, language),
            "description": in_language(construct.meaning, language),
        }
        for construct in constructs
    ]


def in_page(record: dict[str, Any]) -> str:
    """The record for within a page: data, no script that runs, and nothing in it that could end it early."""
    text = json.dumps(record, ensure_ascii=False, sort_keys=True)
    for sign, code in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(sign, code)
    return f'<script type="application/ld+json">{text}</script>'
