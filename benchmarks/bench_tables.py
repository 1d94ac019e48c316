"""Tables with columns of all kinds, as they are, in AutoTransferClassifier.

Source and target are visitors who return and who do not (online shoppers), shops of two
top-level domains (offers of MWPD), and two categories of goods (reviews of Amazon). The
source is labelled, half of the target is there without labels, the other half tests.
Compared in accuracy: the numbers or the text alone, which is what goes in without an
encoder, by the source alone; the whole table by the source alone, and what
``AutoTransferClassifier`` serves. ``seconds`` are CPU seconds of its fit.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tables import show

from sktransfer.transfer import AutoTransferClassifier

MOST = 2000  # rows of a side


def shoppers(folder):
    table = pd.read_csv(folder / "tabular/online_shoppers.csv.gz")
    table = table[table["VisitorType"] != "Other"]
    codes = ["OperatingSystems", "Browser", "Region", "TrafficType"]
    table[codes] = table[codes].astype("category")
    side, y = table.pop("VisitorType"), table.pop("Revenue").astype(str)
    for source in ("Returning_Visitor", "New_Visitor"):
        yield f"shoppers: {source}", table, y, side == source


def offers(folder):
    table = pd.read_csv(folder / "products/mwpd2020_categories.csv.gz")
    table = table[table["lvl1"].isin(table["lvl1"].value_counts().index[:6])]
    texts = ["Name", "Description", "CategoryText"]
    for source, target in (("com", "uk"), ("uk", "com"), ("com", "org")):
        tld = table["tld"].str.split(".").str[-1]
        own = table[tld.isin([source, target])]
        if own.empty or not (tld == target).sum() > 100:
            continue
        yield (
            f"offers: {source} to {target}",
            own[texts],
            own["lvl1"],
            (tld[own.index] == source),
        )


def reviews(folder):
    table = pd.read_csv(folder / "reviews/amazon_reviews.csv.gz")
    names = sorted(table["domain"].unique())
    for source, target in zip(names, names[1:] + names[:1]):
        own = table[table["domain"].isin([source, target])]
        rows = own[["product", "title", "text"]]
        yield (
            f"reviews: {source} to {target}",
            rows,
            own["label"],
            (own["domain"] == source),
        )


def split(X, y, is_source, seed=0):
    """Rows of the source, the seen half of the target, and its other half."""
    rng = np.random.default_rng(seed)
    source = rng.permutation(np.flatnonzero(is_source))[:MOST]
    target = rng.permutation(np.flatnonzero(~np.asarray(is_source)))[: 2 * MOST]
    seen, test = target[::2], target[1::2]
    rows = np.concatenate([source, seen])
    d = np.repeat([1, -1], [source.size, seen.size])
    labels = np.where(d > 0, y.to_numpy().astype(str)[rows], "")
    X_fit, X_test = (X.iloc[r].reset_index(drop=True) for r in (rows, test))
    return X_fit, labels, d, X_test, y.to_numpy().astype(str)[test]


def plain(X, y, d, X_test):
    """The source alone on one text, or on the numbers."""
    numbers = X.select_dtypes("number").columns
    base = LogisticRegression(max_iter=1000)
    if len(numbers):
        model = make_pipeline(StandardScaler(), base)
        return model.fit(X[d > 0][numbers], y[d > 0]).predict(X_test[numbers])
    text = "text" if "text" in X else "Name"
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=3)
    model = make_pipeline(words, base).fit(X[d > 0][text], y[d > 0])
    return model.predict(X_test[text])


def rows(folder):
    for make in (shoppers, offers, reviews):
        for name, *table in make(folder):
            X, y, d, X_test, truth = split(*table)
            start = time.process_time()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                auto = AutoTransferClassifier().fit(X, y, sample_domain=d)
                alone = auto.estimators_["source only"]
            seconds = time.process_time() - start
            yield {
                "table": name,
                "rows": len(X),
                "one kind of column": f"{np.mean(plain(X, y, d, X_test) == truth):.3f}",
                "source alone": f"{np.mean(alone.predict(X_test) == truth):.3f}",
                "auto": f"{np.mean(auto.predict(X_test) == truth):.3f}",
                "taken": auto.decision_.candidate,
                "seconds": f"{seconds:.0f}",
            }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=os.environ.get("SKTRANSFER_DATA"))
    folder = parser.parse_args().data
    if folder is None:
        raise SystemExit("bench_tables needs --data or SKTRANSFER_DATA.")
    show(rows(Path(folder)), Path(__file__).parent / "results" / "tables.csv")
