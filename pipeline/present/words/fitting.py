"""Why a model has no solution that can be true, in the reader's language.

What the estimator says is an English sentence with names of variables; it stands in the published table as it is. Here
each is known by what it says, and told in a phrase of the catalogue (``solution <code>``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipeline.present.context import Context

SENTENCES = (
    ("negative_variance", r"The estimated variance of (?P<a>\S+) \("),
    ("correlation_beyond_one", r"The correlation of (?P<a>\S+) and (?P<b>\S+) \(.* is beyond one"),
    ("residual_not_positive", r"The residuals of (?P<a>\S+) and (?P<b>\S+) \("),
    ("latent_not_positive", r"The covariance matrix of the latent variables"),
    ("at_bound", r"\S+ \S+ \S+ is held at its bound"),
    ("not_identified", r".*not identified|.*do not tell the factors|The model has \d+ free parameters"),
    ("not_converged", r"No solution was found"),
    ("too_few", r"Fewer than (?P<n>\d+) persons gave the answers"),
    ("too_few_rows", r"No more usable rows than free parameters"),
    ("one_project", r"All persons.* are in one cluster"),
    ("no_variation", r"(?P<names>.+?) does not vary"),
    ("dependent", r"(?P<names>.+?) are linearly dependent"),
    ("not_asked", r"The model uses (?P<names>.+?), which (?:this pool's questionnaire|the data) do(?:es)? not have"),
)
"""Codes, and how the sentences of each begin."""


def code_of(message: str) -> tuple[str, Mapping[str, str]]:
    """The code of an estimator's sentence and what it names; an empty code for a sentence that is not known."""
    for code, pattern in SENTENCES:
        if found := re.match(pattern, message):
            return code, {name: value for name, value in found.groupdict().items() if value}
    return "", {}


def message_in_words(context: Context, message: str, names: Mapping[str, str]) -> str:
    """Why there is no solution, without a full stop; ``names``: what a model calls its variables, in words."""
    code, named = code_of(message)
    if not code:
        return context.say("problem other") if message else ""
    told = {
        key: value if key == "n" else context.listed([_quoted(context, names, one) for one in value.split(", ")])
        for key, value in named.items()
    }
    return context.say(f"solution {code}", unit=context.unit, **told)


def _quoted(context: Context, names: Mapping[str, str], name: str) -> str:
    return f"‘{names.get(name) or context.variable(name)}’"
