"""Reading a study's folder: YAML and CSV in, checked models out. The only reader of those files.

One file at a time: ``documents`` (YAML), ``crosswalk`` (CSV). All of them: ``gather``. Against each other:
``cross_checks``. What is said about problems: ``problems`` and ``messages.yaml``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from pipeline.declare import crosswalk, documents
from pipeline.declare.base import Declaration
from pipeline.declare.cross_checks import cross_check
from pipeline.declare.gather import Gathered, gather
from pipeline.declare.params import Params
from pipeline.declare.problems import DeclarationError
from pipeline.declare.study import Study
from pipeline.declare.wave import CrosswalkRow

D = TypeVar("D", bound=Declaration)


def read_yaml(path: Path, *, language: str = "en") -> Any:
    """The content of a YAML file as plain data; raises ``DeclarationError`` (an ``InputError``) with file and line."""
    try:
        return documents.read_document(path).content
    except DeclarationError as error:
        raise DeclarationError(error.problems, language=language) from None


def read_declaration(path: Path, model: type[D], *, language: str = "en") -> D:
    """Read ``path`` as ``model``.

    Raises ``DeclarationError`` (an ``InputError``) with all problems of the file, one a line: file, line, key, what was
    found, what was expected and what to do, in ``language`` (``nl`` or ``en``).
    """
    try:
        return documents.read(path, model).declaration
    except DeclarationError as error:
        raise DeclarationError(error.problems, language=language) from None


def read_crosswalk(path: Path, *, language: str = "en") -> list[CrosswalkRow]:
    """Lines of a crosswalk; raises ``DeclarationError`` with all problems of its form, or when it does not exist."""
    try:
        return [line.row for line in crosswalk.read_crosswalk(path)]
    except DeclarationError as error:
        raise DeclarationError(error.problems, language=language) from None


def load_study(root: Path, *, language: str = "en") -> Study:
    """Read every declaration of the study at ``root`` and check them against each other.

    Raises ``DeclarationError`` (an ``InputError``) with every problem of every file, in ``language`` (``nl`` or
    ``en``).
    """
    gathered = gather(root)
    problems = [*gathered.problems, *cross_check(gathered)]
    if problems:
        raise DeclarationError(problems, language=language)
    return _study(gathered)


def _simulate(params: Params, parameters: dict[str, Any]) -> dict[str, Any]:
    """``simulate`` of params.yaml with the ``parameters`` that have a file of their own."""
    return {**params.simulate, "parameters": parameters} if parameters else params.simulate


def _study(gathered: Gathered) -> Study:
    """The study, when nothing is missing."""
    params, study, registry, claims = gathered.params, gathered.study, gathered.registry, gathered.claims
    if params is None or study is None or registry is None or claims is None:
        raise AssertionError("a file that could not be read leaves a problem")
    return Study(
        root=gathered.root,
        declaration=study.declaration,
        params=params.declaration.model_copy(update={"simulate": _simulate(params.declaration, gathered.simulation)}),
        instruments={read.declaration.id: read.declaration for read in gathered.instruments.values()},
        registry=registry.declaration,
        waves={name: read.declaration for name, read in gathered.waves.items()},
        crosswalks={name: [line.row for line in lines] for name, lines in gathered.crosswalks.items()},
        claims=claims.declaration,
        models=gathered.models,
    )
