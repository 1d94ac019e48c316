"""Choosing a method without target labels: AutoTransferClassifier on pairs of domains.

Gains in accuracy over the source alone, on test rows of the target, in points. Pairs
and their split into development and confirmation are those of ``domain_pairs``; tilted
draws count with the kind they were drawn from. The predictions of all candidates are
those that ``bench_estimate`` keeps: the first call fits them, ``--report`` reads them
and decides with the functions of the package. ``--run`` fits AutoTransferClassifier
itself on some kinds, which shows what it costs and that the report is right; its halves
of the labels are drawn in another way. ``--peers`` adds methods of skada, chosen by its
own scorers (install benchmarks/requirements.txt).
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from bench_estimate import ALONE, RESULTS, collect, collect_weights, read, stored
from domain_pairs import (
    KINDS,
    candidates_of,
    is_development,
    training,
    visit,
)
from sklearn.base import clone
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tables import show

from sktransfer.metrics._prediction_entropy import prediction_entropy
from sktransfer.metrics._soft_neighborhood_density import soft_neighborhood_density
from sktransfer.transfer import AutoTransferClassifier

LOSS = -1.0  # worse counts as a loss


def run(tag, pair, cache):
    """Fit AutoTransferClassifier, the source alone and the one taken by themselves."""
    path = stored(tag, pair, cache / "runs")
    if path.exists():
        return
    X, y, d = training(pair)
    candidates = candidates_of(pair, X)
    start = time.process_time()
    auto = AutoTransferClassifier(candidates).fit(X, y, sample_domain=d)
    seconds = [time.process_time() - start]
    right = [np.mean(auto.predict(pair["Xe"]) == pair["ye"])]
    for name in (ALONE, auto.decision_.candidate):
        model = clone(dict(candidates)[name])
        start = time.process_time()
        model.fit(X, y, sample_domain=d)
        seconds.append(time.process_time() - start)
        right.append(np.mean(model.predict(pair["Xe"]) == pair["ye"]))
    path.parent.mkdir(exist_ok=True)
    np.savez(path, candidate=auto.decision_.candidate, right=right, seconds=seconds)


def latent_rows(pair):
    """Rows for methods of skada, and how little to regularise on them."""
    X, _, d = training(pair)
    C, latent = 10, TruncatedSVD(200, random_state=0)
    if isinstance(X[0], str):
        tfidf = TfidfVectorizer(
            ngram_range=(1, 2), sublinear_tf=True, min_df=3, max_features=50_000
        )
        latent = make_pipeline(tfidf, latent)
    elif isinstance(X, np.ndarray):
        C, latent = 1, StandardScaler().fit(pair["Xs"])
    Z = latent.transform(X) if C == 1 else latent.fit_transform(X)
    return Z, latent.transform(pair["Xe"]), d, C


def collect_peers(tag, pair, cache):
    """Methods of skada, on standardised rows or 200 latent dimensions of texts."""
    from skada import (
        CORAL,
        DensityReweight,
        OTMappingAdapter,
        SubspaceAlignment,
        make_da_pipeline,
    )

    path, kept = stored(tag, pair, cache / "peers"), {}
    if path.exists() or pair["kind"].startswith("cross"):
        return
    Z, Ze, d, C = latent_rows(pair)
    classes, codes = np.unique(pair["ys"], return_inverse=True)
    y = np.concatenate([codes, np.full(pair["Xu"].shape[0], -1)])
    base = LogisticRegression(C=C, max_iter=1000)
    weighted = LogisticRegression(C=C, max_iter=1000).set_fit_request(
        sample_weight=True
    )
    methods = {
        "none": make_da_pipeline(base),
        "CORAL": CORAL(base),
        "SubspaceAlignment": SubspaceAlignment(
            base, n_components=min(20, Z.shape[1] - 1)
        ),
        "DensityReweight": DensityReweight(weighted),
        "OTMapping": make_da_pipeline(OTMappingAdapter(), base),
    }
    for name, model in methods.items():
        try:
            model.fit(Z, y, sample_domain=d)
            kept[f"u|{name}"] = model.predict_proba(Z[d < 0]).astype(np.float32)
            said = classes[model.predict_proba(Ze).argmax(axis=1)]
            kept[f"right|{name}"] = np.mean(said == pair["ye"])
        except Exception as error:
            print(f"skada {name} on {path.stem}: {error!r}"[:160])
    path.parent.mkdir(exist_ok=True)
    np.savez(path, **kept)


def outcome(case, cache):
    """Gains of all candidates, of what is taken, and of what was run."""
    kept = case.kept
    right = [
        np.mean(kept["classes"][kept[f"pe|{n}"].argmax(axis=1)] == kept["ye"])
        for n in case.names
    ]
    file = stored(case.tag, {"kind": case.kind, "name": case.name}, Path())
    found = {
        "case": case,
        "gains": 100 * (np.array(right) - right[0]),
        "given": [kept[f"pu|{n}"] for n in case.names],
        "development": is_development(case.kind, case.name),
        "run": None,
        "peers": [],
    }
    if (cache / "runs" / file).exists():
        ran = np.load(cache / "runs" / file)
        found["run"] = {
            "candidate": str(ran["candidate"]),
            "gain": 100 * (ran["right"][0] - ran["right"][1]),
            "cost": ran["seconds"][0] / ran["seconds"][1:],
        }
    if (cache / "peers" / file).exists():
        peers = np.load(cache / "peers" / file)
        found["peers"] = [
            (peers[key], 100 * (peers[f"right{key[1:]}"] - right[0]))
            for key in peers.files
            if key.startswith("u|")
        ]
    return found


def certainty(p):
    return -prediction_entropy(p)


def by_score(own, score):
    """Gain of the candidate with the best score of its predictions."""
    return own["gains"][int(np.argmax([score(p) for p in own["given"]]))]


def peer_by_score(own, score):
    if not own["peers"]:
        return np.nan
    return max(own["peers"], key=lambda found: score(found[0]))[1]


def distilled(own):
    names = own["case"].names
    which = [j for j, n in enumerate(names) if n in ("distilled", "scaled, distilled")]
    return own["gains"][which[0]]


def taken(own):
    return own["gains"][own["case"].taken]


RULES = {
    "oracle (target labels)": lambda own: own["gains"].max(),
    "mean of all candidates": lambda own: own["gains"][1:].mean(),
    "AutoTransferClassifier": taken,
    "  the same, fitted": lambda own: own["run"]["gain"] if own["run"] else np.nan,
    "always distilled": distilled,
    "prediction entropy": lambda own: by_score(own, certainty),
    "soft neighborhood density": lambda own: by_score(own, soft_neighborhood_density),
    "skada by prediction entropy": lambda own: peer_by_score(own, certainty),
    "skada by soft neighborhood density": lambda own: peer_by_score(
        own, soft_neighborhood_density
    ),
}


def rows(found):
    """One row for each rule; shares of the oracle are on the pairs it was run on."""
    shifted = [own for own in found if own["case"].tag == "shift"]
    same = [own for own in found if own["case"].tag == "same"]
    best = np.array([own["gains"].max() for own in shifted])
    for label, rule in RULES.items():
        gains = np.array([rule(own) for own in shifted], float)
        have = ~np.isnan(gains)
        if not have.any():
            continue
        without = np.array([rule(own) for own in same], float)
        without = without[~np.isnan(without)]
        yield {
            "rule": label,
            "pairs": int(have.sum()),
            "mean": f"{gains[have].mean():+.2f}",
            "of oracle": f"{gains[have].mean() / best[have].mean():.0%}",
            "worst": f"{gains[have].min():+.1f}",
            "< -1": int((gains[have] < LOSS).sum()),
            # by refusing where a candidate would have gained
            "left": f"{(best - gains)[have & (gains == 0)].sum() / have.sum():.2f}",
            "no shift": f"{without.mean():+.2f}" if without.size else "",
        }


def kinds_of(found):
    """One row for each kind."""
    for kind in dict.fromkeys(own["case"].kind for own in found):
        own = [o for o in found if o["case"].kind == kind and o["case"].tag == "shift"]
        gains = np.array([[taken(o), o["gains"].max(), distilled(o)] for o in own])
        yield {
            "kind": kind,
            "pairs": len(own),
            "oracle": f"{gains[:, 1].mean():+.2f}",
            "Auto": f"{gains[:, 0].mean():+.2f}",
            "worst": f"{gains[:, 0].min():+.1f}",
            "adapted": sum(o["case"].taken > 0 for o in own),
            "distilled": f"{gains[:, 2].mean():+.2f}",
            "distilled, worst": f"{gains[:, 2].min():+.1f}",
        }


def costs(found):
    """CPU seconds of a fit, in fits of the source alone and of the one taken."""
    for kind in dict.fromkeys(own["case"].kind for own in found):
        own = [o for o in found if o["case"].kind == kind and o["run"]]
        if own:
            cost = np.median([o["run"]["cost"] for o in own], axis=0)
            same = sum(
                o["run"]["candidate"] == o["case"].names[o["case"].taken] for o in own
            )
            print(
                f"{kind}: {cost[0]:.1f} fits of the source alone, {cost[1]:.1f} of the "
                f"one taken; as in the report on {same} of {len(own)} pairs"
            )


def report(found, folder):
    for label, development in (("development", True), ("confirmation", False)):
        own = [o for o in found if o["development"] is development]
        if own:
            print(f"\n{label}")
            show(rows(own), folder / f"auto_{label}.csv")
    print()
    show(kinds_of(found), folder / "auto_kinds.csv")
    print()
    costs(found)
    for own in found:
        case, ran = own["case"], own["run"]
        print(
            f"{case.tag:6}{case.kind:12}{case.name:36}{case.names[case.taken]:22}"
            f"{taken(own):+6.1f} of {own['gains'].max():+5.1f}"
            + ("  (no shift seen)" if case.no_shift else "")
            + (f"  fitted: {ran['candidate']} {ran['gain']:+.1f}" if ran else "")
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--run", help="kinds on which AutoTransferClassifier is fitted")
    parser.add_argument("--peers", action="store_true", help="fit skada's methods too")
    parser.add_argument("--report", action="store_true", help="fit nothing")
    parser.add_argument("--cache", type=Path, default=RESULTS / "estimate")
    args = parser.parse_args()
    kinds = args.kinds.split(",")
    if not args.report:
        steps = [run] if args.run else [collect, collect_weights]
        steps += [collect_peers] * args.peers
        visit(args.run.split(",") if args.run else kinds, steps, args.cache)
    report([outcome(case, args.cache) for case in read(args.cache, kinds)], RESULTS)


if __name__ == "__main__":
    main()
