"""EASE beside implicit's ALS: quality, CPU seconds, peak memory; and the inverse alone.

A fifth of each user's interactions is held out. The settings of every method are chosen
by Recall@20 on a tenth that is hidden inside the training part, as many settings for
ALS (regularisation x alpha) as stated, then the method is fitted to the whole training
part. Users of the large matrix are a fixed sample when scoring. Spread: standard error
over users. Times are CPU seconds of fit and of ranking 20 items, medians of --repeats
interleaved runs; each peak is that of a fresh process, above its data and imports.
All methods run with one thread, unless OMP_NUM_THREADS is set.

    SKTRANSFER_DATA=... python benchmarks/bench_ease.py
"""

from __future__ import annotations

import argparse
import itertools
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
from scipy import sparse
from tables import show

RESULTS = Path(__file__).parent / "results"
K = 20


def generate(n_users, n_items, mean, seed, *, d=6, interests=2, width=20.0, block=500):
    """Users with a few interests each, items of skewed popularity.

    Items lie on a sphere; an interest lies near an item, and is worth the closeness of
    the items to it times their popularity. The constants bring the shares of the first
    1, 8, 16, 32, 64, 128 singular directions (of the matrix scaled by the square roots
    of its row and column sums) near those of a public log of 5,000 users and 7,390
    items: .016 .059 .091 .140 .201 .273 in that size, where the log has .024 .071 .103
    .146 .208 .293. The head is flatter: the first item has 20 % of the users, there
    53 %.

    Who wins depends on such choices. An earlier generator (40 independent Gaussian
    factors, shares half as large) is of low rank by design: ALS-CG had Recall@20 .213
    and nDCG@20 .210 there, EASE .172 and .164.
    """
    rng = np.random.default_rng(seed)
    popularity = ((40 + rng.permutation(n_items)) ** -1.6).astype(np.float32)
    V = rng.normal(size=(n_items, d)).astype(np.float32)
    V /= np.linalg.norm(V, axis=1, keepdims=True)
    counts = np.clip(rng.lognormal(np.log(mean) - 0.32, 0.8, n_users), 5, 400)
    cumulated = np.cumsum(popularity / popularity.sum(dtype=np.float64))
    rows, columns = [], []
    for start in range(0, n_users, block):
        n = min(block, n_users - start)
        count = counts[start : start + n].astype(int)
        p = np.zeros((n, n_items), dtype=np.float32)
        for share in rng.dirichlet(np.ones(interests), n).astype(np.float32).T:
            near = np.minimum(np.searchsorted(cumulated, rng.random(n)), n_items - 1)
            z = V[near] + rng.normal(0, 0.5 / d**0.5, (n, d)).astype(np.float32)
            value = np.exp(width * (z @ V.T)) * popularity
            p += value * (share / value.sum(axis=1))[:, None]
        # Gumbel noise: the largest are a sample without replacement
        noise = rng.standard_exponential(p.shape, dtype=np.float32)
        p = np.log(np.maximum(p, 1e-30)) - np.log(np.maximum(noise, 1e-30))
        top = np.argpartition(p, n_items - count.max(), axis=1)[:, -count.max() :]
        order = np.argsort(-np.take_along_axis(p, top, axis=1), axis=1)
        top = np.take_along_axis(top, order, axis=1)
        rows.append(np.repeat(np.arange(start, start + n), count))
        columns.append(top[np.arange(top.shape[1]) < count[:, None]])
    rows, columns = np.concatenate(rows), np.concatenate(columns)
    data = np.ones(rows.size, dtype=np.float32)
    return sparse.csr_matrix((data, (rows, columns)), shape=(n_users, n_items))


def load(name, args):
    if name == "generated":
        return generate(args.users, args.items, args.mean, seed=0)
    from sktransfer.datasets import load_movielens100k

    X = load_movielens100k().data
    X.data[:] = 1  # every rating is an interaction
    return X


def rank_ease(X, setting, users):
    from sktransfer.recommend import EASERecommender

    start = time.process_time()
    model = EASERecommender(**setting).fit(X)
    middle = time.process_time()
    items, _ = model.recommend(X[users], K)
    return items, middle - start, time.process_time() - middle


def rank_als(X, setting, users, use_cg=True):
    from implicit.cpu.als import AlternatingLeastSquares

    start = time.process_time()
    threads = int(os.environ["OMP_NUM_THREADS"])
    model = AlternatingLeastSquares(
        factors=64, use_cg=use_cg, num_threads=threads, random_state=0, **setting
    )
    model.fit(X, show_progress=False)
    middle = time.process_time()
    items, _ = model.recommend(users, X[users], N=K)
    return items.astype(np.int64), middle - start, time.process_time() - middle


def grid(**values):
    return [dict(zip(values, v)) for v in itertools.product(*values.values())]


METHODS = {
    "sktransfer EASE": (rank_ease, grid(l2=[100.0, 300.0, 1000.0, 3000.0])),
    "implicit ALS-CG": (
        rank_als,
        grid(regularization=[1.0, 10.0, 50.0, 200.0], alpha=[1.0, 5.0, 20.0, 50.0]),
    ),
}


def quality(Y, items):
    from sktransfer.metrics import ndcg_at_k, recall_at_k

    values = [f(Y, items, K, average=None) for f in (recall_at_k, ndcg_at_k)]
    return [v[~np.isnan(v)] for v in values]


def choose(name, X, users, seed):
    from sktransfer.model_selection import split_interactions

    X_in, X_out = split_interactions(X, test_size=0.1, random_state=seed)
    rank, settings = METHODS[name]
    scores = [
        quality(X_out[users], rank(X_in, s, users)[0])[0].mean() for s in settings
    ]
    return settings[int(np.argmax(scores))]


def status_kilobytes(field):
    path = Path("/proc/self/status")
    if path.exists():
        lines = dict(line.split(":", 1) for line in path.read_text().splitlines())
        return int(lines[field].split()[0])
    divisor = 1024 if sys.platform == "darwin" else 1
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // divisor


def print_peak(name, path, setting):
    rank, _ = METHODS[name]
    rng = np.random.default_rng(0)
    small = sparse.random(50, 30, 0.2, "csr", dtype=np.float32, random_state=rng)
    small.data[:] = 1
    rank(small, setting, np.arange(50))  # lazy imports and threads
    X = sparse.load_npz(path)
    before = status_kilobytes("VmRSS")
    rank(X, setting, np.arange(min(1000, X.shape[0])))
    print((status_kilobytes("VmHWM") - before) / 1024)


def measure_peak(name, X, setting):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.npz"
        sparse.save_npz(path, X)
        command = [sys.executable, __file__, "--peak-of", name, str(path)]
        command += [f"{k}={v}" for k, v in setting.items()]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(run.stdout.split()[-1])


def compare(data, methods, args):
    from sktransfer.model_selection import split_interactions

    X = load(data, args)
    rng = np.random.default_rng(0)
    n = min(args.score_users, X.shape[0])
    users = np.sort(rng.permutation(X.shape[0])[:n])
    seeds = args.seeds if data == "movielens100k" else 1
    found = {name: {"settings": [], "recall": [], "ndcg": []} for name in methods}
    times = {name: [] for name in methods}
    for seed in range(seeds):
        X_in, X_out = split_interactions(X, test_size=0.2, random_state=seed)
        for name in methods:
            found[name]["settings"].append(choose(name, X_in, users, seed))
        for repeat in range(args.repeats):
            for name in methods:
                setting = found[name]["settings"][-1]
                items, fit, rank = METHODS[name][0](X_in, setting, users)
                times[name].append((fit, rank))
                if repeat == 0:
                    recall, ndcg = quality(X_out[users], items)
                    found[name]["recall"].append(recall)
                    found[name]["ndcg"].append(ndcg)
    for name in methods:
        recall, ndcg = (np.mean(found[name][m], axis=0) for m in ("recall", "ndcg"))
        fit, rank = np.median(times[name], axis=0)
        chosen = {tuple(s.values()) for s in found[name]["settings"]}
        yield {
            "data": f"{data} {X.shape[0]} x {X.shape[1]}, {X.nnz}",
            "method": name,
            "tried": len(METHODS[name][1]),
            "chosen": "; ".join(map(str, sorted(chosen))),
            "recall@20": f"{recall.mean():.4f} +- {recall.std() / n**0.5:.4f}",
            "ndcg@20": f"{ndcg.mean():.4f} +- {ndcg.std() / n**0.5:.4f}",
            "fit_cpu_s": round(float(fit), 2),
            "rank_cpu_s": round(float(rank), 2),
            "peak_mb": round(measure_peak(name, X_in, found[name]["settings"][0])),
            "gram_mb": round(X.shape[1] ** 2 * 4 / 2**20),
        }


def compare_inverse(n, repeats):
    """Seconds of inverting the penalised Gram matrix of n items."""
    from sktransfer.recommend.collaborative._ease_weights import invert_spd, item_gram

    gram = item_gram(generate(4 * n, n, 30, seed=1))
    gram.flat[:: n + 1] += 300
    for dtype in ("float32", "float64"):
        A = gram.astype(dtype)
        seconds = {"potrf/potri": [], "numpy.linalg.inv": []}
        for _ in range(repeats):
            B = A.copy()
            start = time.process_time()
            invert_spd(B)
            seconds["potrf/potri"].append(time.process_time() - start)
            start = time.process_time()
            C = np.linalg.inv(A)
            seconds["numpy.linalg.inv"].append(time.process_time() - start)
        ours, theirs = (float(np.median(s)) for s in seconds.values())
        yield {
            "items": n,
            "dtype": dtype,
            "potrf/potri_cpu_s": round(ours, 2),
            "numpy_inv_cpu_s": round(theirs, 2),
            "ratio": round(theirs / ours, 2),
            "largest_difference": f"{np.abs(B - C).max() / np.abs(C).max():.1e}",
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    data = ["movielens100k", "generated"]
    parser.add_argument("--data", nargs="*", choices=data, default=data)
    parser.add_argument("--users", type=int, default=50_000, help="generated")
    parser.add_argument("--items", type=int, default=10_000, help="generated")
    parser.add_argument("--mean", type=float, default=51.0, help="items of a user")
    parser.add_argument("--score-users", type=int, default=10_000)
    parser.add_argument("--seeds", type=int, default=3, help="of movielens100k")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--inverse", type=int, default=5000, help="0 = leave out")
    parser.add_argument("--output", type=Path, default=RESULTS / "ease.csv")
    parser.add_argument("--peak-of", nargs="+", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.peak_of:
        name, path, *setting = args.peak_of
        pairs = (s.split("=") for s in setting)
        print_peak(name, path, {k: float(v) for k, v in pairs})
        return
    methods = list(METHODS)
    try:
        import implicit  # noqa: F401
    except ImportError as error:
        print(f"implicit ALS-CG: not measured ({error})")
        methods.remove("implicit ALS-CG")
    print(f"threads: {os.environ['OMP_NUM_THREADS']}")
    if "movielens100k" in args.data and not os.environ.get("SKTRANSFER_DATA"):
        print("movielens100k: not measured (SKTRANSFER_DATA is not set)")
        args.data.remove("movielens100k")
    if args.data:
        rows = (r for name in args.data for r in compare(name, methods, args))
        show(rows, args.output)
    if args.inverse:
        path = args.output.with_stem(args.output.stem + "_inverse")
        show(compare_inverse(args.inverse, args.repeats), path)


if __name__ == "__main__":
    main()
