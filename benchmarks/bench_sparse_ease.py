"""Sparse forms of EASE beside SANSA: quality, CPU seconds and memory of a fit.

A fifth of each user's interactions is held out, and ranked by a fixed sample of users
among all items that they have not taken. Each model is fitted in a process of its own,
after a fit to a small matrix that loads libraries and compiles; its peak is that above
the data. `SANSA` is the authors' package (Spisak et al., RecSys 2023), which is built
on SuiteSparse and measured where it is installed: CHOLMOD factorizes the whole Gram
matrix before its factor is thinned, ICF while it is thinned. Its density is that at
which each of its two matrices has 150 entries an item. With CHOLMOD it has the penalty
of EASE, which is the same problem; that of ICF, which scales the products first, was
chosen of two on another draw of the scattered log, that of LocalEASE there of five. A
process that asks for more than --memory GB is given up.

    SKTRANSFER_DATA=... python benchmarks/bench_sparse_ease.py
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import logging
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy starts its threads
os.environ.setdefault("OPENBLAS_NUM_THREADS", os.environ["OMP_NUM_THREADS"])

import numpy as np
from bench_collaborative import scattered
from bench_ease import generate, status_kilobytes
from scipy import sparse
from tables import show

RESULTS = Path(__file__).parent / "results"
CUTOFFS = (20, 100)
METHODS = {
    "EASE": ("EASERecommender", {}),
    "LocalEASE": ("LocalEASERecommender", {}),  # its default
    "LocalEASE, own neighbours": (
        "LocalEASERecommender",
        {"n_neighbors": 150, "group_size": 1},
    ),
    "LocalEASE, nearer": (
        "LocalEASERecommender",
        {"n_neighbors": 1200, "group_size": 200, "n_factors": 192},
    ),
    "SANSA, CHOLMOD": ("CHOLMOD", {}),
    "SANSA, ICF": ("ICF", {}),
}
NEIGHBOURS = 150  # of an item, in each of the two matrices of SANSA
PENALTIES = {"EASE": 300.0, "LocalEASE": 300.0, "CHOLMOD": 300.0, "ICF": 10.0}
SCATTERED_PENALTY = 100.0


def movielens():
    from sktransfer.datasets import load_movielens100k

    return load_movielens100k().data


def xmarket():
    from sktransfer.datasets import load_xmarket

    return load_xmarket().data


DATA = {
    "generated_10k": (lambda: generate(50_000, 10_000, 51.0, seed=0), METHODS),
    "movielens100k": (movielens, METHODS),
    "xmarket": (xmarket, METHODS),
    "scattered_30k": (lambda: scattered(60_000, 30_000, 3e6), ["Local", "SANSA, ICF"]),
    "scattered_200k": (
        lambda: scattered(400_000, 200_000, 1e7),
        ["Local", "SANSA, ICF"],
    ),
    "scattered_200k_20m": (
        lambda: scattered(400_000, 200_000, 2e7),
        ["Local", "SANSA, ICF"],
    ),
}


def sansa(kind, l2, n_items):
    """The peer, with as many numbers as its size asks for."""
    import sansa as package

    logging.disable(logging.WARNING)
    factors = getattr(package, f"{kind}GramianFactorizerConfig")()
    inverse = package.UMRUnitLowerTriangleInverterConfig(scans=1, finetune_steps=5)
    density = min(1.0, NEIGHBOURS / n_items)
    config = package.SANSAConfig(l2, density, factors, inverse)
    return package.SANSA(config)


def model_of(method, l2, n_items):
    import sktransfer.recommend as package

    kind, setting = METHODS[method]
    if method.startswith("SANSA"):
        return sansa(kind, l2, n_items)
    return getattr(package, kind)(l2=l2, **setting)


def ranked(model, X):
    """Items of each row by decreasing score, and how many numbers give the scores."""
    if hasattr(model, "recommend") and hasattr(model, "item_weights_"):
        W = model.item_weights_
        factors = 2 * getattr(model, "item_factors_", np.empty(0)).size
        items, _ = model.recommend(X, CUTOFFS[-1])
        return items, (W.nnz if sparse.issparse(W) else W.size) + factors
    parts = []
    for start in range(0, X.shape[0], 500):
        rows = X[start : start + 500]
        scores = model.forward(rows).toarray()
        scores[rows.nonzero()] = -np.inf
        parts.append(np.argsort(-scores, axis=1, kind="stable")[:, : CUTOFFS[-1]])
    return np.concatenate(parts), sum(W.nnz for W in model.weights)


def measure(folder, method, l2, args):
    """Fit in this process, and print what was measured."""
    from sktransfer.metrics import ndcg_at_k

    X, Y = (sparse.csr_matrix(sparse.load_npz(folder / f"{n}.npz")) for n in "XY")
    n = min(args.score_users, X.shape[0])
    users = np.sort(np.random.default_rng(0).permutation(X.shape[0])[:n])
    small = generate(200, 60, 10.0, seed=1)
    model_of(method, l2, small.shape[1]).fit(small)
    before = status_kilobytes("VmRSS")
    limit = int(args.memory * 2**30)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    start = time.process_time()
    model = model_of(method, l2, X.shape[1]).fit(X)
    seconds = time.process_time() - start
    peak = status_kilobytes("VmHWM") - before
    items, numbers = ranked(model, X[users])
    found = {f"ndcg@{k}": f"{ndcg_at_k(Y[users], items, k):.4f}" for k in CUTOFFS}
    found |= {"fit_cpu_s": round(seconds, 1), "peak_mb": round(peak / 1024)}
    print(json.dumps(found | {"numbers_per_item": round(numbers / X.shape[1])}))


def compare(data, args):
    from sktransfer.model_selection import split_interactions

    X = DATA[data][0]()
    X.data[:] = 1  # every rating is an interaction
    with tempfile.TemporaryDirectory() as folder:
        parts = split_interactions(X, test_size=0.2, random_state=1)
        for name, part in zip("XY", parts):
            sparse.save_npz(Path(folder) / f"{name}.npz", part, compressed=False)
        shape = f"{data} {X.shape[0]} x {X.shape[1]}, {X.nnz}"
        del X, parts
        for method in args.methods:
            if not method.startswith(tuple(DATA[data][1])):
                continue
            kind = METHODS[method][0].removesuffix("Recommender")
            l2 = PENALTIES[kind]
            if data.startswith("scattered") and kind == "LocalEASE":
                l2 = SCATTERED_PENALTY
            command = [sys.executable, __file__, "--only", folder, method, str(l2)]
            command += ["--memory", str(args.memory)]
            command += ["--score-users", str(args.score_users)]
            run = subprocess.run(command, capture_output=True, text=True, check=False)
            if run.returncode:
                print(f"{data}, {method}: not measured: {run.stderr.strip()[-200:]}")
                continue
            found = json.loads(run.stdout.splitlines()[-1])
            yield {"data": shape, "method": method, "l2": l2, **found}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="*", choices=DATA, default=list(DATA))
    parser.add_argument("--methods", nargs="*", choices=METHODS, default=list(METHODS))
    parser.add_argument("--score-users", type=int, default=5000)
    parser.add_argument("--memory", type=float, default=8.0, help="GB of a process")
    parser.add_argument("--output", type=Path, default=RESULTS / "sparse_ease.csv")
    parser.add_argument("--only", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.only:
        folder, method, l2 = args.only
        measure(Path(folder), method, float(l2), args)
        return
    if importlib.util.find_spec("sansa") is None:
        print("SANSA: not measured (sansa is not installed; it needs SuiteSparse)")
        args.methods = [m for m in args.methods if not m.startswith("SANSA")]
    if not os.environ.get("SKTRANSFER_DATA"):
        print("movielens100k, xmarket: not measured (SKTRANSFER_DATA is not set)")
        args.data = [d for d in args.data if d not in ("movielens100k", "xmarket")]
    show((row for data in args.data for row in compare(data, args)), args.output)


if __name__ == "__main__":
    main()
