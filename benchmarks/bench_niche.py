"""Niche items: how well rare items are ranked, and how much of a catalogue is shown.

Strong generalisation: a tenth of the users is kept for validation, a tenth for the
test; four fifths of a test user's history are given, the rest is ranked among all
items. The tail are the least popular 80 % of the items by the training users. "tail" is
the nDCG@10 of tail items in the full ranking, "tail only" ranks the tail alone, "cov"
is the share of the catalogue in somebody's first ten.

movielens100k: ratings of 4 or more, items with 5 users or more, content = genres, year
and title words. xmarket (de, mx): every rating counts as 1, the test users and the
tail are those of the target; other markets enter by TransferRecommender. Default
settings; those of NicheRecommender were chosen on validation users of movielens100k
(32 settings). --validate scores validation users instead of test users.

    SKTRANSFER_DATA=... python benchmarks/bench_niche.py
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
from bench_cold_start import movielens
from scipy import sparse
from tables import show

from sktransfer.datasets import load_xmarket
from sktransfer.metrics import (
    coverage_at_k,
    gini_at_k,
    ndcg_at_k,
    ndcg_by_band,
    novelty_at_k,
)
from sktransfer.model_selection import split_interactions
from sktransfer.recommend import EASERecommender, NicheRecommender, TransferRecommender

RESULTS = Path(__file__).parent / "results"


def split_users(X, seed, validate):
    """Training rows, and interactions given and hidden of the users that are scored."""
    order = np.random.default_rng(seed).permutation(X.shape[0])
    tenth = round(0.1 * X.shape[0])
    scored = order[:tenth] if validate else order[tenth : 2 * tenth]
    seen, hidden = split_interactions(X[scored], test_size=0.2, random_state=seed)
    return order[2 * tenth :], seen, hidden


def measure(model, seen, hidden, counts, n_users, sold):
    tail = np.flatnonzero(sold)
    order = np.argsort(-counts[tail], kind="stable")
    tail = np.sort(tail[order[round(0.2 * tail.size) :]])
    bands = np.where(np.isin(np.arange(counts.size), tail), 1, 0)
    items, _ = model.recommend(seen, 10)
    apart, _ = model.recommend(seen, 10, candidates=tail)
    return {
        "ndcg@10": ndcg_at_k(hidden, items),
        "tail": ndcg_by_band(hidden, items, bands)[1],
        "tail only": ndcg_by_band(hidden, apart, bands)[1],
        "cov": coverage_at_k(items, sold.size) * sold.size / sold.sum(),
        "gini": gini_at_k(items, sold.size),
        "novelty": novelty_at_k(items, counts, n_users),
    }


def rows_of(data, found, seconds):
    for name, values in found.items():
        table = {key: np.array([v[key] for v in values]) for key in values[0]}
        n = len(values)
        yield {
            "data": data,
            "method": name,
            **{
                key: f"{v.mean():.4f} +- {v.std(ddof=1) / n**0.5:.4f}"
                for key, v in table.items()
            },
            "fit_cpu_s": round(float(np.median(seconds[name])), 1),
        }


def compare_movielens(args):
    X, content = movielens()
    models = {
        "EASE": EASERecommender(),
        "EASE, columns x popularity^-.2": NicheRecommender(),
        "NicheRecommender, content": NicheRecommender(content),
    }
    found, seconds = {m: [] for m in models}, {m: [] for m in models}
    for seed in range(args.seeds):
        train, seen, hidden = split_users(X, seed, args.validate)
        counts = np.asarray(X[train].sum(axis=0)).ravel()
        for name, model in models.items():
            start = time.process_time()
            model.fit(X[train])
            seconds[name].append(time.process_time() - start)
            everything = np.ones(X.shape[1], dtype=bool)
            found[name].append(
                measure(model, seen, hidden, counts, train.size, everything)
            )
    yield from rows_of("movielens100k", found, seconds)


def compare_xmarket(args, target):
    data = load_xmarket(target=target)
    X = sparse.csr_matrix(data.data != 0, dtype=np.float32)
    domain = data.sample_domain
    own = np.flatnonzero(domain < 0)
    models = {
        "EASE, target only": EASERecommender(),
        "EASE, all markets": TransferRecommender(EASERecommender(), n_negatives=None),
        "Niche, target only": NicheRecommender(),
        "Niche, all markets": TransferRecommender(NicheRecommender(), n_negatives=None),
    }
    found, seconds = {m: [] for m in models}, {m: [] for m in models}
    for seed in range(args.seeds):
        train, seen, hidden = split_users(X[own], seed, args.validate)
        mine = own[train]
        every = np.concatenate([np.flatnonzero(domain > 0), mine])
        counts = np.asarray(X[mine].sum(axis=0)).ravel()
        sold = counts > 0
        seen, hidden = (
            sparse.csr_matrix(A.multiply(sold[None].astype(np.float32)))
            for A in (seen, hidden)
        )
        for name, model in models.items():
            start = time.process_time()
            # all models know the items of the target alone
            if isinstance(model, TransferRecommender):
                model.fit(X[every], sample_domain=domain[every])
            else:
                model = TransferRecommender(model).fit(X[mine])
            seconds[name].append(time.process_time() - start)
            found[name].append(measure(model, seen, hidden, counts, train.size, sold))
    yield from rows_of(f"xmarket {target}", found, seconds)


def compare(args):
    if "movielens100k" in args.data:
        yield from compare_movielens(args)
    for target in ("de", "mx"):
        if f"xmarket_{target}" in args.data:
            yield from compare_xmarket(args, target)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    data = ["movielens100k", "xmarket_de", "xmarket_mx"]
    parser.add_argument("--data", nargs="*", choices=data, default=data)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--validate", action="store_true")
    parser.add_argument("--output", type=Path, default=RESULTS / "niche.csv")
    args = parser.parse_args()
    if not os.environ.get("SKTRANSFER_DATA"):
        print("nothing measured: SKTRANSFER_DATA is not set")
        return
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "No source market resembles")
        show(compare(args), args.output)


if __name__ == "__main__":
    main()
