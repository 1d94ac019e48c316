"""Cross-market recommendation: what other markets add to the target's own data.

Four protocols (--protocol), each with the model of the target alone beside it:

a, XMarket, what comes next: five markets of electronics, each as the target of the
others; users with 7 ratings or more, sorted by date; the last one is the test item and
the second last is left out; 99 negatives uniform from the market's own items that the
user does not hold, mean of 5 draws. Two things the published code settles: ratings of
one day stand as NumPy's quicksort leaves them (a --seed draws their order instead), and
what a user rated before may be her test item again. The catalogue is the market's own
items. Models know the dates of what they learn from (--without-times: they do not).
Gains also over users without a near duplicate, another user of the market with a
Jaccard similarity of .5 or more.

b, WSDM Cup 2022: target t1, sources s1, s2 and s3, every interaction counts as 1. Each
user's 100 given candidates are ranked; nDCG@10 against the one right item. The
catalogue is what the candidates hold: what the market sells. There are no times.

c, XMarket as ACMR has it: the ratings of each user in random order, the last one the
test item and the second last left out; 99 negatives from the items of all markets that
the user does not hold, which are the catalogue. No times: what came later is known.

d, five generated targets whose source shares no taste with them: its items are
permuted. An item sells from its launch on, less and less; the test item is the last of
each user, 99 negatives as in a. Nothing can be gained from the source.

One default `TransferRecommender` chooses market weights, popularity and half-lives on
interactions that it holds out of the training part. Gains are over the same model of
the target alone, with the standard error of the paired difference over users.

    SKTRANSFER_DATA=... python benchmarks/bench_markets.py --protocol a [--whole]
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy starts its threads
os.environ.setdefault("OPENBLAS_NUM_THREADS", os.environ["OMP_NUM_THREADS"])

import numpy as np
from scipy import sparse
from tables import show

from sktransfer.datasets import (
    load_wsdmcup22,
    load_xmarket,
    make_market_interactions,
)
from sktransfer.metrics import ndcg_at_k
from sktransfer.recommend import (
    EASERecommender,
    Interactions,
    ItemKNNRecommender,
    TransferRecommender,
)

RESULTS = Path(__file__).parent / "results"


class Task(NamedTuple):
    """What to learn from, and what to rank."""

    name: str
    X: Any  # interactions of all markets
    domain: Any
    rows: Any  # users of the target to rank for
    catalogue: Any
    draws: list  # candidates of each of them, the right one among them; None: all
    relevant: Any  # the right item of each
    apart: Any = None  # users to leave out of a second gain
    log: Any = None  # X with times
    again: bool = False  # an item held already may be the right one


def models(catalogue, args):
    """Family, what it learns from, model; each family begins with the target alone."""
    only = {"catalogue": catalogue}
    knn = ItemKNNRecommender(500, similarity="jaccard", shrinkage=20.0)
    families = {
        "default": {},
        "item-kNN": {"estimator": knn},
        "popular-kNN": {"estimator": knn, "popularity_weight": "validated"},
        "EASE": {"estimator": EASERecommender()},
    }
    ways = {"validated": "validated"}
    if not args.default_only:
        ways |= {"by similarity": "similarity", "by item": "item", "pooled": None}
    for family in args.families or families:
        options = only | families[family]
        yield family, "target only", TransferRecommender(**options)
        for name, way in ways.items():
            yield family, name, TransferRecommender(weighting=way, **options)
        if args.stacking and family == "default":
            stacked = TransferRecommender(stacking="gradient_boosting", **only)
            yield family, "stacked", stacked


def popular(X, domain):
    return np.asarray(X[domain < 0].sum(axis=0)).ravel()


def rank_popular(task, candidates):
    order = np.argsort(-popular(task.X, task.domain)[candidates], axis=1, kind="stable")
    return np.take_along_axis(candidates, order, axis=1)[:, :10]


def ndcg(task, rank):
    parts = [
        ndcg_at_k(task.relevant, rank(candidates), average=None)
        for candidates in task.draws
    ]
    return np.mean(parts, axis=0)


def backwards(task):
    """The same with the rows of the last market first."""
    order = np.argsort(-np.abs(task.domain), kind="stable")
    domain = task.domain[order]
    domain = np.sign(domain) * (1 + np.abs(domain).max() - np.abs(domain))
    log = None if task.log is None else task.log[order]
    rows = np.flatnonzero(domain < 0)
    return task._replace(X=task.X[order], domain=domain, rows=rows, log=log)


def compare(task, args):
    """Rows of the table."""
    if args.backwards:
        task = backwards(task)
    X, served = task.X, task.X[task.rows]
    target = X[task.domain < 0]
    if task.log is not None:
        X, served, target = task.log, task.log[task.rows], task.log.target
    if task.draws[0] is not None:
        found = ndcg(task, lambda c: rank_popular(task, c))
        yield row(task, "popularity", None, found, None, 0.0)
    lists = {"": task.draws}
    if args.both:
        lists = {", 100 candidates": task.draws, ", whole catalogue": [None]}
    bases = {}
    for family, way, model in models(task.catalogue, args):
        start = time.process_time()
        alone = way == "target only"
        model.fit(target) if alone else model.fit(X, sample_domain=task.domain)

        def rank(candidates, model=model):
            options = {"candidates": candidates, "exclude_seen": not task.again}
            return model.recommend(served, **options)[0]

        for among, draws in lists.items():
            ranked = task._replace(name=task.name + among, draws=draws)
            found = ndcg(ranked, rank)
            seconds = time.process_time() - start
            if alone:
                bases[among] = found
            gain = None if alone else found - bases[among]
            yield row(ranked, f"{family}, {way}", model, found, gain, seconds)


def compare_wsdm(args):
    data = load_wsdmcup22()
    X = sparse.csr_matrix(data.data != 0, dtype=np.float32)
    rows, candidates = data.valid_rows, data.candidates
    items = np.unique(candidates)
    yield from compare(
        Task(
            "wsdmcup22 t1",
            X,
            data.sample_domain,
            rows,
            items,
            [candidates],
            data.relevant,
        ),
        args,
    )


def row(task, method, model, values, gain, seconds):
    def with_error(x, sign=""):
        return f"{x.mean():{sign}.4f} +- {x.std() / len(x) ** 0.5:.4f}"

    choice = None
    if model is not None:
        whole = task.draws[0] is None
        choice = model._choice if whole else model.candidates_choice_
    weights = {} if choice is None else choice.market_weights
    ages = (None,) * 3 if choice is None else choice.half_lives
    without = gain is None or task.apart is None
    return {
        "data": task.name,
        "method": method,
        "ndcg@10": with_error(values),
        "gain": "" if gain is None else with_error(gain, "+"),
        "gain_no_duplicates": "" if without else with_error(gain[~task.apart], "+"),
        "popularity": "" if choice is None else f"{choice.popularity_weight:g}",
        "half_lives": ""
        if task.log is None
        else " ".join(f"{a or 0:.0f}" for a in ages),
        "weights": " ".join(f"{w:.2f}" for w in weights.values()),
        "fusion": choice.fusion if weights else "",
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


def at_random(data, seed):
    """Places of the ratings of each user in random order; users one after another."""
    order = np.random.default_rng(seed).permutation(data.time.size)
    return order[np.argsort(data.user_index[order], kind="stable")]


def drawn(held, items, relevant):
    """Five draws of 99 items that no user holds, and the right one, for each user."""
    draws = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        negatives = [
            rng.choice(np.setdiff1d(items, held[[row]].indices), 99, replace=False)
            for row in range(held.shape[0])
        ]
        draws.append(np.column_stack([relevant, negatives]))
    return draws


def compare_generated(args):
    for seed in range(5):
        sizes = {"n_users": (3000, 300), "n_items": 300, "random_state": seed}
        shop = make_market_interactions(**sizes)
        rng = np.random.default_rng(seed)
        user, item = shop.data.nonzero()
        source = shop.sample_domain[user] > 0
        item = np.where(source, rng.permutation(300)[item], item)
        launch = rng.uniform(0, 1000, (2, 300))[source.astype(int), item]
        day = launch + rng.exponential(200, user.size)
        order = np.lexsort((day, user))
        user, item, day = user[order], item[order], day[order]
        last = (np.append(np.diff(user), 1) > 0) & (shop.sample_domain[user] < 0)
        frame = {"user": user, "item": item, "day": day, "market": shop.market[user]}
        frame = {name: column[~last] for name, column in frame.items()}
        roles = {"user": "user", "item": "item", "time": "day", "market": "market"}
        log = Interactions.from_frame(frame, **roles, target="de", items=np.arange(300))
        held = shop.data[shop.sample_domain < 0]
        items = np.flatnonzero(held.sum(axis=0))
        yield from compare(
            Task(
                f"generated {seed}",
                sparse.csr_matrix(log.matrix),
                log.sample_domain,
                np.flatnonzero(log.sample_domain < 0),
                items,
                [None] if args.whole else drawn(held, items, item[last]),
                item[last],
                log=None if args.without_times else log,
            ),
            args,
        )


def compare_xmarket(args):
    data = load_xmarket(target=None)
    timed = args.protocol == "a"
    order = in_time(data, args.seed) if timed else at_random(data, args.seed or 0)
    user, item = data.user_index[order], data.item_index[order]
    count = np.bincount(user)
    left = np.cumsum(count)[user] - np.arange(user.size)  # 1 for the last of a user
    few = count < 7
    new_row = np.cumsum(~few) - 1
    market = data.market[~few]

    def ratings(chosen):
        chosen = chosen & ~few[user]
        pairs = new_row[user[chosen]], item[chosen]
        shape = int((~few).sum()), data.data.shape[1]
        X = sparse.csr_matrix((np.ones(chosen.sum(), np.float32), pairs), shape=shape)
        X.data[:] = 1  # of repeated ones
        return X

    def log_of_training(target):
        chosen = (left > 2) & ~few[user]
        row = new_row[user[chosen]]
        days = data.time[order][chosen] / 86_400
        frame = {"user": row, "item": item[chosen], "day": days, "market": market[row]}
        roles = {"user": "user", "item": "item", "time": "day", "market": "market"}
        every = np.arange(data.data.shape[1])
        return Interactions.from_frame(frame, **roles, target=target, items=every)

    X, train, test = ratings(left > 0), ratings(left > 2), ratings(left == 1)
    names = np.unique(market)
    number = {m: i + 1 for i, m in enumerate(names)}
    for name in args.markets or names:
        domain = np.array([-number[m] if m == name else number[m] for m in market])
        rows = np.flatnonzero(domain < 0)
        sold = popular(X, domain) if timed else np.bincount(item)
        items = np.flatnonzero(sold)
        relevant = test[rows].indices
        task = Task(
            f"xmarket {name}, {args.protocol}",
            train,
            domain,
            rows,
            items,
            [None] if args.whole else drawn(X[rows], items, relevant),
            relevant,
            apart=near_duplicates(X[rows]),
            log=log_of_training(name) if timed and not args.without_times else None,
            again=True,
        )
        yield from compare(task, args)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--protocol", choices="abcd", default="b", help="default: b")
    parser.add_argument(
        "--xmarket", dest="protocol", action="store_const", const="a", help="a"
    )
    parser.add_argument(
        "--without-times", action="store_true", help="of a, d: learn from matrices"
    )
    parser.add_argument(
        "--backwards", action="store_true", help="of a, c and d: last market first"
    )
    parser.add_argument("--markets", nargs="*", help="targets of xmarket; all if none")
    parser.add_argument(
        "--whole", action="store_true", help="of a, c and d: rank the whole catalogue"
    )
    parser.add_argument(
        "--both", action="store_true", help="of a, c and d: 100 candidates, and whole"
    )
    parser.add_argument("--seed", type=int, help="of the order on one day, of c of all")
    parser.add_argument("--stacking", action="store_true", help="also stacked models")
    parser.add_argument(
        "--default-only", action="store_true", help="no other weights of markets"
    )
    parser.add_argument("--families", nargs="*", help="default, item-kNN, ...")
    parser.add_argument("--output", type=Path, default=RESULTS / "markets.csv")
    args = parser.parse_args()
    if args.protocol != "d" and not os.environ.get("SKTRANSFER_DATA"):
        print("nothing measured: SKTRANSFER_DATA is not set")
        return
    print(f"threads: {os.environ['OMP_NUM_THREADS']}")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "No source market resembles")
        if args.protocol == "d":
            show(compare_generated(args), args.output.with_stem("markets_generated"))
        elif args.protocol != "b":
            stem = args.output.stem + {"a": "_xmarket", "c": "_acmr"}[args.protocol]
            path = args.output.with_stem(stem)
            show(compare_xmarket(args), path)
        else:
            show(compare_wsdm(args), args.output)


if __name__ == "__main__":
    main()
