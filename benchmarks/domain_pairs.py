"""Pairs of domains, source and target, of the benchmarks that choose and estimate.

The source is labelled; the target gives half of its rows without labels and is tested
on the other half, or where it has fewer than 1000 rows, on the same ones. Pairs tagged
"same" are one domain split in two. Constants of what is measured on them were chosen on
the kinds of ``DEVELOPMENT``; those of ``CONFIRMATION`` were looked at afterwards.
"""

from __future__ import annotations

import itertools
import os
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp
from bench_topics import amazon_pairs, newsgroup_pairs
from sklearn.feature_extraction.text import TfidfVectorizer

from sktransfer.datasets import (
    load_cls10,
    load_muse_dictionary,
    load_mwpd,
    load_office_caltech,
    load_online_shoppers,
    load_pricerunner,
)
from sktransfer.transfer import crosslingual_candidates, default_candidates

TRANSDUCTIVE = 1000  # smaller targets are tested on the rows that were given
LARGEST = 3000  # rows of a side of numbers
DEVELOPMENT = (
    "wine",
    "digits",
    "shoppers",
    "googlenet",
    "surf",
    "wines",
    "sessions",
    "pricerunner",
    "amazon",
    "amazontfidf",
)
CONFIRMATION = (
    "newsgroups",
    "mwpd",
    "shops",
    "cls10",
    "crossde",
    "crossjp",
    "ownde",
    "ownjp",
)
# how many pairs of a kind are drawn with other shares of the classes
TILTED = {
    "amazon": 5,
    "digits": 2,
    "sessions": 3,
    "pricerunner": 3,
    "newsgroups": 3,
    "mwpd": 1,
    "surf": 2,
    "wine": 1,
}
KINDS = (*DEVELOPMENT, *CONFIRMATION, "tilted")
CATEGORIES = ("books", "dvd", "music")


def is_development(kind, name):
    """Whether constants may have been chosen on a pair."""
    return (name.split()[0] if kind == "tilted" else kind) in DEVELOPMENT


def split(kind, name, Xs, ys, Xt, yt, seed=0):
    ys, yt = np.asarray(ys), np.asarray(yt)
    n = len(yt)
    given = test = np.arange(n)
    if n >= TRANSDUCTIVE:
        order = np.random.default_rng(seed).permutation(n)
        given, test = order[: n // 2], order[n // 2 :]
    return as_pair(kind, name, Xs, ys, Xt[given], yt[given], Xt[test], yt[test])


def as_pair(kind, name, Xs, ys, Xu, yu, Xe, ye):
    """Labelled source rows, unlabelled target rows, and target rows to test on."""
    ys, yu, ye = (np.asarray(y) for y in (ys, yu, ye))
    pair = {"kind": kind, "name": name, "Xs": Xs, "ys": ys}
    return {**pair, "Xu": Xu, "yu": yu, "Xe": Xe, "ye": ye}


def tested_on_given(pair):
    """Whether a pair is tested on the rows that were given without labels."""
    Xu, Xe = pair["Xu"], pair["Xe"]
    if sp.issparse(Xu) or Xu.shape != Xe.shape:
        return False
    return bool(np.asarray(Xu == Xe).all())


def halves(kind, name, X, y):
    """One domain split in two."""
    y = np.asarray(y)
    order = np.random.default_rng(0).permutation(len(y))[:4000]
    a, b = np.array_split(order, [len(order) // 2])
    return split(kind, name, X[a], y[a], X[b], y[b])


def texts(values):
    return np.array(list(values), dtype=object)


def wine(folder):
    table = pd.read_csv(folder / "tabular" / "wine_quality.csv.gz")
    X = table.drop(columns=["quality", "color"]).to_numpy(float)
    y = (table["quality"] >= 6).to_numpy().astype(int)
    return {
        c: (X[table["color"] == c], y[table["color"] == c]) for c in ("red", "white")
    }


def wines(folder):
    """Wines of one colour below and above the median of what they contain."""
    table = pd.read_csv(folder / "tabular" / "wine_quality.csv.gz")
    found = {}
    for colour in ("red", "white"):
        own = table[table["color"] == colour]
        y = (own["quality"] >= 6).to_numpy().astype(int)
        X = own.drop(columns=["quality", "color"])
        for column in ("alcohol", "volatile acidity", "residual sugar"):
            low = (X[column] <= X[column].median()).to_numpy()
            name = f"{colour} {column.split()[-1]}"
            found[f"{name} low"] = X[low].to_numpy(float), y[low]
            found[f"{name} high"] = X[~low].to_numpy(float), y[~low]
    return found


def cls10(folder):
    found = {}
    for name in ("books", "dvd", "music"):
        data = load_cls10("en", name, data_home=folder)
        found[name] = texts(data.data), data.target
    return found


def digits(folder):
    z = np.load(folder / "images" / "mnist_usps.npz")
    return {
        c: (z[f"X_{c}"].astype(float), z[f"y_{c}"].astype(int))
        for c in ("mnist", "usps")
    }


def shoppers(folder):
    data = load_online_shoppers(data_home=folder)
    found = {}
    for c in ("May", "Nov", "Mar", "Dec"):
        found[c] = data.month == c
    for c in ("Returning", "New"):
        found[c] = data.visitor_type == f"{c}_Visitor"
    rows = {c: np.flatnonzero(mask) for c, mask in found.items()}
    for c, r in rows.items():
        if len(r) > LARGEST:
            rows[c] = np.random.default_rng(0).permutation(r)[:LARGEST]
    return {c: (data.data[r], data.target[r]) for c, r in rows.items()}


def sessions(folder):
    """Online shoppers below and above the median of what they did."""
    data = load_online_shoppers(data_home=folder)
    rows = np.sort(np.random.default_rng(0).permutation(len(data.target))[:6000])
    X, y = data.data[rows], data.target[rows]
    names = list(data.feature_names)
    found = {}
    for column in ("ExitRates", "ProductRelated_Duration", "PageValues", "TrafficType"):
        values = X[:, names.index(column)]
        low = values <= np.median(values)
        found[f"{column} low"], found[f"{column} high"] = (
            (X[low], y[low]),
            (X[~low], y[~low]),
        )
    return found


def office(folder, features):
    names = ["amazon", "dslr", "webcam", *["caltech"] * (features == "surf")]
    found = {}
    for c in names:
        other = next(o for o in names if o != c)
        data = load_office_caltech(c, other, features=features, data_home=folder)
        rows = data.sample_domain > 0
        found[c] = data.data[rows].astype(float), data.target[rows]
    return found


def pricerunner(folder):
    data = load_pricerunner(data_home=folder)
    shops = (3, 6, 7, 17, 119, 298)
    return {
        str(c): (data.data[data.shop == c], data.target[data.shop == c]) for c in shops
    }


def shops(folder):
    """The largest PriceRunner shops that the development pairs leave out."""
    data = load_pricerunner(data_home=folder)
    shop, count = np.unique(data.shop, return_counts=True)
    other = ~np.isin(shop, (3, 6, 7, 17, 119, 298))
    largest = shop[other][np.argsort(-count[other], kind="stable")[:4]]
    return {
        f"shop {i}": (data.data[data.shop == c], data.target[data.shop == c])
        for i, c in enumerate(largest)
    }


def mwpd(folder):
    data = load_mwpd(subset="all", data_home=folder)
    tlds = {"com": ["com"], "uk": ["uk"], "au": ["au"], "us": ["us"]}
    tlds["ca+.."] = ["ca", "net", "ie", "org", "nz"]
    found = {}
    for name, group in tlds.items():
        rows = np.flatnonzero(np.isin(data.tld.astype(str), group))
        if name == "com":
            rows = np.random.default_rng(0).permutation(rows)[:4000]
        found[name] = data.data[rows], data.target[rows]
    return found


def both_ways(names):
    return list(itertools.permutations(names, 2))


PAIRS = {
    "wine": both_ways(["red", "white"]),
    "digits": both_ways(["mnist", "usps"]),
    "shoppers": [
        ("May", "Nov"),
        ("Nov", "May"),
        ("Mar", "Nov"),
        ("Nov", "Dec"),
        ("Returning", "New"),
        ("New", "Returning"),
    ],
    "googlenet": both_ways(["amazon", "dslr", "webcam"]),
    "surf": both_ways(["amazon", "caltech", "dslr", "webcam"]),
    "pricerunner": both_ways(["6", "7", "17"])
    + list(itertools.product(["3", "6", "7"], ["119", "298"])),
    "mwpd": [("com", t) for t in ("uk", "au", "us", "ca+..")],
    "cls10": both_ways(["books", "dvd", "music"]),
    "shops": both_ways([f"shop {i}" for i in range(4)]),
    "sessions": [
        pair
        for column in (
            "ExitRates",
            "ProductRelated_Duration",
            "PageValues",
            "TrafficType",
        )
        for pair in both_ways([f"{column} {side}" for side in ("low", "high")])
    ],
    "wines": [
        pair
        for colour in ("red", "white")
        for column in ("alcohol", "acidity", "sugar")
        for pair in both_ways([f"{colour} {column} {side}" for side in ("low", "high")])
    ],
}
SAME = {
    "wine": ["red", "white"],
    "digits": ["mnist", "usps"],
    "shoppers": ["May", "Nov"],
    "googlenet": ["amazon"],
    "surf": ["amazon", "caltech"],
    "pricerunner": ["3", "119"],
    "mwpd": ["com"],
    "cls10": ["books", "music"],
    "wines": ["red alcohol high", "white sugar low"],
    "shops": ["shop 0"],
    "sessions": ["ExitRates low"],
}


def domains(kind, folder):
    if kind in ("surf", "googlenet"):
        return office(folder, kind)
    return globals()[kind](folder)


def tilted(_, folder):
    """Pairs whose target has other shares of the classes."""
    for kind, n in TILTED.items():
        own = [pair for tag, pair in pairs([kind], folder) if tag == "shift"]
        rng = np.random.default_rng(7)
        for i in rng.permutation(len(own))[:n]:
            yield tilt(own[i], rng)


def tilt(pair, rng):
    """Draw target rows with other shares of the classes, .2 and .8 if there are two."""
    X, y = pair["Xu"], pair["yu"]
    if not tested_on_given(pair):
        X, y = np.concatenate([X, pair["Xe"]]), np.concatenate([y, pair["ye"]])
    classes, codes = np.unique(y, return_inverse=True)
    two = len(classes) == 2
    shares = rng.dirichlet(np.full(len(classes), 1.0 if two else 1.5))
    size = len(y) // 2
    if two:
        shares = np.array([0.2, 0.8])[:: rng.choice([1, -1])]
        size = (np.bincount(codes) / shares).min()
    size = min(size, 2000)
    rows = []
    for k, share in enumerate(shares):
        own = rng.permutation(np.flatnonzero(codes == k))
        rows.append(own[: round(min(size * share, len(own)))])
    rows = rng.permutation(np.concatenate(rows))
    name = f"{pair['kind']} {pair['name']}"
    return split("tilted", name, pair["Xs"], pair["ys"], X[rows], y[rows])


def amazon_tfidf(kind, folder):
    """amazon_reviews as tf-idf matrices with 1000 unlabelled target rows."""
    for name, Xs, ys, Xt, yt in amazon_pairs(folder):
        Xt = texts(Xt)
        order = np.random.default_rng(0).permutation(len(yt))
        given, test = order[:1000], order[1000:]
        words = TfidfVectorizer(sublinear_tf=True, min_df=2)
        words.fit([*Xs, *Xt[given]])
        Xs, Xu, Xe = (words.transform(X) for X in (Xs, Xt[given], Xt[test]))
        yield as_pair(kind, name, Xs, ys, Xu, yt[given], Xe, yt[test])


def crosslingual(kind, folder):
    """English categories to German or Japanese ones, by a dictionary."""
    language = kind[-2:]
    loaded = load_muse_dictionary({"de": "de", "jp": "ja"}[language], data_home=folder)
    for s, t in itertools.product(CATEGORIES, CATEGORIES):
        source = reviews("en", s, "train", folder)
        given, test = (reviews(language, t, part, folder) for part in ("train", "test"))
        pair = as_pair(kind, f"{s}->{t}", *source, *given, *test)
        yield {**pair, "candidates": crosslingual_candidates(loaded.dictionary)}


def own_language(kind, folder):
    """German or Japanese categories to others of the same language."""
    for s, t in both_ways(CATEGORIES):
        source = reviews(kind[-2:], s, "train", folder)
        X, y = reviews(kind[-2:], t, "train", folder)
        test = reviews(kind[-2:], t, "test", folder)
        yield as_pair(kind, f"{s}->{t}", *source, X[:1000], y[:1000], *test)


def reviews(language, category, subset, folder):
    data = load_cls10(language, category, subset=subset, data_home=folder)
    return texts(data.data), np.asarray(data.target)


OTHER = {
    "tilted": tilted,
    "amazontfidf": amazon_tfidf,
    "crossde": crosslingual,
    "crossjp": crosslingual,
    "ownde": own_language,
    "ownjp": own_language,
}


def pairs(kinds, folder):
    """All pairs: (tag, pair) with the tag "shift" or "same"."""
    for kind in kinds:
        if kind in OTHER:
            for pair in OTHER[kind](kind, folder):
                yield "shift", pair
            continue
        if kind in ("amazon", "newsgroups"):
            load = amazon_pairs if kind == "amazon" else newsgroup_pairs
            seen = set()
            for name, Xs, ys, Xt, yt in load(folder):
                yield "shift", split(kind, name, texts(Xs), ys, texts(Xt), yt)
                source = name.split("->")[0]
                if source in ("dvd", "kitchen", "comp-rec") and source not in seen:
                    seen.add(source)
                    yield "same", halves(kind, source, texts(Xs), ys)
            continue
        found = domains(kind, folder)
        for s, t in PAIRS[kind]:
            yield "shift", split(kind, f"{s}->{t}", *found[s], *found[t])
        for c in SAME[kind]:
            yield "same", halves(kind, c, *found[c])


def stored(tag, pair, cache):
    return cache / f"{tag}_{pair['kind']}_{pair['name'].replace('->', '_')}.npz"


def training(pair):
    """Rows, labels and domains to fit with."""
    sides = pair["Xs"], pair["Xu"]
    X = sp.vstack(sides).tocsr() if sp.issparse(sides[0]) else np.concatenate(sides)
    d = np.repeat([1, -2], [X.shape[0] for X in sides])
    y = np.full(len(d), None, dtype=object)
    y[d > 0] = pair["ys"]
    return X, y, d


def candidates_of(pair, X):
    return pair.get("candidates") or default_candidates(X)


def visit(kinds, steps, cache):
    """Take each pair of some kinds through steps that keep results in a folder."""
    folder = os.environ.get("SKTRANSFER_DATA")
    if not folder:
        sys.exit("Set SKTRANSFER_DATA to the folder that holds reviews/ and others.")
    cache.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # candidates warn of what the table shows
        for tag, pair in pairs(kinds, Path(folder)):
            for step in steps:
                step(tag, pair, cache)
            print(tag, pair["kind"], pair["name"], flush=True)
