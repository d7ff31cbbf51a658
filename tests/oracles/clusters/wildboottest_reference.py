"""p-values of wildboottest with all signs, into ``wildboottest.json``.

Run: python wildboottest_reference.py   (wildboottest 0.3.2, statsmodels, pandas; an environment of their own, none of
them but for this is in the lock), beside ``persons.csv``.
"""

import json
from pathlib import Path

import pandas as pd
import statsmodels.api as sm
from wildboottest.wildboottest import wildboottest

here = Path(__file__).parent
persons = pd.read_csv(here / "persons.csv")
found = {}
for design in ("eight", "twelve_unequal"):
    frame = persons[persons["design"] == design].reset_index(drop=True)
    model = sm.OLS(frame["y"], sm.add_constant(frame[["a", "b"]]))
    clusters = pd.Series(pd.factorize(frame["project"])[0])
    found[design] = {
        name: float(wildboottest(model, param=name, cluster=clusters, B=99999, show=False)["p-value"].iloc[0])
        for name in ("a", "b")
    }
(here / "wildboottest.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
