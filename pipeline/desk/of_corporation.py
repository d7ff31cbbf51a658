"""What one corporation may see of a study: its own waves, its own projects, and what a new wave of it can be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from pipeline.declare import Study, Wave, in_language, load_study
from pipeline.declare.registry import Project
from pipeline.intake.messages import RefusedError
from pipeline.intake.store.receipt import Receipt, read_receipt
from pipeline.intake.text import fold
from pipeline.intake.words import Language

NEW_POOL = "residents"
"""Where the first wave of residents goes in a study that has none."""


@dataclass(frozen=True)
class OwnWave:
    """A wave of the corporation and its receipt, which waves from before there were receipts do not have."""

    wave: Wave
    receipt: Receipt | None

    def title(self, language: Language) -> str:
        """What the corporation calls it; its name where it has no title."""
        return in_language(self.wave.title, language) if self.wave.title else self.wave.wave


class StudyOnDisk:
    """The study as it is declared now, read again when a file of it changed."""

    def __init__(self, root: Path) -> None:
        """``root``: the study's folder."""
        self.root = root.resolve()
        self._lock = Lock()
        self._known: tuple[object, Study] | None = None

    def read(self) -> Study:
        """The study; raises ``DeclarationError`` while its declarations are wrong."""
        with self._lock:
            seen = self._seen()
            if self._known is None or self._known[0] != seen:
                self._known = (seen, load_study(self.root))
            return self._known[1]

    def _seen(self) -> object:
        """Names, sizes and times of all declarations."""
        surveys = self.root / "surveys"
        paths = [self.root / "params.yaml", *surveys.glob("*.yaml"), *surveys.glob("*/*"), *surveys.glob("*/*/*.yaml")]
        return tuple(
            (str(path), about.st_mtime_ns, about.st_size) for path in sorted(paths) if (about := path.stat()).st_size
        )

    def waves_of(self, corporation: str) -> list[OwnWave]:
        """The corporation's waves, the last fieldwork first."""
        own = [
            OwnWave(wave, self._receipt(wave.wave))
            for wave in self.read().waves.values()
            if fold(wave.corporation) == fold(corporation)
        ]
        return sorted(own, key=lambda one: one.wave.fieldwork.start, reverse=True)

    def wave_of(self, corporation: str, name: str) -> OwnWave | None:
        """The corporation's wave of this name; ``None`` as well for a wave of somebody else."""
        return next((one for one in self.waves_of(corporation) if one.wave.wave == name), None)

    def projects_of(self, corporation: str) -> list[Project]:
        """The corporation's projects where people live."""
        return [
            project
            for project in self.read().registry.projects
            if not project.simulated and fold(project.corporation or "") == fold(corporation)
        ]

    def instruments(self) -> list[str]:
        """The questionnaires a new wave may have: those of the residents' pools, else all there are."""
        study = self.read()
        used = dict.fromkeys(wave.instrument for wave in study.waves.values() if wave.origin == "residents")
        return [*used] or [*study.instruments]

    def pools(self) -> list[str]:
        """The pools a new wave may go into: those of residents, else a new one."""
        study = self.read()
        used = dict.fromkeys(wave.pool for wave in study.waves.values() if wave.origin == "residents")
        return [*used] or [NEW_POOL]

    def _receipt(self, wave: str) -> Receipt | None:
        try:
            return read_receipt(self.root, wave)
        except RefusedError:
            return None


def knows(study: Study, corporation: str) -> bool:
    """Whether the registry has a project of ``corporation``."""
    return any(fold(project.corporation or "") == fold(corporation) for project in study.registry.projects)
