"""Cross-market recommendation: what other markets add to the target's own data.

wsdmcup22: target t1, sources s1, s2 and s3, every interaction counts as 1. Each user's
100 given candidates are ranked; nDCG@10 against the one right item. The catalogue is
what the candidates hold: what the market sells.

xmarket (--xmarket): five markets of electronics, each as the target of the others;
users with 7 ratings or more, sorted by date; the last one is the test item and the
second last is left out; 99 negatives uniform from the market's own items that the user
does not hold, mean of 5 draws. Two things the published code settles: ratings of one
day stand as NumPy's quicksort leaves them (a --seed draws their order instead), and
what a user rated before may be her test item again. The catalogue is the market's own
items. Gains also over users without a near duplicate, another user of the market with a
Jaccard similarity of .5 or more.

One default `TransferRecommender` chooses market weights and popularity on interactions
that it hides from the training part: 7 x 8 settings. Gains are over the same model of
the target alone, with the standard error of the paired difference over users.

    SKTRANSFER_DATA=... python benchmarks/bench_markets.py [--xmarket] [--stacking]
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
from sktransfer.recommend import (
    EASERecommender,
    ItemKNNRecommender,
    TransferRecommender,
)

RESULTS = Path(__file__).parent / "results"


def models(catalogue, args):
    """Family, what it learns from, model; each family begins with the target alone."""
    only = {"catalogue": catalogue}
    knn = ItemKNNRecommender(500, similarity="jaccard", shrinkage=20.0)
    families = {"default": None, "item-kNN": knn, "EASE": EASERecommender()}
    ways = {"validated": "validated"}
    if not args.default_only:
        ways |= {"by similarity": "similarity", "by item": "item", "pooled": None}
    for family in args.families or families:
        estimator = families[family]
        yield family, "target only", TransferRecommender(estimator, **only)
        for name, way in ways.items():
            yield family, name, TransferRecommender(estimator, weighting=way, **only)
        if args.stacking and family == "default":
            stacked = TransferRecommender(stacking="gradient_boosting", **only)
            yield family, "stacked", stacked


def popular(X, domain):
    return np.asarray(X[domain < 0].sum(axis=0)).ravel()


def rank_popular(X, domain, candidates):
    order = np.argsort(-popular(X, domain)[candidates], axis=1, kind="stable")
    return np.take_along_axis(candidates, order, axis=1)[:, :10]


def compare(data, X, domain, rows, catalogue, draws, relevant, args, apart=None):
    """Rows of the table; `apart`: users to leave out of a second gain.

    Where there are such users, an item held already may be the right one.
    """
    again = {"exclude_seen": apart is None}

    def ndcg(ranked):
        parts = [ndcg_at_k(relevant, items, average=None) for items in ranked]
        return np.mean(parts, axis=0)

    if draws != [None]:
        found = ndcg(rank_popular(X, domain, c) for c in draws)
        yield row(data, "popularity", None, found, None, apart, 0.0)
    base = None
    for family, way, model in models(catalogue, args):
        start = time.process_time()
        if way == "target only":
            model.fit(X[domain < 0])
        else:
            model.fit(X, sample_domain=domain)
        ranked = [model.recommend(X[rows], candidates=c, **again)[0] for c in draws]
        seconds = time.process_time() - start
        found = ndcg(ranked)
        base = found if way == "target only" else base
        gain = None if found is base else found - base
        yield row(data, f"{family}, {way}", model, found, gain, apart, seconds)


def compare_wsdm(args):
    data = load_wsdmcup22()
    X = sparse.csr_matrix(data.data != 0, dtype=np.float32)
    domain, rows, candidates = data.sample_domain, data.valid_rows, data.candidates
    catalogue = np.unique(candidates)
    yield from compare(
        "wsdmcup22 t1", X, domain, rows, catalogue, [candidates], data.relevant, args
    )


def row(data, method, model, values, gain, apart, seconds):
    def with_error(x, sign=""):
        return f"{x.mean():{sign}.4f} +- {x.std() / len(x) ** 0.5:.4f}"

    weights = {} if model is None else model.market_weights_
    return {
        "data": data,
        "method": method,
        "ndcg@10": with_error(values),
        "gain": "" if gain is None else with_error(gain, "+"),
        "gain_no_duplicates": ""
        if gain is None or apart is None
        else with_error(gain[~apart], "+"),
        "popularity": "" if model is None else f"{model.popularity_weight_:g}",
        "weights": " ".join(f"{w:.2f}" for w in weights.values()),
        "fusion": model.fusion_ if weights else "",
        "cpu_s": round(seconds, 1),
    }


def near_duplicates(X):
    """Users with another user of Jaccard similarity .5 or more."""
    common = (X @ X.T).tocoo()
    length = np.diff(X.indptr)
    either = length[common.row] + length[common.col] - common.data
    close = (common.data >= 0.5 * either) & (common.row != common.col)
    return np.isin(np.arange(X.shape[0]), common.row[close])


def in_time(data, seed):
    """Places of the ratings of each user, oldest first; users one after another.

    Days are sorted as the published code sorts them: by NumPy's quicksort of objects,
    which leaves the ratings of one day in an order of its own. A seed draws it instead.
    """
    order = np.empty(data.time.size, dtype=np.int64)
    market = data.market[data.user_index]
    for name in np.unique(market):
        of = np.flatnonzero(market == name)
        kind = "quicksort"
        if seed is not None:
            kind = "stable"
            of = np.random.default_rng(seed).permutation(of)
        days = data.time[of].astype(object)
        order[np.sort(of)] = of[np.argsort(days, kind=kind)]
    return order[np.argsort(data.user_index[order], kind="stable")]


def compare_xmarket(args):
    data = load_xmarket(target=None)
    order = in_time(data, args.seed)
    user, item = data.user_index[order], data.item_index[order]
    count = np.bincount(user)
    left = np.cumsum(count)[user] - np.arange(user.size)  # 1 for the last of a user
    few = count < 7
    new_row = np.cumsum(~few) - 1

    def ratings(chosen):
        chosen = chosen & ~few[user]
        pairs = new_row[user[chosen]], item[chosen]
        shape = int((~few).sum()), data.data.shape[1]
        X = sparse.csr_matrix((np.ones(chosen.sum(), np.float32), pairs), shape=shape)
        X.data[:] = 1  # of repeated ones
        return X

    X, train, test = ratings(left > 0), ratings(left > 2), ratings(left == 1)
    market = data.market[~few]
    names = np.unique(market)
    for name in args.markets or names:
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
        if args.whole:
            draws = [None]
        apart = near_duplicates(X[rows])
        label = f"xmarket {name}"
        yield from compare(
            label, train, domain, rows, own, draws, relevant, args, apart
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--xmarket", action="store_true", help="instead of wsdmcup22")
    parser.add_argument("--markets", nargs="*", help="targets of xmarket; all if none")
    parser.add_argument(
        "--whole", action="store_true", help="of xmarket: rank the whole catalogue"
    )
    parser.add_argument("--seed", type=int, help="of the order on one day of xmarket")
    parser.add_argument("--stacking", action="store_true", help="also stacked models")
    parser.add_argument(
        "--default-only", action="store_true", help="no other weights of markets"
    )
    parser.add_argument("--families", nargs="*", help="default, item-kNN, EASE")
    parser.add_argument("--output", type=Path, default=RESULTS / "markets.csv")
    args = parser.parse_args()
    if not os.environ.get("SKTRANSFER_DATA"):
        print("nothing measured: SKTRANSFER_DATA is not set")
        return
    print(f"threads: {os.environ['OMP_NUM_THREADS']}")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "No source market resembles")
        if args.xmarket:
            path = args.output.with_stem(args.output.stem + "_xmarket")
            show(compare_xmarket(args), path)
        else:
            show(compare_wsdm(args), args.output)


if __name__ == "__main__":
    main()
