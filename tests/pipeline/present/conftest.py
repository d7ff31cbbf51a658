"""Made-up aggregates of the tiny study, table by table as the contract has them: nobody stands behind them.

They pass the real gate, so what the presenting code reads is a published bundle.
"""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from pipeline.artefacts import empty_table, table_contracts, write_table
from pipeline.declare import Study, load_study
from pipeline.present.bundle import Bundle, read_bundle
from pipeline.present.context import Context
from pipeline.published import published_contracts
from pipeline.stages import disclose

Tables = dict[str, pd.DataFrame]
TINY_STUDY = Path(__file__).resolve().parents[2] / "fixtures" / "tiny_study"
WAVES = ["tiny-2020", "tiny-2022"]
PROJECTS = ["ash", "birch", "cedar", "elm", "fir", "hazel", "larch", "oak"]
ITEMS = {"SAT": ["sat1", "sat2", "sat3", "sat4"], "TIES": ["tie1", "tie2", "tie3"]}
GROUPS = [("all", "all"), ("place", "centre"), ("place", "edge"), ("tenure", "own"), ("tenure", "rent")]
N = {"all": 180, "centre": 90, "edge": 90, "own": 82, "rent": 78}
ANSWERS = {
    "all": [14, 26, 44, 56, 40],
    "centre": [6, 10, 20, 30, 24],
    "edge": [8, 16, 24, 26, 16],
    "own": [6, 12, 20, 26, 18],
    "rent": [6, 11, 20, 24, 17],
}


def made_up_tables() -> Tables:
    """Every published table of one pool of the tiny study."""
    measurement, effects = made_up_measurement(), made_up("effects")
    measured, clustering = measurement.how_well_measured(), measurement.clustering()
    nothing = {name: empty_table(name) for name in table_contracts()}
    return nothing | {
        **who_answered(),
        **measured,
        **compared(),
        **clustering,
        **modelled(),
        **effects.directions(),
        **effects.rests_on(),
        **made_up("planning").planned(),
        **made_up("curves").curves(),
        "verdicts": verdicts(),
        "verdict_history": verdict_history(),
    }


def made_up_measurement() -> ModuleType:
    """``made_up_measurement.py`` beside this file."""
    return made_up("measurement")


@cache
def made_up(topic: str) -> ModuleType:
    """``made_up_<topic>.py`` beside this file."""
    spec = importlib.util.spec_from_file_location(f"made_up_{topic}", Path(__file__).parent / f"made_up_{topic}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def who_answered() -> Tables:
    steps = [
        ("invited", "", 160), ("received", "", 130), ("excluded", "no_consent", 12), ("excluded", "empty", 8),
        ("kept", "", 110), ("analysed", "", 90),
    ]  # fmt: skip
    flow = pd.DataFrame([(w, *step) for w in WAVES for step in steps], columns=["wave", "step", "reason", "n"])
    received = [14, 14, 14, 14, 14, 14, 13, 13]
    by_project = pd.DataFrame(
        [(w, p, 20, n, n / 20) for w in WAVES for p, n in zip(PROJECTS, received, strict=True)],
        columns=["wave", "project", "invited", "received", "response_rate"],
    )
    waves = pd.DataFrame(
        {
            "wave": WAVES, "corporation": "Nobody (made up)", "instrument": "tiny@1", "origin": "simulated",
            "start": ["2020-03-01", "2022-03-01"], "end": ["2020-03-31", "2022-03-31"], "mode": "online;paper",
            "languages": "nl;en", "projects": 8, "invited": 160, "received": 130, "sha256": ["a" * 64, "b" * 64],
        }
    )  # fmt: skip
    projects = pd.DataFrame(
        {
            "project": PROJECTS, "name": [name.title() for name in PROJECTS], "municipality": "",
            "corporation": ["Nobody (made up)"] * 2 + [""] * 6,
            "simulated": "true", "dwellings": 1200, "tenure": "temporary", "components": "",
        }
    )  # fmt: skip
    traits = pd.DataFrame(
        {"project": PROJECTS, "trait": "place", "level": ["centre" if i % 2 else "edge" for i in range(8)]}
    )
    return {
        "response_flow": flow, "response_by_project": by_project, "waves": waves, "projects": projects,
        "project_traits": traits, "composition": composition(), "item_distribution": item_distribution(),
        "missing_by_item": missing_by_item(), "scope_sizes": scope_sizes(),
    }  # fmt: skip


def composition() -> pd.DataFrame:
    counts = {
        "language": {"nl": (120, 25), "en": (60, 15)},
        "role": {"resident": (180, 0), "guest": (0, 40)},
        "tenure": {"own": (82, 10), "rent": (78, 20), "other": (20, 10)},
        "place": {"centre": (90, 20), "edge": (90, 20)},
        "wave": dict.fromkeys(WAVES, (90, 20)),
    }
    rows = []
    for population in ("analysed", "others", "all"):
        for dimension, categories in counts.items():
            ns = {c: {"analysed": a, "others": o, "all": a + o}[population] for c, (a, o) in categories.items()}
            base = sum(ns.values())
            rows += [(population, dimension, c, n, base, n / base) for c, n in ns.items()]
    return pd.DataFrame(rows, columns=["population", "dimension", "category", "n", "base", "share"])


def scope_sizes() -> pd.DataFrame:
    """90 of the analysed a wave, and others, ten or more wherever one looks; one of the analysed in ``oak`` flagged."""
    sizes = {"all": {"all": 90}, "project": {p: 12 - (p in PROJECTS[:6]) for p in PROJECTS}}
    sizes |= {"place": {"centre": 45, "edge": 45}, "tenure": {"own": 41, "rent": 39}}
    rows = [
        (wave, population, "false", variable, level, n if population == "analysed" else 20 // len(levels) + 10)
        for wave in WAVES
        for population in ("analysed", "others")
        for variable, levels in sizes.items()
        for level, n in levels.items()
    ]
    rows += [(WAVES[0], "analysed", "true", "all", "all", 1), (WAVES[0], "analysed", "true", "project", "oak", 1)]
    return pd.DataFrame(rows, columns=list(table_contracts()["scope_sizes"].columns))


def item_distribution() -> pd.DataFrame:
    rows = [
        (scale, item, "true" if item == "sat3" else "false", trait, level, str(code), n, N[level], n / N[level])
        for scale, items in ITEMS.items()
        for item in items
        for trait, level in GROUPS
        for code, n in enumerate(ANSWERS[level], start=1)
    ]
    columns = ["scale", "item", "reversed", "trait", "level", "category", "n", "base", "share"]
    return pd.DataFrame(rows, columns=columns)


def missing_by_item() -> pd.DataFrame:
    rows = [
        (scale, item, reason, n, 192, n / 192)
        for scale, items in ITEMS.items()
        for item in items
        for reason, n in (("dont_know", 7), ("no_answer", 5))
    ]
    return pd.DataFrame(rows, columns=["scale", "item", "reason", "n", "base", "share"])


def compared() -> Tables:
    means = pd.DataFrame(
        [
            (outcome, trait, level, N[level], 4 if trait == "place" else 8, mean, 0.9, mean - 0.2, mean + 0.2, 0.02)
            for outcome in ITEMS
            for (trait, level), mean in zip(GROUPS[1:], (3.9, 3.4, 3.7, 3.6), strict=True)
        ],
        columns=list(table_contracts()["trait_means"].columns),
    )
    rows = []
    for outcome in ITEMS:
        for trait, methods, effect in (
            ("place", ("persons", "ols", "project_means", "mixed", "cr2", "cr3", "permutation", "wild"), 0.55),
            ("tenure", ("persons", "ols", "mixed", "cr2", "cr3", "wild"), -0.11),
        ):
            rows += [
                (
                    *(outcome, trait, method, 180, 4, 4, effect * 0.9, 0.18, 2.7, 6.0, 0.0361, 0.0722, 0.05, 0.94),
                    *(effect, effect - 0.4, effect + 0.4, 0.0286, None, "", ""),
                )
                for method in methods
            ]
    contrasts = pd.DataFrame(rows, columns=list(table_contracts()["trait_contrasts"].columns))
    return {"trait_means": means, "trait_contrasts": contrasts}


def modelled() -> Tables:
    fit_columns = list(table_contracts()["model_fit"].columns)
    chisq = (17, 15.1, 13, 0.3019, 14.2, 1.0634, 0.3596)
    rest = (0.981, 0.972, 0.996, 0.993, 0.0331, 0, 0.0841, 0.0231, 0.0312, -1500.5, 3035.0, 3089.1)
    how = ("analysis.sem", "MLR", "fiml", "cr2", "true", "true", "")
    fits = [
        ("tiny", trait, level, N[level] - 10, 4 if trait == "place" else 8, *how, "", *chisq, *rest)
        for trait, level in GROUPS
    ]
    parameters = []
    for trait, level in GROUPS:
        rows = [("SAT", "=~", i, 0.7, 0.6, 0.8) for i in ITEMS["SAT"]]
        rows += [("TIES", "=~", i, 0.75, 0.65, 0.85) for i in ITEMS["TIES"]]
        rows += [("TIES", "~", "SAT", 0.46, 0.32, 0.6)]
        if trait != "place":
            rows += [("SAT", "~", "central", 0.12, -0.03, 0.27)]
        parameters += [
            (
                *("tiny", trait, level, N[level] - 10, *row[:3], "", "true"),
                *(row[3], 0.07, 6.6, 6.8, 0.0001, row[4], row[5], row[3], row[3], 0.07, 6.9, row[4], row[5]),
            )
            for row in rows
        ]
    sizes = (("place", 80, 80, (4, 4), ""), ("tenure", 72, 68, (8, 8), "projects_cross_levels"))
    joint = [
        ("tiny", trait, equal, high, low, *k, *how, note, *chisq, *rest, *difference)
        for trait, high, low, k, note in sizes
        for equal, difference in (
            ("configural", (None, None, None, "")), ("loadings", (7.31, 5, 0.1986, "satorra_bentler_2001")),
            ("regressions", (0.42, 1, 0.5169, "satorra_bentler_2001")),
        )
    ]  # fmt: skip
    differences = [
        ("tiny", trait, "TIES", "~", "SAT", high, low, *k, 0.51, 0.41, 0.48, 0.44, *figures)
        for trait, high, low, k, figures in (
            ("place", 80, 80, (4, 4), (0.1, 0.15, 5.2, 0.5335, 0.5335, -0.28, 0.48)),
            ("tenure", 72, 68, (8, 8), (0.1, 0.03, None, 0.0009, 0.0018, 0.04, 0.16)),
        )
    ]
    opinions = [
        ("tiny", trait, level, N[level] - 30, "semopy 2.3.11", "true", "", "true", 0.00012, "TIES ~ SAT", 0, "", 0)
        for trait, level in GROUPS
    ]
    made = {"joint_fit": joint, "path_differences": differences, "second_opinions": opinions}
    return {
        **{name: pd.DataFrame(rows, columns=list(table_contracts()[name].columns)) for name, rows in made.items()},
        "model_fit": pd.DataFrame(fits, columns=fit_columns),
        "parameters": pd.DataFrame(parameters, columns=list(table_contracts()["parameters"].columns)),
    }


def verdicts() -> pd.DataFrame:
    facts = [
        ("T1", "confirmatory", "supported", "clear_effect", "std_all", "persons", "mlr", "cr2", "tiny", 170, 8),
        ("T2", "confirmatory", "leaning", "interval_includes_zero", "sd", "projects", "project_means", "", "", 180, 8),
        ("T3", "exploratory", "cannot_tell", "too_imprecise", "sd", "persons", "mixed", "", "", 160, 8),
    ]
    figures = [
        (0.46, 0.07, 6.9, 0.32, 0.6, 0.0001, 0.0002, None, 0.1),
        (0.55, 0.2, 6.0, -0.01, 1.04, 0.0541, 0.1082, 0.0286, 0.2),
        (-0.11, 0.2, 150.0, -0.5, 0.28, 0.5812, 0.5812, None, 0.2),
    ]
    judged = [
        (0.23, 0.97, 0.002, 512, ""),
        (0.14, None, None, None, ""),
        (0.16, 0.48, 0.52, 512, "unknown_alike:TIES-tenure"),
    ]
    rows = [(*fact, *figure, *how) for fact, figure, how in zip(facts, figures, judged, strict=True)]
    return pd.DataFrame(rows, columns=list(table_contracts()["verdicts"].columns))


def verdict_history() -> pd.DataFrame:
    """T1 and T2 wave by wave; of T3 only what stands now."""
    rows = [
        ("T1", "tiny-2020", "alone", "leaning", "interval_includes_zero", 85, 8, 0.31, -0.02, 0.64),
        ("T1", "tiny-2020", "so_far", "leaning", "interval_includes_zero", 85, 8, 0.31, -0.02, 0.64),
        ("T1", "tiny-2022", "alone", "supported", "clear_effect", 85, 8, 0.52, 0.2, 0.84),
        ("T1", "tiny-2022", "so_far", "supported", "clear_effect", 170, 8, 0.46, 0.32, 0.6),
        ("T2", "tiny-2020", "alone", "cannot_tell", "too_few_projects", 90, 8, None, None, None),
        ("T2", "tiny-2020", "so_far", "cannot_tell", "too_few_projects", 90, 8, None, None, None),
        ("T2", "tiny-2022", "alone", "not_supported", "effect_too_small", 90, 8, 0.01, -0.15, 0.17),
        ("T2", "tiny-2022", "so_far", "leaning", "interval_includes_zero", 180, 8, 0.55, -0.01, 1.04),
        ("T3", "tiny-2022", "so_far", "cannot_tell", "too_imprecise", 160, 8, -0.11, -0.5, 0.28),
    ]
    return pd.DataFrame(rows, columns=list(table_contracts()["verdict_history"].columns))


def publish(study: Study, tables: Tables, pool: str = "tiny") -> Bundle:
    """Write the tables where their stages would, send them through the gate, read the bundle.

    Of verdicts by wave, only those of waves the pool has.
    """
    history, waves = tables["verdict_history"], [wave.wave for wave in study.waves_of(pool)]
    tables = tables | {"verdict_history": history[history["wave"].isin(waves)]}
    for name in (*published_contracts(), "scope_sizes"):
        write_table(study.root, name, tables[name], pool=pool, wave="", model="tiny")
    disclose.run(study, pool)
    return read_bundle(study.root, pool)


@pytest.fixture(scope="session")
def published_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny study with published bundles of both pools; not to be changed."""
    folder = Path(shutil.copytree(TINY_STUDY, tmp_path_factory.mktemp("published") / "tiny_study"))
    study = load_study(folder)
    for pool in study.params.pools:
        publish(study, made_up_tables(), pool)
    return folder


@pytest.fixture
def context(published_folder: Path) -> Callable[[str], Context]:
    """The context of pool ``tiny`` in a language."""
    study = load_study(published_folder)
    bundle = read_bundle(published_folder, "tiny")
    return lambda language: Context(study, bundle, language)


@pytest.fixture(scope="session")
def bundles() -> dict[str, Bundle]:
    """What was published before, by the content of its tables: the gate takes a second or more."""
    return {}


@pytest.fixture
def context_of(tiny_study: Study, bundles: dict[str, Bundle]) -> Callable[..., Context]:
    """A function from changed tables to the context of a bundle made of them."""

    def make(language: str = "en", **changed: pd.DataFrame) -> Context:
        tables = {**made_up_tables(), **changed}
        content = "".join(f"{name}\n{tables[name].to_csv()}" for name in sorted(tables))
        key = hashlib.sha256(f"{tiny_study.params!r}\n{content}".encode()).hexdigest()
        if key not in bundles:
            bundles[key] = publish(tiny_study, tables)
        return Context(tiny_study, bundles[key], language)

    return make


@pytest.fixture
def tables() -> Tables:
    """The made-up tables, to change."""
    return made_up_tables()
