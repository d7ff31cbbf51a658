"""What a newcomer does with a drafted questionnaire: fill in what is marked, register projects, declare the wave."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pipeline.declare.documents import TO_FILL_IN

CONSTRUCT = "SCALE1"
_FIELD = re.compile(r"(?m)^(?=  # column )")


def empty_study(study: Path) -> None:
    """Make ``study`` (a copy of the tiny one) a study of nothing yet: no wave, questionnaire, claim or model."""
    shutil.rmtree(study / "surveys" / "waves")
    shutil.rmtree(study / "surveys" / "crosswalks")
    for folder in ("waves", "crosswalks"):
        (study / "surveys" / folder).mkdir()
    for path in [*(study / "surveys" / "instruments").iterdir(), *(study / "analysis" / "models").iterdir()]:
        path.unlink()
    params = YAML(typ="safe").load(study / "params.yaml")
    params |= {"waves": {}, "pools": [], "models": []}
    params["intake"] |= {"max_bytes": 20_000_000, "max_rows": 20_000, "max_columns": 1_000, "minimum_answers": 1}
    params["stress"]["adjusted_for"] = []
    with (study / "params.yaml").open("w", encoding="utf-8") as stream:
        YAML().dump(params, stream)  # in lines, as people write it: submitting adds some
    words = {"en": "x"}
    claim = {
        "id": "N1", "text": {"heading": words, "sentence": words}, "statement": f"effect(place, {CONSTRUCT}) > 0",
        "kind": "exploratory", "smallest_effect": 0.2,
    }  # fmt: skip
    _write(study / "analysis" / "claims.yaml", {"version": 1, "claims": [claim]})
    trait = {
        "name": "place", "of": "unit", "dummy": "central", "title": words,
        "high": {"value": "centre", "label": words}, "low": {"value": "edge", "label": words},
    }  # fmt: skip
    _write(study / "surveys" / "study.yaml", {
        "name": "new", "title": words, "unit": {"singular": words, "plural": words}, "population": {"label": words},
        "traits": [trait], "outcomes": [CONSTRUCT], "languages": ["en"],
    })  # fmt: skip


def register(study: Path, names: Sequence[str]) -> list[str]:
    """Register a project for each of ``names``; their ids."""
    ids = [f"p{i}" for i in range(len(names))]
    projects = [{"id": i, "name": name, "traits": {"place": "centre"}} for i, name in zip(ids, names, strict=True)]
    _write(study / "surveys" / "projects.yaml", {"projects": projects})
    return ids


def filled_in(text: str, *, has_project: bool) -> dict[str, Any]:
    """The drafted declaration as somebody completes it: marked places filled in, questions whose answers are not all
    known removed, the first scale that is suggested taken (or a question of one's own added)."""
    head, *fields = _FIELD.split(text)
    if fields:
        last, mark, after = fields[-1].partition("\n\n")
        kept = [field for field in [*fields[:-1], last + "\n"] if "too few people" not in field]
        text = head + "".join(kept) + mark + after
    if not has_project:
        text = re.sub(r"(?m)^  - name: project\n(?:    .*\n){3}", "", text)
    text = text.replace(f'title: {{en: "{TO_FILL_IN}: the name', 'title: {en: "A new questionnaire: the name')
    text = re.sub(rf'"{TO_FILL_IN}: [^"]*"', '"unknown"', text)
    suggested = re.search(r"(?m)^# constructs:\n(?:#   .*\n)+", text)
    if suggested:
        whole = re.sub(r"(?m)^# ?", "", suggested[0]).replace("…", "words")
        text = text.replace(suggested[0], whole)
    content: dict[str, Any] = YAML(typ="safe").load(text)
    kept_names = {field["name"] for field in content["fields"]}
    content["constructs"] = [c for c in content.get("constructs", []) if kept_names.issuperset(c["items"])]
    if not content["constructs"]:
        _add_a_scale(content)
    content["constructs"][0]["name"] = CONSTRUCT
    return content


def _add_a_scale(content: dict[str, Any]) -> None:
    """A question that this file does not have: scores need one."""
    languages = list(content["languages"])
    labels = [{"value": code, "label": dict.fromkeys(languages, label)} for code, label in ((1, "one"), (2, "two"))]
    content["scales"]["own"] = {"categories": labels}
    statuses = dict.fromkeys(languages, "draft")
    content["sources"]["own"] = {"citation": "own", "licence": "own", "translations": statuses}
    words = dict.fromkeys(languages, "A question of one's own")
    content["fields"].append({
        "name": "own_question", "role": "item", "type": "integer", "scale": "own", "source": "own", "optional": True,
        "title": words,
    })  # fmt: skip
    content["constructs"] = [{
        "name": CONSTRUCT, "title": words, "meaning": words, "items": ["own_question"], "lower": 1, "upper": 2,
        "source": "own",
    }]  # fmt: skip


def complete_declaration(path: Path, *, projects: Sequence[str], wave: str) -> None:
    """Fill in the drafted wave.yaml at ``path``."""
    content = YAML(typ="safe").load(path)
    content |= {
        "wave": wave, "corporation": "Newcomer", "pool": "new", "origin": "public", "mode": ["online"],
        "fieldwork": {"start": "2011-01-01", "end": "2026-06-30"}, "languages": ["en"],
        "projects": {name: {} for name in projects},
    }  # fmt: skip
    _write(path, content)


def looked_at(path: Path) -> None:
    """Look at each line of a crosswalk that asks for it: keep what it says, take out answers that nobody knows."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream, delimiter=";")
        lines, header = list(reader), reader.fieldnames or []
    kept = []
    for line in lines:
        is_value = line["val_numeric_orig"] or line["val_label_orig"]
        known = line["val_numeric_target"] or line["val_label_target"] or line["na_label_target"]
        if not is_value or known:
            kept.append(line | {"certainty": ""})
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, header, delimiter=";")
        writer.writeheader()
        writer.writerows(kept)


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
