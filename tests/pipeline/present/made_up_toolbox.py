"""A made-up toolbox of the tiny study, and made-up rows of what is found of its parts: nobody stands behind them."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from pipeline.artefacts import table_contracts
from pipeline.declare.study import Toolbox
from pipeline.present.bundle import Bundle
from pipeline.present.context import Context
from pipeline.published import MARK

TOOLBOX = Toolbox.model_validate({
    "source": {"nl": "een verzonnen boek", "en": "a made-up book"},
    "groups": [{"name": "rooms", "title": {"nl": "Kamers", "en": "Rooms"}}],
    "components": [
        {"name": "laundry", "group": "rooms", "title": {"nl": "wasruimte", "en": "laundry <room>"}},
        {"name": "garden", "group": "rooms", "title": {"nl": "tuin", "en": "garden"}},
        {"name": "central", "trait": "place", "title": {"nl": "in het centrum", "en": "in the centre"}},
        {"name": "doctor", "title": {"nl": "dokter", "en": "doctor"}},
    ],
    "conditions": [
        {"name": "near", "trait": "place", "title": {"nl": "dichtbij", "en": "near"},
         "says": {"nl": "Alles is dichtbij.", "en": "Everything is near."}},
        {"name": "lasting", "title": {"nl": "blijvend", "en": "lasting"}},
        {"name": "helped", "title": {"nl": "geholpen", "en": "helped"}},
    ],
})  # fmt: skip

# with, without, their means, difference and its ends, effect size and its ends, p, adjusted p, alike, phi, refused
ROWS: dict[tuple[str, str], tuple[object, ...]] = {
    ("laundry", "component"): (4, 4, 3.9, 3.0, 0.9, 0.5, 1.3, 1.0, 0.6, 1.4, 0.001, 0.02, "", 0.2, ""),
    ("garden", "component"): (5, 3, 3.5, 3.4, 0.1, -0.3, 0.5, 0.11, -0.3, 0.5, 0.6, 1.0, "place", 0.8, ""),
    ("central", "component"): (4, 4, 3.8, 3.4, 0.5, 0.1, 0.9, 0.55, 0.1, 1.0, 0.03, 0.4, "place", 1.0, ""),
    ("doctor", "component"): (0, 0, *[None] * 10, "", None, "empty"),
    ("near", "condition"): (4, 4, 3.8, 3.4, 0.5, 0.1, 0.9, 0.55, 0.1, 1.0, 0.03, 0.4, "place", 1.0, ""),
    ("lasting", "condition"): (4, 4, 3.0, 3.9, -0.9, -1.3, -0.5, -1.0, -1.4, -0.6, 0.001, 0.02, "", 0.1, ""),
    ("helped", "condition"): (7, 1, *[None] * 10, "", None, "too_few_projects"),
}


def evidence(**changed: tuple[object, ...]) -> pd.DataFrame:
    """Rows of ``component_evidence`` on the first outcome; ``changed``: others, by name of the part."""
    columns = list(table_contracts()["component_evidence"].columns)
    rows = [(*key, "SAT", *changed.get(key[0], row)) for key, row in ROWS.items()]
    rows = [(name, kind, outcome, *row) for name, kind, outcome, *row in rows]
    return pd.DataFrame(rows, columns=columns).assign(**{MARK: ""})


def components() -> pd.DataFrame:
    """Rows of ``project_components``: seven projects are helped, of one it is known that it is not."""
    rows = [(f"p{i}", "helped", "condition", "yes" if i < 7 else "no") for i in range(8)]
    rows += [(f"p{i}", "doctor", "component", "unknown") for i in range(8)]
    return pd.DataFrame(rows, columns=["project", "component", "kind", "has"]).assign(**{MARK: ""})


def with_toolbox(context: Context, *, rows: pd.DataFrame | None = None, simulated: bool = True) -> Context:
    """``context`` of a study that has the toolbox, with ``rows`` of evidence."""
    declaration = context.study.declaration.model_copy(update={"toolbox": TOOLBOX})
    tables = {"component_evidence": evidence() if rows is None else rows, "project_components": components()}
    about = {**context.bundle.about, "simulated": simulated}
    bundle = Bundle(context.bundle.pool, {**context.bundle.tables, **tables}, about)
    return replace(context, study=replace(context.study, declaration=declaration), bundle=bundle)
