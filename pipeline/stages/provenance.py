"""Stage provenance: what every stage is made of, for readers who want to make it again.

``python -m pipeline.stages.provenance`` reads ``dvc.yaml``, ``params.yaml``, git's history and the lock of
requirements, and writes ``build/provenance.json`` (shape: ``pipeline/provenance.py``). DVC runs it every time: it is
git that may have changed. Only paths of code and declarations are asked for, so committing ``dvc.lock`` or metrics
changes nothing in it.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.declare import Study, read_yaml
from pipeline.provenance import History, Provenance, StageRecord, write_provenance
from pipeline.stages._git import day_of, is_changed, is_shallow, last_change, repository_of
from pipeline.stages._run import run_stage

_TOKEN = re.compile(r"\$\{([^}]*)\}")
_LOCKED = re.compile(r"^([A-Za-z0-9][\w.-]*)==([^\s;\\]+)", flags=re.MULTILINE)
_NAME = re.compile(r"^[A-Za-z0-9][\w.-]*")
_CODE = "${code}/"
# what every stage depends on besides what dvc.yaml says of it: the stages themselves, and the versions of what they use
_SHARED = ("pyproject.toml", "requirements.lock")


@dataclass(frozen=True)
class _Folders:
    """The study's folder, the code's, the repositories they are in, and whether those can tell what changed when."""

    study: Path
    code: Path
    history: History
    together: bool
    """Whether both are in one repository."""

    def commit(self, code: Sequence[str], declarations: Sequence[str]) -> tuple[str | None, bool]:
        """The commit that last changed any of these, and whether the working tree has something else.

        Of a study in another repository than the code, what is declared is not looked at: it has no such commit.
        """
        if self.history != "known":
            return None, False
        paths = [self.code / name for name in code]
        if self.together:
            paths += [self.study / name for name in declarations]
        return last_change(self.code, paths), is_changed(self.code, paths)


def run(study: Study) -> None:
    """Write what every stage is made of."""
    root = study.root.resolve()
    code = (root / study.params.code).resolve()
    folders = _Folders(root, code, _history(code), repository_of(root) == repository_of(code))
    params = read_yaml(study.root / "params.yaml")
    declared: Mapping[str, Any] = read_yaml(study.root / "dvc.yaml")["stages"]
    stages = tuple(_record(name, entry, params, folders) for name, entry in declared.items())
    code_of_all = sorted({path for stage in stages for path in stage.code})
    declared_of_all = sorted({_fixed(path, "@") for stage in stages for path in stage.declarations})
    commit, changed = folders.commit([*code_of_all, *_SHARED], [*declared_of_all, "dvc.yaml", "params.yaml"])
    version, python, libraries, lock = _versions(code)
    date = day_of(code, commit) if commit else ""
    said = Provenance(folders.history, commit, date, changed, version, python, libraries, lock, stages)
    write_provenance(study.root, said)


def _history(code: Path) -> History:
    if repository_of(code) is None:
        return "none"
    return "shallow" if is_shallow(code) else "known"


def _record(name: str, entry: Mapping[str, Any], params: Mapping[str, Any], folders: _Folders) -> StageRecord:
    """What ``dvc.yaml`` says of one stage, and what git knows of it."""
    tokens = _tokens(entry)
    body = entry.get("do", entry)

    def said(text: str) -> str:
        return _TOKEN.sub(lambda match: f"@{tokens.get(match[1], _upper(match[1]))}@", text)

    deps = [str(dep) for dep in body.get("deps", [])]
    code = tuple(dep.removeprefix(_CODE) for dep in deps if dep.startswith(_CODE))
    responses = [dep for dep in deps if dep.startswith("surveys/waves/") and ".responses}" in dep]
    made = [dep for dep in deps if dep.startswith("build/") or dep in responses]
    declarations = tuple(dep for dep in deps if not dep.startswith(_CODE) and dep not in made)
    # a path with a token stands for all that the token may be: git is asked for the folder it is in
    commit, changed = folders.commit(code, [_fixed(path) for path in declarations])
    return StageRecord(
        name=name,
        command=said(" ".join(str(body["cmd"]).split())),
        each=tuple(dict.fromkeys(name.lower() for name in tokens.values())),
        commit=commit,
        changed=changed,
        params={key: _value(params, key) for key in map(_fixed_key, body.get("params", []))},
        code=code,
        declarations=tuple(map(said, declarations)),
        inputs=tuple(map(said, made)),
        outputs=tuple(said(path) for kind in ("outs", "metrics") for path in _outputs(body.get(kind, []))),
    )


def _tokens(entry: Mapping[str, Any]) -> dict[str, str]:
    """What a stage is run for: the token of ``dvc.yaml`` (``item``, ``key``, ``item.model``) and what it stands for."""
    if "matrix" in entry:
        return {f"item.{name}": name.upper() for name in entry["matrix"]}
    if "foreach" not in entry:
        return {}
    name = _upper(_TOKEN.sub(r"\1", str(entry["foreach"]))).removesuffix("S")
    used = _TOKEN.findall(str(entry["do"]))
    return {key: name for key in ("key", "item") if key in used}


def _upper(token: str) -> str:
    """The last part of a dotted token, in capitals: ``item.responses`` as ``RESPONSES``."""
    return token.rsplit(".", 1)[-1].upper()


def _fixed(path: str, mark: str = "$") -> str:
    """The part of a path before its first token: the folder that holds all it may be."""
    return path if mark not in path else path[: path.index(mark)].rsplit("/", 1)[0]


def _fixed_key(key: str) -> str:
    """The part of a parameter's key before its first token."""
    return key if "$" not in key else key[: key.index("$")].rstrip(".")


def _value(params: Mapping[str, Any], key: str) -> Any:
    """The value at a dotted key; None where there is none."""
    value: Any = params
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _outputs(entries: Sequence[Any]) -> list[str]:
    """Paths of outputs, with or without settings of their own."""
    return [str(next(iter(entry))) if isinstance(entry, Mapping) else str(entry) for entry in entries]


def _versions(code: Path) -> tuple[str, str, dict[str, str], str]:
    """Version of the pipeline, versions of Python it may run on, versions of the libraries it asks for, as locked, and
    the checksum of the lock. What runs right now is not asked: it may be something else."""
    project_file, lock_file = code / "pyproject.toml", code / "requirements.lock"
    project = tomllib.loads(project_file.read_text(encoding="utf-8"))["project"] if project_file.is_file() else {}
    lock = lock_file.read_bytes() if lock_file.is_file() else b""
    locked = {_normal(name): version for name, version in _LOCKED.findall(lock.decode("utf-8"))}
    asked = sorted({_normal(match[0]) for one in project.get("dependencies", []) if (match := _NAME.match(one))})
    libraries = {name: locked[name] for name in asked if name in locked}
    checksum = hashlib.sha256(lock).hexdigest() if lock else ""
    return str(project.get("version", "")), str(project.get("requires-python", "")), libraries, checksum


def _normal(name: str) -> str:
    """The normal form of a package's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    run_stage(run)
