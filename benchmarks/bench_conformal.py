"""Prediction sets under shift: how often they hold the true class, on real rows.

A set of rows is cut in two: up to 4000 rows are the source, half of them to train a
logistic regression and half to calibrate, and target rows are drawn from the rest, half
of them without labels to learn the shift from and half to test. A pair is a set and a
shift, the mean of ``--draws`` draws of rows.

covariate: a row is drawn with a probability that grows by exp(z), z a standardised
column or random mixture of columns (of texts: latent dimensions, or the logarithm of
the number of words), cut at -2 and 2; sign, column and mixture differ between pairs.
label: the shares of the classes come from a Dirichlet distribution with parameter 2.

Split, written down before anything was measured. Development: wine (good or not, three
grades), shoppers (buys or not), amazon_reviews (label, domain) and pricerunner
(category). Confirmation, looked at once: CLS-10 in three languages (label, English
category too), newsgroups (20 groups), MWPD offers (level 1) and Chinese hotels (label).

The bar: the coverage of a pair within .02 of 1 - alpha = .9 for at least 90 % of the
pairs. Noise: with n calibration rows of equal weight and m test rows over all draws,
the coverage of exact sets has a standard deviation of sqrt(.09 / n + .09 / m) if draws
shared their calibration rows; the row "oracle weights" shows what is left of it.

All methods calibrate the same model on the same rows, but "as it stands", which is
``ConformalTransferClassifier(model)`` on all source rows (cv=5). "MAPIE" is its
``SplitConformalClassifier``, without weights; it runs where it is installed.
``--natural`` runs the pairs of domains of domain_pairs instead (of development: wine,
shoppers, pricerunner; others: mwpd, cls10, digits, sessions), where nothing is known of
the shift, with the target in the place of a draw and 200 of its labels in one row.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from tables import show

from sktransfer import ConformalTransferClassifier
from sktransfer.datasets import (
    load_chinese_hotels,
    load_cls10,
    load_mwpd,
    load_online_shoppers,
    load_pricerunner,
)

ALPHA = 0.1
N_SOURCE, LEAST_CLASS, LARGEST = 4000, 40, 12_000
PAIRS = 4  # shifts of a kind for each set
DEVELOPMENT = ("wine", "shoppers", "amazon", "pricerunner")
CONFIRMATION = ("cls10", "newsgroups", "mwpd", "hotels")
BAR = 0.02


def words(texts, **options):
    tfidf = TfidfVectorizer(sublinear_tf=True, min_df=3, max_features=10_000, **options)
    return tfidf.fit_transform(["" if t is None else str(t) for t in texts])


def wine(folder):
    table = pd.read_csv(folder / "tabular" / "wine_quality.csv.gz")
    X = StandardScaler().fit_transform(table.drop(columns=["quality", "color"]))
    quality = table["quality"].to_numpy()
    yield "wine good", X, quality >= 6
    yield "wine grade", X, np.digitize(quality, [6, 7])


def shoppers(folder):
    data = load_online_shoppers(data_home=folder)
    X = StandardScaler().fit_transform(np.asarray(data.data, float))
    yield "shoppers buys", X, data.target


def amazon(folder):
    table = pd.read_csv(folder / "reviews" / "amazon_reviews.csv.gz")
    X = words(table["title"].fillna("") + " " + table["text"].fillna(""))
    yield "amazon label", X, table["label"].to_numpy()
    yield "amazon domain", X, table["domain"].to_numpy()


def pricerunner(folder):
    data = load_pricerunner(data_home=folder)
    rows = np.random.default_rng(0).permutation(len(data.target))[:LARGEST]
    texts = np.asarray(data.data, dtype=object)[rows]
    yield "pricerunner category", words(texts), np.asarray(data.target)[rows]


def cls10(folder):
    for language in ("en", "de", "jp"):
        texts, labels, categories = [], [], []
        for category in ("books", "dvd", "music"):
            for subset in ("train", "test"):
                data = load_cls10(language, category, subset=subset, data_home=folder)
                texts += list(data.data)
                labels += list(data.target)
                categories += [category] * len(data.target)
        X = words(texts)
        yield f"cls10 {language} label", X, np.array(labels)
        if language == "en":
            yield "cls10 en category", X, np.array(categories)


def newsgroups(folder):
    table = pd.read_csv(folder / "reviews" / "newsgroups20.csv.gz")
    table = table.iloc[np.random.default_rng(0).permutation(len(table))[:LARGEST]]
    X = words(table["subject"].fillna("") + " " + table["body"].fillna(""))
    yield "newsgroups group", X, table["group"].to_numpy()


def mwpd(folder):
    data = load_mwpd(subset="all", data_home=folder)
    rows = np.random.default_rng(0).permutation(len(data.target))[:LARGEST]
    yield "mwpd level 1", words(data.data[rows]), np.asarray(data.target)[rows]


def hotels(folder):
    data = load_chinese_hotels(data_home=folder)
    X = words(data.data, analyzer="char", ngram_range=(1, 2))
    yield "hotels label", X, np.asarray(data.target)


def tables(kinds, folder):
    """Name, rows, codes of classes of some size, and columns to tilt by."""
    for kind in kinds:
        for name, X, y in globals()[kind](folder):
            codes = np.unique(np.asarray(y).astype(str), return_inverse=True)[1]
            kept = np.bincount(codes)[codes] >= LEAST_CLASS
            X, codes = X[np.flatnonzero(kept)], codes[kept]
            codes = np.unique(codes, return_inverse=True)[1]
            L = X
            if sparse.issparse(X):
                L = TruncatedSVD(30, random_state=0).fit_transform(X)
                L = np.column_stack([np.log1p(np.diff(X.indptr)), L[:, 1:]])
            yield name, X, codes, (L - L.mean(axis=0)) / L.std(axis=0)


def ratios(shift, y, L, rng):
    """How much likelier each row is in the target, up to a factor."""
    if shift == "label":
        now = np.bincount(y) / len(y)
        shares = rng.dirichlet(np.full(len(now), 2.0))
        return (shares / now)[y]
    mixed = rng.uniform() < 0.5
    z = L @ rng.normal(size=L.shape[1]) if mixed else L[:, rng.integers(L.shape[1])]
    z = rng.choice([-1, 1]) * (z - z.mean()) / z.std()
    return np.exp(z.clip(-2, 2))


def drawn(ratio, rng):
    """Rows of the source and of the target."""
    order = rng.permutation(len(ratio))
    n = min(N_SOURCE, len(order) // 2)
    rest = order[n:]
    return order[:n], rest[rng.uniform(size=len(rest)) < ratio[rest] / ratio.max()]


class Given(BaseEstimator):
    """A weighter that knows the weights of the source rows."""

    def __init__(self, weights):
        self.weights = weights

    def fit(self, X, y=None, sample_domain=None):  # noqa: D102
        weights = np.ones(len(sample_domain))
        weights[np.asarray(sample_domain) > 0] = self.weights / self.weights.mean()
        self.weights_ = weights
        return self


class Recorded(ClassifierMixin, BaseEstimator):
    """Predictions by the number of a row: MAPIE takes no sparse rows."""

    def __init__(self, P, classes):
        self.P, self.classes_ = P, classes

    def predict_proba(self, X):  # noqa: D102
        return self.P[X[:, 0].astype(int)]

    def predict(self, X):  # noqa: D102
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def mapie_sets(model, X, y, X_test):
    """Sets by MAPIE, or None where it is not installed."""
    try:
        from mapie.classification import SplitConformalClassifier
    except ImportError:
        return None
    P = np.vstack([model.predict_proba(X), model.predict_proba(X_test)])
    recorded = Recorded(P, model.classes_)
    place = np.arange(len(P))[:, None]
    split = SplitConformalClassifier(recorded, confidence_level=1 - ALPHA, prefit=True)
    split.conformalize(place[: len(y)], y)
    return split.predict_set(place[len(y) :])[1][:, :, 0]


def sets_of_draw(shift, X, y, ratio, rng, *, natural=None):
    """Sets of all methods for the test rows of a draw, by name; and the rows."""
    source, target = drawn(ratio, rng) if natural is None else natural
    train, held = np.array_split(source, 2)
    given, test = np.array_split(target, 2)
    stacked = sparse.vstack if sparse.issparse(X) else np.vstack
    base = LogisticRegression(max_iter=300)
    model = base.fit(X[train], y[train])
    rows = stacked([X[held], X[given]])
    labels = np.r_[y[held].astype(float), np.full(len(given), np.nan)]
    d = np.repeat([1, -1], [len(held), len(given)])
    kinds = [f"{shift}_shift"] if natural is None else []
    kinds = kinds or ["covariate_shift", "label_shift"]

    def conformal(y=labels, **options):
        fitted = ConformalTransferClassifier(
            FrozenEstimator(model), alpha=ALPHA, **options
        )
        return fitted.fit(rows, y, sample_domain=d).predict_set(X[test])

    found = {
        "MAPIE, no weights": mapie_sets(model, X[held], y[held], X[test]),
        "no weights": conformal(weighter=None),
    }
    for kind in kinds:
        name = "" if natural is None else f"{kind}: "
        found[f"{name}weighted"] = conformal(weighter=kind, method="weighted")
        found[f"{name}doubly robust"] = conformal(weighter=kind)
        every = ConformalTransferClassifier(base, alpha=ALPHA, weighter=kind)
        found[f"{name}as it stands (cv=5)"] = every.fit(
            stacked([X[source], X[given]]),
            np.r_[y[source].astype(float), np.full(len(given), np.nan)],
            sample_domain=np.repeat([1, -1], [len(source), len(given)]),
        ).predict_set(X[test])
    if natural is None:
        oracle = conformal(weighter=Given(ratio[held]), method="weighted")
        found["oracle weights"] = oracle
    else:
        known = labels.copy()
        some = len(held) + rng.permutation(len(given))[:200]
        known[some] = y[given[some - len(held)]]
        found["200 target labels"] = conformal(known, target_labels="use")
    return {k: v for k, v in found.items() if v is not None}, model.classes_, y[test]


def coverage(sets, classes, y):
    """Share of the rows whose class is in their set."""
    place = np.searchsorted(classes, y).clip(max=len(classes) - 1)
    return np.mean(sets[np.arange(len(y)), place] & (classes[place] == y))


def measure(shift, pairs, draws):
    """For each method the coverage of each pair, and the mean size of its sets."""
    covered, sizes = {}, {}
    for name, X, y, pair, ratio in pairs:
        start, tested = time.process_time(), 0
        own = {}
        for draw in range(draws):
            rng = np.random.default_rng([pair, draw])
            sets, classes, truth = sets_of_draw(shift, X, y, ratio, rng)
            tested += len(truth)
            for method, found in sets.items():
                own.setdefault(method, []).append(
                    (coverage(found, classes, truth), found.sum(axis=1).mean())
                )
        for method, values in own.items():
            mean = np.mean(values, axis=0)
            covered.setdefault(method, []).append(mean[0])
            sizes.setdefault(method, []).append(mean[1])
        line = "  ".join(f"{m}: {v[-1]:.3f}" for m, v in covered.items())
        seconds = time.process_time() - start
        print(f"{shift} {name} {pair} n={tested} {seconds:.0f}s  {line}", flush=True)
    return covered, sizes


def shifted_pairs(shift, kinds, folder):
    for name, X, y, L in tables(kinds, folder):
        for pair in range(PAIRS):
            yield name, X, y, pair, ratios(shift, y, L, np.random.default_rng(pair))


def rows(shift, covered, sizes):
    """One row of the table for each method."""
    for method, values in covered.items():
        off = np.array(values) - (1 - ALPHA)
        yield {
            "shift": shift,
            "method": method,
            "pairs": len(off),
            "within .02": f"{np.mean(np.abs(off) <= BAR):.0%}",
            "mean": f"{1 - ALPHA + off.mean():.3f}",
            "mean distance": f"{np.abs(off).mean():.4f}",
            "least": f"{1 - ALPHA + off.min():.3f}",
            "most": f"{1 - ALPHA + off.max():.3f}",
            "size": f"{np.mean(sizes[method]):.2f}",
        }


def natural(kinds, folder):
    """Pairs of domains of domain_pairs, each measured once."""
    from domain_pairs import PAIRS as AUTO_PAIRS
    from domain_pairs import domains

    covered, sizes = {}, {}
    for kind in kinds:
        found = domains(kind, folder)
        for s, t in AUTO_PAIRS[kind]:
            (Xs, ys), (Xt, yt) = found[s], found[t]
            classes, counts = np.unique(ys, return_counts=True)
            common = classes[counts >= LEAST_CLASS]
            kept, known = np.isin(ys, common), np.isin(yt, common)
            Xs, ys, Xt, yt = Xs[kept], ys[kept], Xt[known], yt[known]
            if min(len(ys), len(yt)) < 600:
                continue
            X = np.concatenate([Xs, Xt])
            if X.dtype.kind == "O":
                X = words(X)
            else:
                X = StandardScaler().fit(X[: len(ys)]).transform(X)
            y = np.unique(np.r_[ys, yt].astype(str), return_inverse=True)[1]
            rng = np.random.default_rng(0)
            split = (
                rng.permutation(len(ys))[:N_SOURCE],
                len(ys) + rng.permutation(len(yt)),
            )
            sets, classes, truth = sets_of_draw(None, X, y, None, rng, natural=split)
            for method, own in sets.items():
                covered.setdefault(method, []).append(coverage(own, classes, truth))
                sizes.setdefault(method, []).append(own.sum(axis=1).mean())
            line = "  ".join(f"{m}: {v[-1]:.3f}" for m, v in covered.items())
            print(f"natural {kind} {s}->{t} n={len(truth)}  {line}", flush=True)
    return covered, sizes


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kinds", default=",".join(DEVELOPMENT))
    parser.add_argument("--shifts", default="covariate,label")
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--natural", action="store_true")
    args = parser.parse_args()
    folder = os.environ.get("SKTRANSFER_DATA")
    if not folder:
        sys.exit("Set SKTRANSFER_DATA to the folder that holds reviews/ and others.")
    warnings.simplefilter("ignore")  # weighters warn of what the table shows
    found, folder = [], Path(folder)
    if args.natural:
        found += rows("natural", *natural(args.kinds.split(","), folder))
    else:
        for shift in args.shifts.split(","):
            pairs = shifted_pairs(shift, args.kinds.split(","), folder)
            found += rows(shift, *measure(shift, pairs, args.draws))
    name = "natural" if args.natural else args.kinds.replace(",", "_")
    show(found, Path(__file__).parent / "results" / f"conformal_{name}.csv")


if __name__ == "__main__":
    main()
