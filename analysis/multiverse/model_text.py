"""From a model as declared and a specification to the model that is fitted.

What a choice does to the text: *alternative* measures a factor by the items of another construct; *score* ``mean`` and
``sum`` put the construct's score in the place of the factor; *covariates* ``adjusted`` makes the background variables
predictors of every factor, so that a correlation of two factors becomes one given these. *Ordinal* leaves out whatever
is not an item: answers cut from normal variables and numbers that are taken as given cannot be mixed in one model.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from analysis.measurement.scoring import Item, Scale
from analysis.multiverse.factors import UnansweredError
from analysis.multiverse.specification import Specification
from analysis.sem.syntax import Statement, Term, parse, without_terms
from analysis.sem.table import ParameterTable, build_table

OBSERVED = ("mean", "sum")


@lru_cache(maxsize=512)
def table_of(text: str) -> ParameterTable:
    """The parameter table of a model's text; raises ``ModelError`` for a model that cannot be read."""
    return build_table(parse(text))


@dataclass(frozen=True)
class ModelAsked:
    """A model's ``text`` as a specification wants it.

    ``scores``: by name of the score that stands in a factor's place the scale it is made by; ``items`` of the factors
    that are left, in order.
    """

    text: str
    scores: Mapping[str, Scale]
    items: tuple[str, ...]


def model_asked(
    declared: str,
    specification: Specification,
    *,
    scales: Mapping[str, Scale],
    alternative: Mapping[str, str],
    covariates: Sequence[str] = (),
) -> ModelAsked:
    """The text of model ``declared`` under ``specification``.

    ``alternative``: by factor the construct of ``scales`` that takes its place; ``covariates``: columns that every
    factor is regressed on. Raises ``UnansweredError`` where a factor has no items to score it by (``no_score``), an
    alternative no scale (``no_alternative``), or covariates meet ordinal items (``covariates_with_ordinal``);
    ``ModelError`` for a model that cannot be read.
    """
    text = _measured_otherwise(declared, alternative, scales)
    table = table_of(text)
    scores: dict[str, Scale] = {}
    if specification.score in OBSERVED:
        scores = {factor: _scale_of(factor, table, alternative, scales) for factor in table.latent}
        text = _on_scores(text, table)
    elif specification.score == "ordinal":
        if covariates:
            raise UnansweredError("refused", "covariates_with_ordinal")
        beside = [name for name in table.observed if name not in _items(table)]
        text = without_terms(text, beside) if beside else text
    if covariates:
        text = _adjusted(text, table, covariates)
    return ModelAsked(text, scores, () if scores else _items(table))


def _items(table: ParameterTable) -> tuple[str, ...]:
    """The indicators of the model's factors, in order."""
    return tuple(dict.fromkeys(row.rhs for row in table.rows if row.op == "=~" and row.rhs in table.observed))


def _measured_otherwise(text: str, alternative: Mapping[str, str], scales: Mapping[str, Scale]) -> str:
    """Factors measured by the items of the constructs that take their places."""
    if not alternative:
        return text
    statements = []
    for statement in parse(text):
        if statement.op == "=~" and statement.lhs in alternative:
            if alternative[statement.lhs] not in scales:
                raise UnansweredError("refused", "no_alternative")
            items = scales[alternative[statement.lhs]].item_names
            statement = replace(statement, terms=tuple(map(Term, items)))
        statements.append(statement)
    return _written(statements)


def _scale_of(factor: str, table: ParameterTable, alternative: Mapping[str, str], scales: Mapping[str, Scale]) -> Scale:
    """The scale that scores ``factor``; where no scale bears its name the mean of its items, half of them answered."""
    name = alternative.get(factor, factor)
    if name in scales:
        return scales[name]
    items = [row.rhs for row in table.rows if row.op == "=~" and row.lhs == factor]
    unknown = float("nan")
    return Scale(factor, tuple(Item(i, unknown, unknown) for i in items), "mean", 1.0, "half", unknown, unknown)


def _on_scores(text: str, table: ParameterTable) -> str:
    """The structural part on scores named as the factors were. Their moments are stated, so that none of them is taken
    as given and those that nothing explains correlate as the factors did."""
    if any(row.op == "=~" and row.rhs in table.latent for row in table.rows):
        raise UnansweredError("refused", "no_score")  # a factor of factors has no items to be scored from
    variances = [Statement(factor, "~~", (Term(factor),), 0) for factor in table.latent]
    structural = without_terms(_written([*parse(text), *variances]), _items(table))
    return _stated(structural, table)


def _adjusted(text: str, table: ParameterTable, covariates: Sequence[str]) -> str:
    """Every factor, or score in its place, regressed on ``covariates``; what was correlated by default stays so."""
    paths = [Statement(factor, "~", tuple(map(Term, covariates)), 0) for factor in table.latent]
    return _stated(_written([*parse(text), *paths]), table)


def _stated(text: str, table: ParameterTable) -> str:
    """``text`` with the free covariances of factors that ``table`` has and nobody wrote."""
    known = {
        frozenset((s.lhs, term.name)) for s in parse(text) if s.op == "~~" for term in s.terms
    }  # fmt: skip
    added = [
        Statement(row.lhs, "~~", (Term(row.rhs),), 0)
        for row in table.rows
        if row.op == "~~"
        and row.group == 0
        and row.lhs != row.rhs
        and {row.lhs, row.rhs} <= set(table.latent)
        and frozenset((row.lhs, row.rhs)) not in known
    ]
    return _written([*parse(text), *added]) if added else text


def without_constant(text: str, constant: Collection[str]) -> str:
    """``text`` without the covariates that do not vary among the persons it is fitted to."""
    return without_terms(text, constant) if constant else text


def unlabelled(text: str) -> str:
    """``text`` without labels, and what they define: in a model of groups a label would hold its parameter equal over
    them. Constraints, which speak of labels, stay with theirs."""
    statements = parse(text)
    if any(s.op in ("==", "<", ">") for s in statements):
        return text
    terms = [tuple(_without_label(term) for term in s.terms) for s in statements]
    return _written([replace(s, terms=t) for s, t in zip(statements, terms, strict=True) if s.op != ":="])


def _without_label(term: Term) -> Term:
    return replace(term, modifiers=tuple(m for m in term.modifiers if m.kind != "label"))


def _written(statements: Sequence[Statement]) -> str:
    return "\n".join(map(str, statements)) + "\n"
