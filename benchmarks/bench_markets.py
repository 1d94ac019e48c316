"""Cross-market recommendation: what other markets add to the target's own data.

wsdmcup22: target t1, sources s1, s2 and s3, every interaction counts as 1. Each user's
100 given candidates are ranked; nDCG@10 against the one right item. The penalty is
chosen for each method by hiding one interaction of t1's training users among 99 items
with five takers or more that the user has not taken (--draws times, training data
alone); rows "l2 = default" take none of that. Gains are over target only at the same
penalty, with the standard error of the paired difference over users.

xmarket (--xmarket): five markets of electronics, each as the target of the others;
users with 7 interactions or more, the last one is the test item and the second last is
left out; 99 negatives from the target's own items, mean of 5 draws; default settings.

    SKTRANSFER_DATA=... python benchmarks/bench_markets.py [--xmarket]
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy starts its threads
os.environ.setdefault("OPENBLAS_NUM_THREADS", os.environ["OMP_NUM_THREADS"])

import numpy as np
from scipy import sparse
from tables import show

from sktransfer.datasets import load_wsdmcup22, load_xmarket
from sktransfer.metrics import ndcg_at_k
from sktransfer.model_selection import split_interactions
from sktransfer.recommend import EASERecommender, TransferRecommender

RESULTS = Path(__file__).parent / "results"
PENALTIES = [100.0, 200.0, 300.0, 500.0, 1000.0]
DEFAULT = EASERecommender().l2
WEIGHTINGS = {
    "all pooled": None,
    "by similarity (default)": "similarity",
    "validated": "validated",
}


def fit(method, X, domain, l2):
    model = TransferRecommender(EASERecommender(l2))
    if method == "target only":
        return model.fit(X[domain < 0])
    return model.set_params(weighting=WEIGHTINGS[method]).fit(X, sample_domain=domain)


def popular(X, domain):
    return np.asarray(X[domain < 0].sum(axis=0)).ravel()


def rank_popular(X, domain, candidates):
    order = np.argsort(-popular(X, domain)[candidates], axis=1, kind="stable")
    return np.take_along_axis(candidates, order, axis=1)[:, :10]


def hide_one(X, domain, rows, seed):
    """Hide one interaction of each row among 99 items that it lacks."""
    rng = np.random.default_rng(seed)
    rows = rows[np.diff(X.indptr)[rows] >= 2]
    seen, hidden = split_interactions(X[rows], test_size=1, random_state=seed)
    relevant = hidden.indices
    often = np.flatnonzero(popular(X, domain) >= 5)
    taken = [X.indices[X.indptr[r] : X.indptr[r + 1]] for r in rows]
    negatives = [
        rng.choice(np.setdiff1d(often, t, assume_unique=True), 99, replace=False)
        for t in taken
    ]
    train = sparse.csr_matrix(X, copy=True)
    for r, item in zip(rows, relevant):
        place = slice(X.indptr[r], X.indptr[r + 1])
        train.data[place][X.indices[place] == item] = 0
    train.eliminate_zeros()
    return train, seen, np.column_stack([relevant, negatives]), relevant


def choose(method, X, domain, rows, draws):
    scores = np.zeros(len(PENALTIES))
    for seed in range(draws):
        train, seen, candidates, relevant = hide_one(X, domain, rows, seed)
        for i, l2 in enumerate(PENALTIES):
            model = fit(method, train, domain, l2)
            items, _ = model.recommend(seen, candidates=candidates)
            scores[i] += ndcg_at_k(relevant, items)
    return PENALTIES[int(scores.argmax())]


def compare_wsdm(args):
    data = load_wsdmcup22()
    X = sparse.csr_matrix(data.data != 0, dtype=np.float32)
    domain, rows, candidates = data.sample_domain, data.valid_rows, data.candidates

    def values(items):
        return ndcg_at_k(data.relevant, items, average=None)

    items = rank_popular(X, domain, candidates)
    yield row("wsdmcup22 t1", "popularity", "", values(items), None, 0.0, {})
    base = {}
    for method in ["target only", *WEIGHTINGS]:
        chosen = choose(method, X, domain, rows, args.draws) if args.draws else None
        for l2, how in ((DEFAULT, "default"), (chosen, f"of {len(PENALTIES)}")):
            if l2 is None:
                continue
            start = time.process_time()
            model = fit(method, X, domain, l2)
            items, _ = model.recommend(X[rows], candidates=candidates)
            seconds = time.process_time() - start
            found = values(items)
            if l2 not in base:  # target only at this penalty, by whichever method
                own = fit("target only", X, domain, l2)
                own, _ = own.recommend(X[rows], candidates=candidates)
                base[l2] = values(own)
            gain = None if method == "target only" else found - base[l2]
            setting = f"{l2:g} ({how})"
            weights = model.market_weights_
            yield row("wsdmcup22 t1", method, setting, found, gain, seconds, weights)


def row(data, method, l2, values, gain, seconds, weights):
    n = len(values)
    return {
        "data": data,
        "method": method,
        "l2": l2,
        "ndcg@10": f"{values.mean():.4f} +- {values.std() / n**0.5:.4f}",
        "gain": ""
        if gain is None
        else f"{gain.mean():+.4f} +- {gain.std() / n**0.5:.4f}",
        "cpu_s": round(seconds, 1),
        "weights": " ".join(f"{w:.2f}" for w in weights.values()),
    }


def compare_xmarket(args):
    data = load_xmarket(target=None)
    X = sparse.csr_matrix(data.data != 0, dtype=np.float32)
    when = sparse.csr_matrix(
        (data.time, (data.user_index, data.item_index)), shape=X.shape
    )  # repeated ratings add up: rare
    X.sort_indices()
    keep = np.diff(X.indptr) >= 7
    X, when, market = X[keep], when[keep], data.market[keep]
    rest, test = split_interactions(X, last=1, time=when, random_state=0)
    train, _ = split_interactions(rest, last=1, time=when, random_state=0)
    names = np.unique(market)
    for name in names:
        number = {m: i + 1 for i, m in enumerate(names)}
        domain = np.array([-number[m] if m == name else number[m] for m in market])
        rows = np.flatnonzero(domain < 0)
        own = np.flatnonzero(popular(X, domain))
        relevant = test[rows].indices
        draws = []
        for seed in range(5):
            rng = np.random.default_rng(seed)
            negatives = [
                rng.choice(np.setdiff1d(own, X[r].indices), 99, replace=False)
                for r in rows
            ]
            draws.append(np.column_stack([relevant, negatives]))

        def values(model, rows=rows, draws=draws, relevant=relevant):
            return np.mean(
                [
                    ndcg_at_k(
                        relevant,
                        model.recommend(train[rows], candidates=c)[0],
                        average=None,
                    )
                    for c in draws
                ],
                axis=0,
            )

        for method in ["target only", *WEIGHTINGS]:
            start = time.process_time()
            model = fit(method, train, domain, DEFAULT)
            seconds = time.process_time() - start
            found = values(model)
            if method == "target only":
                base = found
            gain = None if method == "target only" else found - base
            weights = model.market_weights_
            setting = f"{DEFAULT:g} (default)"
            yield row(f"xmarket {name}", method, setting, found, gain, seconds, weights)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=3, help="0 = default l2 only")
    parser.add_argument("--xmarket", action="store_true")
    parser.add_argument("--output", type=Path, default=RESULTS / "markets.csv")
    args = parser.parse_args()
    if not os.environ.get("SKTRANSFER_DATA"):
        print("nothing measured: SKTRANSFER_DATA is not set")
        return
    print(f"threads: {os.environ['OMP_NUM_THREADS']}")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "No source market resembles")
        show(compare_wsdm(args), args.output)
        if args.xmarket:
            path = args.output.with_stem(args.output.stem + "_xmarket")
            show(compare_xmarket(args), path)


if __name__ == "__main__":
    main()
