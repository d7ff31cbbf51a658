"""What every stage's ``__main__`` shares: arguments, the study, and bad input told without a traceback."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.declare import Study, load_study
from pipeline.errors import InputError


def run_stage(run: Callable[..., Any], *keys: str, **options: type) -> None:
    """Parse ``--study DIR`` and one ``--<key> NAME`` for each of ``keys``, load the study, call ``run(study, **keys)``.

    ``options`` may be given too, each with a value of its type, and are passed on where they are. They say how the
    stage works and never what comes out.

    Exits with 1 and the message on stderr when the input is bad (``InputError``), with 2 when the name is not declared.
    """
    parser = argparse.ArgumentParser(description=(run.__doc__ or "").splitlines()[0] if run.__doc__ else None)
    parser.add_argument("--study", type=Path, default=Path(), metavar="DIR", help="the study's folder (default: here)")
    for key in keys:
        parser.add_argument(f"--{key}", required=True, metavar="NAME")
    for option, kind in options.items():
        parser.add_argument(f"--{option}", type=kind, default=argparse.SUPPRESS, metavar=kind.__name__.upper())
    arguments = parser.parse_args()
    given = {option: getattr(arguments, option) for option in options if hasattr(arguments, option)}
    try:
        study: Study = load_study(arguments.study)
        for key in keys:
            known = _declared(study, key)
            if getattr(arguments, key) not in known:
                parser.error(f"--{key}: params.yaml declares {', '.join(known) or 'none'}")
        run(study, **{key: getattr(arguments, key) for key in keys}, **given)
    except InputError as error:
        print(error, file=sys.stderr)
        sys.exit(1)


def _declared(study: Study, key: str) -> list[str]:
    """The names that ``--<key>`` may take: waves, pools or models of params.yaml."""
    return {"wave": list(study.waves), "pool": study.params.pools, "model": study.params.models}[key]
