"""What ``questionnaire`` and ``template`` share: which questionnaire, which projects, and where the file goes."""

from __future__ import annotations

from pathlib import Path

from pipeline.artefacts import beside
from pipeline.declare import Instrument, Project, Study
from pipeline.intake.messages import RefusedError
from pipeline.intake.text import fold


def names_in(text: str | None) -> list[str]:
    """The names in ``a,b, c``."""
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def chosen_instrument(study: Study, name: str | None) -> Instrument:
    """The questionnaire called ``name``, or the only one there is; raises ``RefusedError``."""
    known = ", ".join(study.instruments) or "-"
    if name is None and len(study.instruments) == 1:
        return next(iter(study.instruments.values()))
    if name is None:
        raise RefusedError("instrument_which", instruments=known)
    if name not in study.instruments:
        raise RefusedError("instrument_unknown", instrument=name, instruments=known)
    return study.instruments[name]


def chosen_projects(study: Study, names: str | None, corporation: str) -> list[Project]:
    """The projects ``names``, else those of ``corporation``; none where neither is known. Raises ``RefusedError``."""
    by_name = {project.id: project for project in study.registry.projects}
    wanted = list(dict.fromkeys(names_in(names)))
    for name in wanted:
        if name not in by_name:
            raise RefusedError("project_not_registered", name=name, projects=", ".join(by_name))
    if wanted:
        return [by_name[name] for name in wanted]
    own = [p for p in study.registry.projects if corporation and fold(p.corporation or "") == fold(corporation)]
    if corporation and not own:
        known = dict.fromkeys(p.corporation for p in study.registry.projects if p.corporation)
        raise RefusedError("corporation_unknown", corporation=corporation[:80], corporations=", ".join(known) or "-")
    return own


def write_new(path: Path, data: bytes, *, overwrite: bool) -> None:
    """Write ``data``, never over a file that may hold somebody's work; raises ``RefusedError``."""
    if path.exists() and not overwrite:
        raise RefusedError("file_there", file=path.name)
    try:
        with beside(path) as temporary:
            temporary.write_bytes(data)
    except OSError:
        raise RefusedError("file_not_written", file=path.name) from None
