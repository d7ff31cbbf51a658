"""Reading a study's folder: YAML and CSV in, checked models out. The only reader of those files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.declare.base import Declaration
from pipeline.declare.claims import Claims
from pipeline.declare.instrument import Instrument
from pipeline.declare.params import Params
from pipeline.declare.registry import Registry
from pipeline.declare.study import Study, StudyDeclaration
from pipeline.declare.wave import CrosswalkRow, Wave
from pipeline.errors import InputError

D = TypeVar("D", bound=Declaration)


def read_yaml(path: Path) -> Any:
    """The content of a YAML file as plain data with line numbers; raises ``InputError`` naming file and line."""
    try:
        with path.open(encoding="utf-8") as stream:
            return YAML(typ="rt").load(stream)
    except FileNotFoundError:
        raise InputError(f"{path}: file not found") from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not readable as YAML: {error}") from None


def read_declaration(path: Path, model: type[D]) -> D:
    """Read ``path`` as ``model``; raises ``InputError`` with one line a problem: file, line, key, what was expected."""
    content = read_yaml(path)
    try:
        return model.model_validate(content)
    except ValidationError as error:
        lines = [
            f"{path}:{_line(content, e['loc'])}: {'.'.join(map(str, e['loc'])) or '(whole file)'}: {e['msg']}"
            for e in error.errors()
        ]
        raise InputError("\n".join(lines)) from None


def _line(content: Any, location: tuple[int | str, ...]) -> int:
    """Line (from 1) of the deepest part of ``location`` that exists in ``content``."""
    line = 1
    for step in location:
        try:
            line = content.lc.value(step)[0] + 1 if isinstance(content, dict) else content.lc.item(step)[0] + 1
            content = content[step]
        except (AttributeError, KeyError, IndexError, TypeError):
            break
    return line


def load_study(root: Path) -> Study:
    """Read and check every declaration of the study at ``root``; raises ``InputError`` with all problems of a file."""
    params = read_declaration(root / "params.yaml", Params)
    instruments = [read_declaration(p, Instrument) for p in sorted((root / "surveys" / "instruments").glob("*.yaml"))]
    waves = {name: read_declaration(root / "surveys" / "waves" / name / "wave.yaml", Wave) for name in params.waves}
    return Study(
        root=root,
        declaration=read_declaration(root / "surveys" / "study.yaml", StudyDeclaration),
        params=params,
        instruments={instrument.id: instrument for instrument in instruments},
        registry=read_declaration(root / "surveys" / "projects.yaml", Registry),
        waves=waves,
        crosswalks={name: read_crosswalk(root / "surveys" / "crosswalks" / f"{name}.csv") for name in waves},
        claims=read_declaration(root / "analysis" / "claims.yaml", Claims),
        models={p.stem: p.read_text(encoding="utf-8") for p in sorted((root / "analysis" / "models").glob("*.lav"))},
    )


def read_crosswalk(path: Path) -> list[CrosswalkRow]:
    """Lines of a crosswalk; an absent file is an empty crosswalk. Raises ``InputError`` naming file and line."""
    if not path.exists():
        return []
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    try:
        return [CrosswalkRow.model_validate(row) for row in rows.to_dict("records")]
    except ValidationError as error:
        raise InputError(f"{path}: {error.errors()[0]['loc']}: {error.errors()[0]['msg']}") from None
