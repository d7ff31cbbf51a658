"""Reading every declared file of a study, each on its own, keeping what is readable and every problem met."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pipeline.declare.base import Declaration
from pipeline.declare.claims import Claims
from pipeline.declare.crosswalk import CrosswalkLine, read_crosswalk
from pipeline.declare.documents import Read, read, read_document, read_text
from pipeline.declare.instrument import Instrument
from pipeline.declare.params import Params
from pipeline.declare.problems import DeclarationError, Finding, Problem
from pipeline.declare.registry import Registry
from pipeline.declare.study import StudyDeclaration
from pipeline.declare.wave import Wave

D = TypeVar("D", bound=Declaration)
T = TypeVar("T")


@dataclass(frozen=True)
class Gathered:
    """What could be read of a study. A file that could not is ``None`` or absent, and its problems are in ``problems``.

    ``instruments`` is by file name without suffix, ``waves`` and ``crosswalks`` by wave in the order of params.yaml.
    """

    root: Path
    params: Read[Params] | None = None
    study: Read[StudyDeclaration] | None = None
    registry: Read[Registry] | None = None
    claims: Read[Claims] | None = None
    instruments: dict[str, Read[Instrument]] = field(default_factory=dict)
    waves: dict[str, Read[Wave]] = field(default_factory=dict)
    crosswalks: dict[str, list[CrosswalkLine]] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)
    simulation: dict[str, Any] = field(default_factory=dict)
    """What simulated waves are made from; empty where no such file is."""
    problems: list[Problem] = field(default_factory=list)

    @property
    def instrument_files(self) -> list[str]:
        """Names (``name@version``) of the instruments there are files of, readable or not."""
        return sorted(path.stem for path in _instrument_paths(self.root))

    def instrument(self, identity: str) -> Instrument | None:
        """The instrument ``name@version``, when it could be read."""
        for instrument in self.instruments.values():
            if instrument.declaration.id == identity:
                return instrument.declaration
        return None

    def crosswalk_path(self, wave: str) -> Path:
        """Where the crosswalk of ``wave`` stands."""
        return self.root / "surveys" / "crosswalks" / f"{wave}.csv"


def _instrument_paths(root: Path) -> list[Path]:
    return sorted((root / "surveys" / "instruments").glob("*.yaml"))


def gather(root: Path) -> Gathered:
    """Read everything the study at ``root`` declares. Raises nothing: every problem is kept."""
    problems: list[Problem] = []

    def attempt(read_one: Callable[[], T]) -> T | None:
        try:
            return read_one()
        except DeclarationError as error:
            problems.extend(error.problems)
            return None

    def declared(path: Path, model: type[D]) -> Read[D] | None:
        return attempt(lambda: read(path, model))

    params = declared(root / "params.yaml", Params)
    names = list(params.declaration.waves) if params else []
    model_paths = sorted((root / "analysis" / "models").glob("*.lav"))
    instruments = {path.stem: declared(path, Instrument) for path in _instrument_paths(root)}
    waves = {name: declared(root / "surveys" / "waves" / name / "wave.yaml", Wave) for name in names}
    crosswalk_paths = {name: root / "surveys" / "crosswalks" / f"{name}.csv" for name in names}
    crosswalks = {name: attempt(lambda path=path: read_crosswalk(path)) for name, path in crosswalk_paths.items()}  # type: ignore[misc]
    models = {path.stem: attempt(lambda path=path: read_text(path)) for path in model_paths}  # type: ignore[misc]
    return Gathered(
        root=root,
        params=params,
        study=declared(root / "surveys" / "study.yaml", StudyDeclaration),
        registry=declared(root / "surveys" / "projects.yaml", Registry),
        claims=declared(root / "analysis" / "claims.yaml", Claims),
        instruments=_readable(instruments),
        waves=_readable(waves),
        crosswalks=_readable(crosswalks),
        models=_readable(models),
        simulation=attempt(lambda: _simulation(root / "surveys" / "simulation.yaml")) or {},
        problems=problems,
    )


def _simulation(path: Path) -> dict[str, Any]:
    """The content of ``path``, that the simulating stages check. It stands apart from params.yaml because DVC copies
    every value that a stage takes from there into dvc.lock, and reads and writes that whole file at each stage."""
    if not path.exists():
        return {}
    document = read_document(path)
    if not isinstance(document.content, dict):
        raise DeclarationError([document.problem(Finding((), "not_yaml", {"reason": type(document.content).__name__}))])
    return document.content


def _readable(read_by_name: dict[str, T | None]) -> dict[str, T]:
    return {name: one for name, one in read_by_name.items() if one is not None}
