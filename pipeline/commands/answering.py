"""How the commands give the answer: on the screen, and in the files that were asked for."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.artefacts import beside
from pipeline.commands.common import err, out, print_json
from pipeline.declare.problems import Problem as DeclarationProblem
from pipeline.errors import InputError
from pipeline.intake.answer.declared import declared_things
from pipeline.intake.answer.next_step import Step, next_step, step_in_words
from pipeline.intake.answer.shape import as_json as answer_as_json
from pipeline.intake.check import Checked
from pipeline.intake.messages import RefusedError, answer, describe_format, wrapped
from pipeline.intake.places import columns_in_words
from pipeline.intake.words import Language, catalogue

_NARROWEST, _WIDEST = 40, 100
_COMMANDS: Mapping[Step, str] = {"submit": "submit", "drop_refused": "submit", "map": "map"}
"""The command of each step; ``check`` of all others."""
_WORKBOOK, _CROSSWALK = "levering.xlsx", "omzettabel.xlsx"
"""The names of the delivery workbook and of a proposed crosswalk in the README."""


def tell(
    checked: Checked,
    declared: Sequence[DeclarationProblem],
    *,
    language: Language,
    as_json: bool,
    of_wave: bool = True,
    left_out: Sequence[tuple[str, str]] = (),
    command: str = "",
    notes: Sequence[tuple[str, Path | None]] = (),
) -> None:
    """Print the answer: on standard output when all is well or JSON is asked for, else on standard error.

    ``command``: what to type next; ``notes``: sentences at the end, each with a path that belongs to it.
    """
    if as_json:
        content = answer_as_json(
            checked, language, declared=declared, of_wave=of_wave, left_out=left_out, command=command
        )  # fmt: skip
        print_json(content)
        return
    width = min(max(shutil.get_terminal_size((80, 24)).columns, _NARROWEST), _WIDEST)
    good = checked.acceptable and not declared
    table, texts = checked.table, catalogue()["answer"][language]
    read_as = ""
    if table:
        read_as = describe_format(
            table.format, language, n_rows=len(table.cells_by_row), n_columns=table.n_columns
        )  # fmt: skip
    text = answer(
        checked.problems, language, of_wave=of_wave, read_as=read_as, found=table.format if table else None,
        declared=declared_things(declared, language), width=width,
    )  # fmt: skip
    first, _, rest = text.partition("\n")
    console = out() if good else err()
    console.print(first, style="bold green" if good else "bold red")
    step = next_step(checked, n_declared=len(declared), of_wave=of_wave)
    if command and step == "drop_refused":
        console.print("\n".join(wrapped(texts["only_columns"], width)))
    if rest:
        console.print(rest)
    if left_out:
        sentence = texts["left_out"].format(columns=columns_in_words(left_out, language))
        console.print("\n" + "\n".join(wrapped(sentence, width)))
    if command:
        console.print("\n" + "\n".join(wrapped(f"{texts['next']}. {step_in_words(step, language)}", width)))
        console.print(f"  {command}")
    for sentence, path in notes:
        console.print("\n" + "\n".join(wrapped(sentence, width)))
        if path:
            console.print(f"  {path}")


def next_command(step: Step, file: Path, options: Mapping[str, Path | str | None]) -> str:
    """What to type for ``step``, as the shell takes it. ``options``: by name, in order; those without a value are left
    out, and so are those that the step's command does not have. What it writes, and the workbook about the wave where
    none was named, stand beside ``file``."""
    name = _COMMANDS.get(step, "check")
    known = {"map": ("--declaration", "--instrument", "--study", "--language")}.get(name)
    words = ["magical-housing", name, str(file)]
    for option, value in options.items():
        if value is not None and str(value) and (known is None or option in known):
            words += [option, str(value)]
    if step == "declare" and not options.get("--declaration"):
        words += ["--declaration", str(file.with_name(_WORKBOOK))]
    if step == "map":
        words += ["--out", str(file.with_name(_CROSSWALK))]
    if step == "drop_refused":
        words.append("--drop-refused")
    return shlex.join(words)


def write_whole(path: Path, data: bytes, *, private: bool = False) -> None:
    """Write ``data``, all of it or nothing; ``private``: only its owner can read it, from the first byte on.

    Raises ``InputError`` when that cannot be done.
    """
    try:
        with beside(path) as temporary:
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666)
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({type(error).__name__})") from None


def refuse_place(path: Path, file: Path, study: Path | None) -> None:
    """Raise ``RefusedError`` when ``path`` is the sender's own file, or, for what holds answers, a place in the
    study's folder (``study``), from where it could be committed or published."""
    place = path.resolve()
    if place == file.resolve():
        raise RefusedError("not_over_the_file", path=str(path))
    if study is not None and place.is_relative_to(study.resolve()):
        raise RefusedError("not_in_the_study", path=str(path), folder=str(study.resolve()))


__all__ = ["next_command", "refuse_place", "tell", "write_whole"]
