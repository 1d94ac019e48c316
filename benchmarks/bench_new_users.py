"""ML-20M and Million Songs, whole users held out: beside the published table.

The split is that of Liang et al. (WWW 2018): a fifth of the interactions of 10,000
(50,000) new users is ranked among all items that they have not taken. The penalty is
chosen by nDCG@100 on the validation users. Recall@k divides by at most k, as in the
table. Published: Steck (WWW 2019), Liang (WWW 2018), Shenbin (WSDM 2020). The files are
not part of the shared data: without them nothing is measured.

    SKTRANSFER_DATA=... python benchmarks/bench_new_users.py
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy starts its threads
os.environ.setdefault("OPENBLAS_NUM_THREADS", os.environ["OMP_NUM_THREADS"])

import numpy as np
from tables import show

from sktransfer.datasets import load_ml20m, load_msd
from sktransfer.metrics import ndcg_at_k, recall_at_k
from sktransfer.recommend import EASERecommender, LocalEASERecommender

RESULTS = Path(__file__).parent / "results"
LOADERS = {"ml20m": load_ml20m, "msd": load_msd}
PENALTIES = {"ml20m": [300, 500, 1000], "msd": [100, 200, 400]}
METHODS = {"EASE": EASERecommender, "LocalEASE": LocalEASERecommender}
PUBLISHED = {
    "ml20m": {
        "WMF": (0.386, 0.360, 0.498),
        "SLIM": (0.401, 0.370, 0.495),
        "EASE": (0.420, 0.391, 0.521),
        "Mult-VAE": (0.426, 0.395, 0.537),
        "RecVAE": (0.442, 0.414, 0.553),
    },
    "msd": {
        "WMF": (0.257, 0.211, 0.312),
        "Mult-VAE": (0.316, 0.266, 0.364),
        "RecVAE": (0.326, 0.276, 0.374),
        "EASE": (0.389, 0.333, 0.428),
    },
}


def truncated_recall(Y, items, k):
    """Mean recall@k, the number of relevant items at most k."""
    n = np.diff(Y.indptr)
    recall = recall_at_k(Y, items, k, average=None)[n > 0]
    return float((recall * n[n > 0] / np.minimum(n[n > 0], k)).mean())


def quality(model, X, Y):
    """nDCG@100, Recall@20 and Recall@50 over users with something held out."""
    items, _ = model.recommend(X, 100)
    recalls = (truncated_recall(Y, items, k) for k in (20, 50))
    return ndcg_at_k(Y, items, 100), *recalls


def compare(name, args):
    data = LOADERS[name](
        **({} if args.heldout is None else {"n_heldout": args.heldout})
    )
    print(name, *data.train.shape, data.train.nnz, flush=True)
    for method, scores in PUBLISHED[name].items():
        yield name, f"{method}, published", *scores, "", ""
    for method in args.methods:
        tried = []
        for l2 in PENALTIES[name]:
            start = time.process_time()
            model = METHODS[method](l2=l2).fit(data.train)
            seconds = time.process_time() - start
            found = quality(model, data.validation, data.validation_held_out)
            tried.append((found[0], l2, seconds, model))
        _, l2, seconds, model = max(tried, key=lambda each: each[0])
        found = quality(model, data.test, data.test_held_out)
        yield name, method, *(round(s, 4) for s in found), l2, round(seconds, 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="*", choices=LOADERS, default=list(LOADERS))
    parser.add_argument("--methods", nargs="*", choices=METHODS, default=list(METHODS))
    parser.add_argument("--heldout", type=int, help="users to test; default: published")
    args = parser.parse_args()
    columns = [
        "data",
        "method",
        "nDCG@100",
        "Recall@20",
        "Recall@50",
        "l2",
        "fit CPU s",
    ]
    rows = []
    for name in args.data:
        try:
            rows += [dict(zip(columns, row)) for row in compare(name, args)]
        except FileNotFoundError as error:
            print(f"{name}: nothing measured: {error}")
    if rows:
        show(rows, RESULTS / "new_users.csv")


if __name__ == "__main__":
    main()
