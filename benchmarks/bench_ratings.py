"""AutoTransferRegressor without target labels: stars of reviews, wine, stars of films.

Mean absolute errors on unseen rows of the target. amazon_reviews: stars of one category
from the text, learned in another. Wine: quality of red from white and back. MovieLens:
stars of films by other users, or of other films, than those learned from, by
genres, year, and who they are. The rule was made on wine, films and reviews (dev), and
looked at reviews (conf) once.
"""

from __future__ import annotations

import argparse
import itertools
import os
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from tables import show

from sktransfer.transfer import AutoTransferRegressor

MOST = 1000  # rows of a side


def wines(folder):
    table = pd.read_csv(folder / "tabular/wine_quality.csv.gz")
    color, y = table.pop("color"), table.pop("quality")
    for source in ("white", "red"):
        yield f"wine: {source}", table, y, color == source


def films(folder):
    base = folder / "interactions/movielens100k"
    items = pd.read_csv(
        base / "u.item.gz", sep="|", header=None, encoding="latin-1"
    ).iloc[:, [0, 2, *range(5, 24)]]
    items.columns = ["item", "released", *(f"genre{g}" for g in range(19))]
    users = pd.read_csv(base / "u.user.gz", sep="|", header=None).iloc[:, :4]
    users.columns = ["user", "age", "gender", "occupation"]
    log = pd.read_csv(base / "u.data.gz", sep="\t", header=None)
    log.columns = ["user", "item", "stars", "time"]
    log = log.merge(items, on="item").merge(users, on="user")
    log["released"] = pd.to_datetime(log["released"])
    rows = log.drop(columns=["user", "item", "stars", "time"])
    yield "films: men to women", rows, log["stars"], log["gender"] == "M"
    yield "films: young to old", rows, log["stars"], log["age"] <= 30
    old = log["released"] < "1990"
    yield "films: old to new", rows, log["stars"], old


def reviews(folder):
    table = pd.read_csv(folder / "reviews/amazon_reviews.csv.gz")
    names = sorted(table["domain"].unique())
    pairs = list(enumerate(itertools.permutations(names, 2)))
    for k, (source, target) in pairs[1::2] + pairs[::2]:
        own = table[table["domain"].isin([source, target])]
        part = "dev" if k % 2 == 0 else "conf"
        name = f"reviews ({part}): {source} to {target}"
        yield name, own["text"], own["rating"], own["domain"] == source


def split(X, y, is_source):
    rng = np.random.default_rng(0)
    source = rng.permutation(np.flatnonzero(is_source))[:MOST]
    target = rng.permutation(np.flatnonzero(~np.asarray(is_source)))[: 2 * MOST]
    seen, test = target[: target.size // 2], target[target.size // 2 :]
    rows = np.concatenate([source, seen])
    d = np.repeat([1, -1], [source.size, seen.size])
    labels = np.where(d > 0, y.to_numpy(float)[rows], np.nan)
    taken = [X.iloc[r].reset_index(drop=True) for r in (rows, test)]
    if X.ndim == 1:
        taken = [t.tolist() for t in taken]
    return taken[0], labels, d, taken[1], y.to_numpy(float)[test]


def rows(folder, kinds):
    makers = {"wine": wines, "films": films, "reviews": reviews}
    for kind in kinds:
        for name, *table in makers[kind](folder):
            X, y, d, X_test, truth = split(*table)
            start = time.process_time()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                auto = AutoTransferRegressor().fit(X, y, sample_domain=d)
            seconds = time.process_time() - start
            alone = auto.estimators_["source only"].predict(X_test)

            def error(p, truth=truth):
                return np.abs(p - truth).mean()

            cut = np.clip(alone, *auto.bounds_)
            served = auto.predict(X_test)
            saved = 1 - np.mean((served - truth) ** 2) / np.mean((cut - truth) ** 2)
            yield {
                "data": name,
                "mean": f"{error(np.full(truth.size, np.nanmean(y))):.3f}",
                "source alone": f"{error(alone):.3f}",
                "cut to the scale": f"{error(cut):.3f}",
                "auto": f"{error(served):.3f}",
                "taken": auto.decision_.candidate,
                "MSE saved": f"{saved:.1%}",
                "expected": f"{auto.decision_.gain:.1%}",
                "seconds": f"{seconds:.0f}",
            }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=os.environ.get("SKTRANSFER_DATA"))
    parser.add_argument("--kinds", nargs="+", default=["wine", "films", "reviews"])
    given = parser.parse_args()
    if given.data is None:
        raise SystemExit("bench_ratings needs --data or SKTRANSFER_DATA.")
    found = rows(Path(given.data), given.kinds)
    show(found, Path(__file__).parent / "results" / "ratings.csv")
