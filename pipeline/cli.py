"""The ``magical-housing`` command. Each command stands in a file of its own in ``pipeline/commands``.

Exit codes: 0 success, 1 bad input (message on standard error, no traceback), 2 wrong usage.
"""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Sequence

import typer

from pipeline.errors import InputError
from pipeline.intake.messages import RefusedError
from pipeline.intake.words import Language

COMMANDS = (
    "check", "map", "submit", "waves", "history", "verify", "withdraw", "erase", "questionnaire", "instrument",
    "template", "desk", "token", "report", "fit", "invariance", "reliability", "contrast", "stress", "judge",
    "power", "release",
)  # fmt: skip


def application(arguments: Sequence[str]) -> typer.Typer:
    """The command line for these arguments. Only the command they name is imported: each needs other large packages."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Van vragenlijsten van bewoners naar een rapport. / From residents' questionnaires to a report.",
        epilog="magical-housing COMMAND --help: wat een opdracht doet, met voorbeeld / what it does, with an example",
    )
    named = [name for name in COMMANDS if arguments and arguments[0] == name]
    for name in named or COMMANDS:
        module = importlib.import_module(f"pipeline.commands.{name}")
        app.command(name, epilog=module.EXAMPLE)(getattr(module, name))
    app.callback()(_alone)
    return app


def _alone() -> None:
    """Keeps a command's name on the command line where it is the only one."""


_NOT_WRITTEN = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM})


def main() -> None:
    """Run the command line."""
    try:
        application(sys.argv[1:])()
    except RefusedError as error:
        print(error.in_language(language_asked(sys.argv[1:])), file=sys.stderr)
        sys.exit(1)
    except InputError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        if error.errno not in _NOT_WRITTEN:
            raise
        print(RefusedError("not_written").in_language(language_asked(sys.argv[1:])), file=sys.stderr)
        sys.exit(1)


def language_asked(arguments: Sequence[str]) -> Language:
    """The language on the command line, else that of the environment, else Dutch."""
    asked = os.environ.get("MAGICAL_HOUSING_LANGUAGE", "nl")
    for place, argument in enumerate(arguments):
        if argument == "--language":
            asked = arguments[place + 1] if place + 1 < len(arguments) else asked
        elif argument.startswith("--language="):
            asked = argument.removeprefix("--language=")
    return "en" if asked == "en" else "nl"
