"""Market-to-market recommendation on wsdmcup22: one small market, three others.

Ranks the 100 given candidates of each validation user of t1; the score is nDCG@10, with
the standard error over users, and the gain over the target alone with the standard
error of the difference. Everything runs with default settings (EASE with l2=300):
nothing is chosen on the validation part. Every rating counts as 1. One thread, unless
OMP_NUM_THREADS is set.

    SKTRANSFER_DATA=... python benchmarks/bench_markets.py
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy starts its threads

import numpy as np

from sktransfer import EASERecommender, TransferRecommender
from sktransfer.datasets import load_wsdmcup22
from sktransfer.metrics import ndcg_at_k

RESULTS = Path(__file__).parent / "results"
METHODS = {
    "popularity": None,
    "target only (EASE)": {},
    "all markets pooled": {"weighting": None},
    "by similarity (default)": {"weighting": "similarity"},
    "validated": {"weighting": "validated"},
}


def ranked(options, X, domain, data):
    """Ranked items of the validation users, and the weights of the markets."""
    target = domain < 0
    users = X[data.valid_rows]
    if options is None:
        popularity = np.asarray(X[target].sum(axis=0)).ravel()
        order = np.argsort(-popularity[data.candidates], axis=1, kind="stable")[:, :10]
        return np.take_along_axis(data.candidates, order, axis=1), {}
    if not options:
        model = TransferRecommender(EASERecommender()).fit(X[target])
        return model.recommend(users, 10, candidates=data.candidates)[0], {}
    model = TransferRecommender(EASERecommender(), **options)
    model.fit(X, sample_domain=domain)
    items, _ = model.recommend(users, 10, candidates=data.candidates)
    return items, model.market_weights_


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--output", type=Path, default=RESULTS / "markets.csv")
    args = parser.parse_args()
    if "SKTRANSFER_DATA" not in os.environ:
        sys.exit("Set SKTRANSFER_DATA to the folder that holds interactions/wsdmcup22.")
    data = load_wsdmcup22()
    X = data.data.copy()
    X.data[:] = 1
    names = dict(zip(data.sample_domain.tolist(), data.market))
    rows, users = [], {}
    for name, options in METHODS.items():
        seconds = []
        for _ in range(args.repeats):
            start = time.process_time()
            items, weights = ranked(options, X, data.sample_domain, data)
            seconds.append(time.process_time() - start)
        users[name] = ndcg_at_k(data.relevant, items, average=None)
        n = users[name].size
        gain = users[name] - users.get("target only (EASE)", np.nan)
        rows.append(
            {
                "method": name,
                "ndcg@10": f"{users[name].mean():.4f}",
                "se": f"{users[name].std() / n**0.5:.4f}",
                "gain": f"{gain.mean():+.4f}",
                "gain_se": f"{gain.std() / n**0.5:.4f}",
                "cpu_s": f"{np.median(seconds):.2f}",
                "weights": " ".join(f"{names[d]} {w:.2f}" for d, w in weights.items()),
            }
        )
    print("| " + " | ".join(rows[0]) + " |\n" + "|---" * len(rows[0]) + "|")
    for row in rows:
        print("| " + " | ".join(row.values()) + " |")
    args.output.parent.mkdir(parents=True, exist_ok=True)
    with args.output.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
