"""Choosing a method without target labels: AutoTransferClassifier on pairs of domains.

Nine kinds of data: amazon_reviews, 20 newsgroups, MWPD offers, PriceRunner titles
(three English shops both ways, three English ones to two German ones), Office-Caltech
by SURF and by GoogLeNet features, digits, online shoppers, wine. The source is
labelled; the target gives half of its rows without labels and is tested on the other
half, or where it has fewer than 1000 rows, on the same ones. Pairs without shift are
one domain split in two. Numbers are gains in accuracy over the source alone, in points.

For each pair ``AutoTransferClassifier`` is run as it stands, which is what its row
reports and whose CPU seconds count. The predictions of its candidates, and of those
that it did not fit, are kept under results/auto/; on these, rules are compared, and its
own must give what it gave; a second call only reports. The lead that a candidate must
have (``guard``) is chosen for each kind of data on the other kinds: the largest one
that costs at most 5 % of the mean gain there. Further kinds, named by ``--kinds``, were
not used to develop the rule or its candidates: categories of CLS-10 in English,
shoppers split by what they did, other PriceRunner shops, and other splits of
amazon_reviews, whose sources lack a part of their rows. Wines split by what they
contain were meant to be among them, showed what agreement cannot see, and led to the
rule for one-sided candidates. ``--peers`` adds methods of skada, chosen by its own
scorers (install benchmarks/requirements.txt).
"""

from __future__ import annotations

import argparse
import gc
import itertools
import os
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from bench_topics import amazon_pairs, newsgroup_pairs
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state
from tables import show

from sktransfer.datasets import (
    load_cls10,
    load_mwpd,
    load_office_caltech,
    load_online_shoppers,
    load_pricerunner,
)
from sktransfer.metrics._prediction_entropy import prediction_entropy
from sktransfer.metrics._soft_neighborhood_density import soft_neighborhood_density
from sktransfer.transfer import AutoTransferClassifier, default_candidates
from sktransfer.transfer.auto._auto import LEAST_GAIN, MARGIN
from sktransfer.transfer.auto._candidate_runs import MAX_COMPARED
from sktransfer.transfer.auto._decision import (
    GUESSING,
    changes_shares_only,
    decide,
    estimate_accuracies,
)
from sktransfer.transfer.auto._domain_distance import domain_distance
from sktransfer.transfer.auto._elimination import (
    FIRST_LOOK,
    needless_candidates,
    students_to_prefer,
    teachers_of,
)
from sktransfer.transfer.auto._step_cache import StepCache, use_step_cache

ALONE = "source only"
RESULTS = Path(__file__).parent / "results"
TRANSDUCTIVE = 1000  # smaller targets are tested on the rows that were given
LARGEST = 3000  # rows of a side of numbers
LEADS = (0.0, 0.1, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7)
COST = 0.05
KINDS = (
    "wine",
    "digits",
    "shoppers",
    "googlenet",
    "surf",
    "pricerunner",
    "mwpd",
    "amazon",
    "newsgroups",
)
SPLITS = ("wines",)
FRESH = ("cls10", "sessions", "shops", "amazon1", "amazon2")  # not developed on


def split(kind, name, Xs, ys, Xt, yt, seed=0):
    ys, yt = np.asarray(ys), np.asarray(yt)
    n = len(yt)
    given = test = np.arange(n)
    if n >= TRANSDUCTIVE:
        order = np.random.default_rng(seed).permutation(n)
        given, test = order[: n // 2], order[n // 2 :]
    return {
        "kind": kind,
        "name": name,
        "Xs": Xs,
        "ys": ys,
        "Xu": Xt[given],
        "Xe": Xt[test],
        "yu": yt[given],
        "ye": yt[test],
    }


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


def pairs(kinds, folder):
    """All pairs: (tag, pair) with the tag "shift" or "same"."""
    for kind in kinds:
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
        if kind.startswith("amazon"):
            # another half of the target, and three quarters of the source
            seed = int(kind[-1])
            for name, Xs, ys, Xt, yt in amazon_pairs(folder):
                rows = np.random.default_rng(seed).permutation(len(ys))
                rows = rows[: 3 * len(ys) // 4]
                pair = texts(Xs)[rows], ys[rows], texts(Xt), yt
                yield "shift", split(kind, name, *pair, seed=seed)
            continue
        found = domains(kind, folder)
        for s, t in PAIRS[kind]:
            yield "shift", split(kind, f"{s}->{t}", *found[s], *found[t])
        for c in SAME[kind]:
            yield "same", halves(kind, c, *found[c])


def stored(tag, pair, cache):
    return cache / f"{tag}_{pair['kind']}_{pair['name'].replace('->', '_')}.npz"


def training(pair):
    X = np.concatenate([pair["Xs"], pair["Xu"]])
    d = np.repeat([1, -2], [len(pair["Xs"]), len(pair["Xu"])])
    y = np.full(len(X), None, dtype=object)
    y[d > 0] = pair["ys"]
    return X, y, d


def collect(tag, pair, cache):
    """Run AutoTransferClassifier, and fit what it left out, if there is no file yet."""
    path = stored(tag, pair, cache)
    if path.exists():
        return
    X, y, d = training(pair)
    start = time.process_time()
    auto = AutoTransferClassifier().fit(X, y, sample_domain=d)
    kept = {
        "s|auto": np.array([time.process_time() - start]),
        "auto": np.array(auto.decision_.candidate),
        "auto_status": auto.report_["status"].astype(str),
        "auto_said": auto.predict(pair["Xe"]),
        "classes": auto.classes_,
        "ye": pair["ye"],
        "n_source": np.array(len(pair["ys"])),
        "source_shares": np.unique(pair["ys"], return_counts=True)[1] / sum(d > 0),
    }
    same_rows = pair["Xu"].shape == pair["Xe"].shape and (
        np.asarray(pair["Xu"] == pair["Xe"]).all()
    )
    shared = StepCache()
    for name, model in default_candidates(X):
        fitted = auto.estimators_.get(name)
        if fitted is None or name == ALONE:
            start = time.process_time()
            fitted = use_step_cache(model, shared).fit(X, y, sample_domain=d)
            given = fitted.predict_proba(pair["Xu"])
            if name == ALONE:
                kept[f"s|{name}"] = np.array([time.process_time() - start])
                kept["distance"] = np.array(domain_distance(fitted, X, d))
        else:
            given = fitted.predict_proba(pair["Xu"])
        kept[f"pu|{name}"] = given.astype(np.float32)
        test = given if same_rows else fitted.predict_proba(pair["Xe"])
        kept[f"pe|{name}"] = test.astype(np.float32)
    np.savez(path, **kept)
    gc.collect()  # fitted candidates hold each other's results in cycles


def collect_peers(tag, pair, cache):
    """Methods of skada, on standardised rows or 200 latent dimensions of texts."""
    from skada import (
        CORAL,
        DensityReweight,
        OTMappingAdapter,
        SubspaceAlignment,
        make_da_pipeline,
    )

    path = stored(tag, pair, cache)
    kept = dict(np.load(path, allow_pickle=True))
    if "kpu|none" in kept:
        return
    X, _, d = training(pair)
    if isinstance(X[0], str):
        tfidf = TfidfVectorizer(
            ngram_range=(1, 2), sublinear_tf=True, min_df=3, max_features=50_000
        )
        latent = make_pipeline(tfidf, TruncatedSVD(200, random_state=0))
        Z, Ze, C = latent.fit_transform(X), latent.transform(pair["Xe"]), 10
    else:
        latent = StandardScaler().fit(pair["Xs"])
        Z, Ze, C = latent.transform(X), latent.transform(pair["Xe"]), 1
    classes, codes = np.unique(pair["ys"], return_inverse=True)
    y = np.concatenate([codes, np.full(len(pair["Xu"]), -1)])
    base = LogisticRegression(C=C, max_iter=1000)
    methods = {
        "none": make_da_pipeline(base),
        "CORAL": CORAL(base),
        "SubspaceAlignment": SubspaceAlignment(
            base, n_components=min(20, Z.shape[1] - 1)
        ),
        "DensityReweight": DensityReweight(
            LogisticRegression(C=C, max_iter=1000).set_fit_request(sample_weight=True)
        ),
        "OTMapping": make_da_pipeline(OTMappingAdapter(), base),
    }
    for name, model in methods.items():
        start = time.process_time()
        try:
            model.fit(Z, y, sample_domain=d)
            kept[f"kpu|{name}"] = model.predict_proba(Z[d < 0]).astype(np.float32)
            kept[f"kpe|{name}"] = model.predict_proba(Ze).astype(np.float32)
        except Exception as error:
            print(f"skada {name} on {path.stem}: {error!r}"[:160])
        kept[f"ks|{name}"] = np.array([time.process_time() - start])
    kept["kclasses"] = classes
    np.savez(path, **kept)


def read(cache, kinds):
    """What is needed of each pair to compare rules."""
    cases = []
    for path in sorted(cache.glob("*.npz")):
        tag, kind, name = path.stem.split("_", 2)
        if kind not in kinds:
            continue
        kept = np.load(path, allow_pickle=True)
        names = [k[3:] for k in kept.files if k.startswith("pu|")]
        found = TEXT if "native" in names else FEW
        found = MANY if "unit rows" in names else found
        wanted, models = zip(*found)
        if any(n not in names for n in wanted):
            print(f"{path.stem}: not all candidates are there, left out")
            continue
        given = np.stack([kept[f"pu|{n}"] for n in wanted], axis=1)
        right = [
            100 * np.mean(kept["classes"][kept[f"pe|{n}"].argmax(axis=1)] == kept["ye"])
            for n in wanted
        ]
        peers = [k[4:] for k in kept.files if k.startswith("kpu|")]
        case = {
            "tag": tag,
            "kind": kind,
            "name": name.replace("_", "->"),
            "names": wanted,
            "models": models,
            "gains": np.array(right) - right[0],
            "source": right[0],
            "no_shift": bool(kept["distance"][0] <= kept["distance"][1]),
            "given": given,
            "auto": str(kept["auto"]),
            "auto_gain": 100 * np.mean(kept["auto_said"] == kept["ye"]) - right[0],
            "auto_cost": float(kept["s|auto"][0] / kept[f"s|{ALONE}"][0]),
            "eliminated": sum(s.startswith("elim") for s in kept["auto_status"]),
            "peers": {
                p: (
                    kept[f"kpu|{p}"],
                    100
                    * np.mean(
                        kept["kclasses"][kept[f"kpe|{p}"].argmax(axis=1)] == kept["ye"]
                    )
                    - right[0],
                )
                for p in peers
            },
        }
        compare(case, int(kept["n_source"]), kept["source_shares"])
        cases.append(case)
    return cases


TEXT = default_candidates(texts(["good", "bad"]))
FEW, MANY = (default_candidates(np.zeros((4, n))) for n in (2, 100))


def compare(case, n_source, source_shares):
    """Do what AutoTransferClassifier does, with predictions that are there."""
    said = case["given"].argmax(axis=2)
    n_classes = case["given"].shape[2]
    if len(said) > MAX_COMPARED:
        target = np.arange(n_source, n_source + len(said))
        drawn = check_random_state(0).choice(target, MAX_COMPARED, replace=False)
        said = said[np.sort(drawn) - n_source]
    names, models = list(case["names"]), list(case["models"])
    alike = (said == said[:, [0]]).mean(axis=0)
    at = list(range(FIRST_LOOK))
    found, _ = estimate_accuracies(said[:, at], n_classes)
    out = needless_candidates(found, alike[at], at, models, names, LEAST_GAIN)
    for key, every in (("", False), ("all ", True)):
        at = [j for j in range(len(names)) if every or j not in out]
        found, accuracy = estimate_accuracies(said[:, at], n_classes)
        scores = np.full(len(names), np.nan)
        scores[at] = found.scores
        case[f"{key}scores"] = scores
        case[f"{key}best"] = at[int(np.argmax(accuracy))]
        case[f"{key}students"] = students_to_prefer(found, at, teachers_of(models))
    case["differ"] = 1 - alike
    case["shares_only"] = changes_shares_only(said, source_shares)
    case["floor"] = GUESSING if n_classes == 2 else 0.0


def taken(
    case, lead=MARGIN, least=LEAST_GAIN, look=True, key="", students=True, shares=True
):
    """Place of the candidate that AutoTransferClassifier takes."""
    if look and case["no_shift"]:
        return 0
    return decide(
        list(case["names"]),
        case[f"{key}scores"],
        case["differ"],
        lead,
        least_gain=least,
        preferred=case[f"{key}students"] if students else (),
        shares_only=case["shares_only"] if shares else None,
        floor=case["floor"] if shares else 0.0,
    )[0]


def mean_gain(cases, lead):
    return np.mean([c["gains"][taken(c, lead)] for c in cases])


def leads_by_kind(cases):
    """The lead for each kind, chosen on pairs with shift of the other kinds."""
    shifted, chosen = [c for c in cases if c["tag"] == "shift"], {}
    shifted = [c for c in shifted if c["kind"] in KINDS]
    for kind in {c["kind"] for c in cases}:
        others = [c for c in shifted if c["kind"] != kind]
        if not others:
            chosen[kind] = MARGIN
            continue
        gains = {lead: mean_gain(others, lead) for lead in LEADS}
        enough = (1 - COST) * max(gains.values())
        chosen[kind] = max(lead for lead, gain in gains.items() if gain >= enough)
    return chosen


def by_score(case, score):
    """Gain of the candidate with the best score of its predictions."""
    values = [score(case["given"][:, j]) for j in range(len(case["names"]))]
    return case["gains"][int(np.argmax(values))]


def peer_by_score(case, score):
    if not case["peers"]:
        return np.nan
    return max(case["peers"].values(), key=lambda found: score(found[0]))[1]


def entropy(p):
    return -prediction_entropy(p)


def constant(case, name):
    names = list(case["names"])
    return case["gains"][names.index(name)] if name in names else np.nan


RULES = {
    "source only": lambda c: 0.0,
    "oracle (target labels)": lambda c: c["gains"].max(),
    "mean of all candidates": lambda c: c["gains"][1:].mean(),
    "AutoTransferClassifier": lambda c: c["auto_gain"],
    "  lead of the other kinds": lambda c: c["gains"][taken(c, c["lead"])],
    "  without elimination": lambda c: c["gains"][taken(c, key="all ")],
    "  students not preferred": lambda c: c["gains"][taken(c, students=False)],
    "  one-sided candidates taken": lambda c: c["gains"][taken(c, shares=False)],
    "  without the look at the domains": lambda c: c["gains"][taken(c, look=False)],
    "  without a guard": lambda c: c["gains"][c["all best"]],
    "prediction entropy": lambda c: by_score(c, entropy),
    "soft neighborhood density": lambda c: by_score(c, soft_neighborhood_density),
    "always distilled": lambda c: np.nanmax(
        [constant(c, "distilled"), constant(c, "scaled, distilled")]
    ),
    "always scaled, self-trained": lambda c: constant(c, "scaled, self-trained"),
    "skada by prediction entropy": lambda c: peer_by_score(c, entropy),
    "skada by soft neighborhood density": lambda c: peer_by_score(
        c, soft_neighborhood_density
    ),
}


def rows(cases, kinds):
    """One row for each rule."""
    shifted = [c for c in cases if c["tag"] == "shift"]
    same = [c for c in cases if c["tag"] == "same"]
    best = np.array([c["gains"].max() for c in shifted])
    for label, rule in RULES.items():
        gains = np.array([rule(c) for c in shifted], float)
        have = ~np.isnan(gains)
        if not have.any():
            continue
        row = {
            "rule": label,
            "pairs": int(have.sum()),
            "mean": f"{gains[have].mean():+.2f}",
            # of the oracle on the same pairs
            "of oracle": f"{gains[have].mean() / best[have].mean():.0%}",
            "worst": f"{gains[have].min():+.1f}",
            "< -1": int((gains[have] < -1).sum()),
            "no shift": f"{np.nanmean([rule(c) for c in same]):+.2f}" if same else "",
        }
        for kind in kinds:
            own = [rule(c) for c in shifted if c["kind"] == kind]
            own = [gain for gain in own if not np.isnan(gain)]
            row[kind] = f"{np.mean(own):+.1f}" if own else ""
        yield row


def report(cases, path):
    leads = leads_by_kind(cases)
    print("lead by leaving the kind out:", dict(sorted(leads.items())))
    for c in cases:
        c["lead"] = leads[c["kind"]]
    for label, kinds in (
        ("developed on", KINDS),
        ("split by a feature", SPLITS),
        ("not developed on", FRESH),
    ):
        own = [c for c in cases if c["kind"] in kinds]
        if own:
            n = sum(c["tag"] == "shift" for c in own)
            print(f"\n{label}: {n} pairs with shift, {len(own) - n} without")
            kinds = [k for k in kinds if any(c["kind"] == k for c in own)]
            name = "_".join([path.stem, *label.split()])
            show(rows(own, kinds), path.with_name(f"{name}.csv"))
            costs(own)
    print()
    for c in cases:
        j = list(c["names"]).index(c["auto"])
        gain = 100 * (np.nanmax(c["scores"]) - c["scores"][0])
        print(
            f"{c['tag']:6}{c['kind']:12}{c['name']:36}source {c['source']:5.1f}  "
            f"{c['auto']:22}{c['auto_gain']:+6.1f} of {c['gains'].max():+5.1f}  "
            f"expected {gain:+5.1f}  eliminated {c['eliminated']}"
            + ("  (no shift seen)" if c["no_shift"] else "")
            + ("" if taken(c) == j else f"  by hand: {c['names'][taken(c)]}")
        )


def costs(cases):
    """CPU seconds of fit, in fits of the source alone."""
    for label, found in (("texts", TEXT), ("few features", FEW), ("many", MANY)):
        own = [c for c in cases if c["names"][1:] == tuple(n for n, _ in found[1:])]
        for tag in ("shift", "same"):
            cost = [c["auto_cost"] for c in own if c["tag"] == tag]
            if cost:
                print(
                    f"{label}, {tag}: {np.median(cost):.1f} fits of the source alone "
                    f"({np.percentile(cost, 10):.1f}-{np.percentile(cost, 90):.1f})"
                )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--peers", action="store_true", help="fit skada's methods too")
    parser.add_argument("--report", action="store_true", help="fit nothing")
    parser.add_argument("--cache", type=Path, default=RESULTS / "auto")
    args = parser.parse_args()
    kinds = args.kinds.split(",")
    folder = os.environ.get("SKTRANSFER_DATA")
    if not args.report:
        if not folder:
            sys.exit(
                "Set SKTRANSFER_DATA to the folder that holds reviews/ and others."
            )
        args.cache.mkdir(parents=True, exist_ok=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # candidates warn of what the table shows
            for tag, pair in pairs(kinds, Path(folder)):
                collect(tag, pair, args.cache)
                if args.peers:
                    collect_peers(tag, pair, args.cache)
                print(tag, pair["kind"], pair["name"], flush=True)
    report(read(args.cache, kinds), RESULTS / "auto.csv")


if __name__ == "__main__":
    main()
