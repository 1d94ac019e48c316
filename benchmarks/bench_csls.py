"""Exact CSLS retrieval: time against two plain matrix products, memory, gensim.

Random clustered vectors, float32. CPU seconds with as many threads as BLAS is given
(set OMP_NUM_THREADS=1); the plain products and csls_neighbors alternate, and medians
are compared. Peak memory is that of the process above what it held before the call,
measured in a process of its own. Answers are compared with brute force in float64 for a
sample of rows. gensim retrieves by cosine: nearest_neighbors does the same,
csls_neighbors more.
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
import resource
import sys
import time
from pathlib import Path

import numpy as np

from sktransfer._core.linalg import unit_rows
from sktransfer.crosslingual.alignments._csls import csls_neighbors, nearest_neighbors


def vectors(n, d, seed):
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((200, d), dtype=np.float32)
    X = rng.standard_normal((n, d), dtype=np.float32)
    X += centres[rng.integers(200, size=n)]
    return unit_rows(X)


def sides(n, d):
    X = vectors(n, d, 0)
    Y = X + 0.05 * np.random.default_rng(1).standard_normal((n, d), dtype=np.float32)
    return X, unit_rows(Y[np.random.default_rng(2).permutation(n)])


def cpu_seconds(function, *args):
    start = time.process_time()
    result = function(*args)
    return time.process_time() - start, result


def two_products(X, Y, rows=1024):
    """Two passes of X @ Y.T in blocks that are thrown away."""
    S = np.empty((rows, len(Y)), dtype=np.float32)
    for _ in range(2):
        for i in range(0, len(X), rows):
            block = X[i : i + rows]
            np.dot(block, Y.T, out=S[: len(block)])


def largest_error(X, Y, found, scores, n_sample):
    """Largest shortfall of the answers, and error of their scores, for some rows."""
    sample = np.random.default_rng(0).choice(len(X), n_sample, replace=False)
    X64, Y64 = X.astype(np.float64), Y.astype(np.float64)
    r_Y = np.empty(len(Y))
    for j in range(0, len(Y), 500):
        S = Y64[j : j + 500] @ X64.T
        r_Y[j : j + 500] = np.partition(S, -10, axis=1)[:, -10:].mean(axis=1)
    S = X64[sample] @ Y64.T
    r_X = np.partition(S, -10, axis=1)[:, -10:].mean(axis=1)
    S = 2 * S - r_X[:, None] - r_Y
    chosen = S[np.arange(n_sample), found[sample, 0]]
    same = np.mean(S.argmax(axis=1) == found[sample, 0])
    shortfall = (S.max(axis=1) - chosen).max()
    return same, shortfall, np.abs(chosen - scores[sample, 0]).max()


def _resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def _peak(n, d, queue):
    X, Y = sides(n, d)
    csls_neighbors(X[:100], Y[:100])
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # forget the peak so far
    before = _resident()
    csls_neighbors(X, Y)
    with open("/proc/self/status") as file:
        peak = next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
    queue.put((peak * 1024 - before) / 1e9)


def peak_memory(n, d):
    """GB above what is held before the call, in a fresh process (Linux)."""
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=_peak, args=(n, d, queue))
    process.start()
    process.join()
    return queue.get(timeout=10) if process.exitcode == 0 else float("nan")


def gensim_seconds(X, Y, n_queries):
    """CPU seconds of TranslationMatrix.translate for all rows.

    All at once would need a sorted matrix of all pairs in float64: the time of a query
    is that by which two calls differ, what a call costs besides is counted once.
    """
    from gensim.models import KeyedVectors, TranslationMatrix

    models = []
    for name, Z in (("s", X), ("t", Y)):
        model = KeyedVectors(Z.shape[1])
        model.add_vectors([f"{name}{i}" for i in range(len(Z))], Z)
        models.append(model)
    pairs = [(f"s{i}", f"t{i}") for i in range(500)]
    matrix = TranslationMatrix(*models, word_pairs=pairs)
    seconds = []
    for n in (n_queries // 2, n_queries):
        words = [f"s{i}" for i in range(n)]
        runs = [
            cpu_seconds(
                lambda words=words: matrix.translate(
                    words,
                    topn=1,
                    source_lang_vec=models[0],
                    target_lang_vec=models[1],
                )
            )[0]
            for _ in range(3)
        ]
        seconds.append(np.median(runs))
    a_query = (seconds[1] - seconds[0]) / (n_queries - n_queries // 2)
    return seconds[1] + a_query * (len(X) - n_queries)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--features", type=int, default=300)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--sample", type=int, default=1000)
    parser.add_argument("--gensim-rows", type=int, default=20_000)
    parser.add_argument("--gensim-queries", type=int, default=1000)
    args = parser.parse_args()
    table = []

    def report(name, value):
        table.append((name, value))
        print(f"{name:58s} {value:12.5g}", flush=True)

    X, Y = sides(args.rows, args.features)
    plain, ours = [], []
    for _ in range(args.repeat):
        plain.append(cpu_seconds(two_products, X, Y)[0])
        seconds, (found, scores) = cpu_seconds(csls_neighbors, X, Y)
        ours.append(seconds)
    size = f"{args.rows} x {args.rows} x {args.features}"
    report(f"{size}: two plain products, CPU s", np.median(plain))
    report(f"{size}: csls_neighbors, CPU s", np.median(ours))
    report("ratio", np.median(ours) / np.median(plain))
    same, shortfall, error = largest_error(X, Y, found, scores, args.sample)
    report(f"share of {args.sample} rows with brute force's answer", same)
    report("largest shortfall of the CSLS of an answer", shortfall)
    report("largest error of a score", error)
    if sys.platform == "linux":
        report(
            "peak memory above the inputs, GB", peak_memory(args.rows, args.features)
        )
    X, Y = sides(args.gensim_rows, args.features)
    ours = {}
    for function in (nearest_neighbors, csls_neighbors):
        runs = [cpu_seconds(function, X, Y)[0] for _ in range(3)]
        ours[function.__name__] = np.median(runs)
        report(f"{len(X)} rows: {function.__name__}, CPU s", np.median(runs))
    try:
        theirs = gensim_seconds(X, Y, args.gensim_queries)
    except ImportError:
        print("gensim is not installed: pip install -r benchmarks/requirements.txt")
    else:
        report("gensim TranslationMatrix (nearest by cosine), CPU s", theirs)
        for name, seconds in ours.items():
            report(f"gensim / {name}", theirs / seconds)
    out = Path(__file__).parent / "results"
    out.mkdir(exist_ok=True)
    with open(out / "csls.csv", "w", newline="") as file:
        csv.writer(file).writerows([("quantity", "value"), *table])


if __name__ == "__main__":
    main()
