"""What the report is made from: one pool's published tables, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.declare import Trait, TraitLevel
from pipeline.published import MARK, bundle_path, published_contracts, read_about, read_published
from pipeline.seal import check_seal

ALL = "all"


@dataclass(frozen=True)
class Bundle:
    """The published tables of one pool by name, and ``about.json``."""

    pool: str
    tables: Mapping[str, pd.DataFrame]
    about: Mapping[str, Any]
    # where rows with certain values stand, by table and columns: pages ask for single rows thousands of times
    _places: dict[tuple[str, tuple[str, ...]], dict[tuple[str, ...], list[int]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def simulated(self) -> bool:
        """Whether these data were made, not answered."""
        return bool(self.about["simulated"])

    def rows(self, table: str, **where: str) -> pd.DataFrame:
        """Rows of ``table`` whose key columns have these values, in order."""
        frame = self.tables[table]
        return frame.iloc[self._places_of(table, where)] if where else frame

    def row(self, table: str, **where: str) -> pd.Series | None:
        """The first of ``rows``; None when there is none."""
        frame = self.tables[table]
        places = self._places_of(table, where) if where else list(range(len(frame)))
        return frame.iloc[places[0]] if places else None

    def figure(self, table: str, column: str, **where: str) -> float:
        """The number in ``column`` of the first of ``rows``; NaN where it is hidden or there is no such row."""
        places = self._places_of(table, where)
        return float(self.tables[table][column].to_numpy(dtype=float)[places[0]]) if places else math.nan

    def _places_of(self, table: str, where: Mapping[str, str]) -> list[int]:
        """Positions of the rows with these values."""
        columns = tuple(sorted(where))
        if (table, columns) not in self._places:
            found: dict[tuple[str, ...], list[int]] = {}
            keys = zip(*(self.tables[table][column] for column in columns), strict=True)
            for place, values in enumerate(keys):
                found.setdefault(values, []).append(place)
            self._places[table, columns] = found
        return self._places[table, columns].get(tuple(where[column] for column in columns), [])

    def overall(self, table: str, **where: str) -> pd.DataFrame:
        """Rows about everybody of a table that also has levels of traits."""
        return self.rows(table, trait=ALL, level=ALL, **where)

    def levels_here(self, trait: Trait) -> list[TraitLevel]:
        """The levels of ``trait`` that a project has or a person answered; both where that is not known."""
        if trait.of == "unit":
            registered = self.rows("project_traits", trait=trait.name)["level"]
            found = set(registered) - {""}
        else:
            answers = self.rows("composition", population="analysed", dimension=str(trait.variable))
            found = set(answers.loc[answers["n"] != 0, "category"])  # a hidden number is one of somebody
        here = [level for level in trait.levels if level.value in found]
        return here or list(trait.levels)


def read_bundle(root: Path, pool: str) -> Bundle:
    """The published bundle of ``pool``; raises ``InputError`` when it is not as it left the disclosure gate."""
    check_seal(bundle_path(root, pool), stage="disclose")
    tables = {name: read_published(root, pool, name) for name in published_contracts()}
    return Bundle(pool, tables, read_about(root, pool))


def is_hidden(row: pd.Series, column: str) -> bool:
    """Whether a figure was there and is not shown."""
    return bool(pd.isna(row[column]) and row[MARK] != "")
