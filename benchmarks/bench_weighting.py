"""Kernel mean matching at scale: factor beside exact kernel, and beside the peers.

Three tables, Gaussian source and target with the target's mean shifted, as many source
as target rows, so that the density ratio is known:

- accuracy: CPU seconds; the objective of the exact problem at the weights returned,
  relative to its minimum; rank correlation of the weights with the true density ratio.
  "skada / it" and "adapt / it" divide CPU seconds; they count where "excess" is no
  larger than the peer's, that is where the peer's own objective value is reached. A
  factor minimises its own objective, so that only its rank correlation compares.
- scale: dense float32 rows, CPU seconds, certified gap, peak memory. Each row of the
  table is a fresh process; the peak is that above the imports of that process and holds
  the inputs (both sides), whose own size is given too. "exponent" is that of n between
  a row and the one before it.
- sparse: CSR rows of word counts with frequencies of natural text, tf-idf weighted.

All methods run with the same number of threads: one, unless OMP_NUM_THREADS is set.

    python benchmarks/bench_weighting.py
    python benchmarks/bench_weighting.py --parts scale --scale 10000x256 1000000x256
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import warnings
from functools import partial

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy starts its threads

import numpy as np
from bench_kmm import (
    RESULTS,
    fit_adapt,
    fit_skada,
    fit_sktransfer,
    installed,
    make_shift,
    objective,
    peak_kilobytes,
)
from tables import show

WORDS, TOKENS = 50_000, 80


# ---------------------------------------------------------------------- accuracy


def methods_of(n):
    """Name -> (function, dtype); adapt's solver takes minutes for larger n."""
    found, missing = installed()
    for name, why in missing.items():
        print(f"{name}: not measured ({why})")
    methods = {
        "exact": (fit_sktransfer, "float32"),
        "exact, to the minimum": (
            partial(fit_sktransfer, tol=1e-8, max_iter=50_000),
            "float64",
        ),
        "512 components": (partial(fit_sktransfer, n_components=512), "float32"),
        "256 components": (partial(fit_sktransfer, n_components=256), "float32"),
        "skada": (fit_skada, "float64"),
        "adapt": (fit_adapt, "float64"),
    }
    absent = {"skada", "adapt"} - set(found) | ({"adapt"} if n > 2000 else set())
    return {name: m for name, m in methods.items() if name not in absent}


def accuracy(args):
    from scipy.stats import spearmanr

    for n in args.n:
        methods = methods_of(n)
        gamma = 1 / args.d
        data = {
            t: make_shift(n, args.d, args.shift, 0, t) for t in ("float32", "float64")
        }
        log_ratio = data["float64"][0].sum(axis=1)  # up to scale and constant
        seconds, beta = {name: [] for name in methods}, {}
        for _ in range(args.repeats):
            for name, (fit, dtype) in methods.items():
                start = time.process_time()
                beta[name] = fit(*data[dtype], gamma, args.B)
                seconds[name].append(time.process_time() - start)
        seconds = {name: float(np.median(s)) for name, s in seconds.items()}
        values = {
            name: objective(b.astype(np.float64), *data["float64"], gamma)
            for name, b in beta.items()
        }
        minimum = values["exact, to the minimum"]
        for name in methods:
            row = {"n": n, "method": name, "cpu_s": f"{seconds[name]:.3f}"}
            for peer in ("skada", "adapt"):
                known = peer in seconds
                row[f"{peer} / it"] = (
                    f"{seconds[peer] / seconds[name]:.1f}" if known else "-"
                )
            row["excess"] = f"{(values[name] - minimum) / abs(minimum):.1e}"
            row["rank_correlation"] = f"{spearmanr(beta[name], log_ratio)[0]:.3f}"
            row["max_weight"] = f"{beta[name].max() / beta[name].mean():.1f}"
            yield row


# ------------------------------------------------------------------ scale, sparse


def dense_rows(n, d, shift):
    X = np.random.default_rng(0).standard_normal((2 * n, d), dtype=np.float32)
    X[n:] += np.float32(shift)
    return X


def word_rows(n, words=WORDS, tokens=TOKENS):
    """Tf-idf of Zipf-distributed words; the target uses a tenth of them more often."""
    import scipy.sparse as sp
    from sklearn.preprocessing import normalize

    rng = np.random.default_rng(0)
    share = 1 / (np.arange(words) + 10.0)
    idf = np.log(share.sum() / share).astype(np.float32)
    liked = rng.permutation(words)[: words // 10]
    sides = []
    for factor in (1.0, 2.0):
        p = share.copy()
        p[liked] *= factor
        edges = np.cumsum(p / p.sum())
        indices = np.empty(n * tokens, dtype=np.int32)
        for start in range(0, indices.size, 1 << 20):
            part = indices[start : start + (1 << 20)]
            part[:] = np.searchsorted(edges[:-1], rng.random(part.size))
        pointers = np.arange(0, indices.size + 1, tokens, dtype=np.int32)
        X = sp.csr_array(
            (np.ones(indices.size, np.float32), indices, pointers),
            shape=(n, words),
        )
        X.sum_duplicates()
        X.data *= idf[X.indices]
        sides.append(normalize(X, copy=False))
    return sp.vstack(sides, format="csr")


def size_of(X):
    if isinstance(X, np.ndarray):
        return X.nbytes
    return X.data.nbytes + X.indices.nbytes + X.indptr.nbytes


def fit_once(X, **options):
    from sktransfer.weighting import KMMInstanceWeighter

    d = np.repeat([1, -1], X.shape[0] // 2)
    with warnings.catch_warnings():  # few rows count under this shift
        warnings.filterwarnings("ignore", "The .* weighted source rows", UserWarning)
        return KMMInstanceWeighter(**options).fit(X, sample_domain=d)


def measure(spec):
    """Fit once in this process; print what was measured as JSON."""
    kernel = {"kernel": spec["kernel"]}
    make = word_rows if spec["sparse"] else partial(dense_rows, d=spec["d"], shift=0.15)
    fit_once(make(40), n_components=8, **kernel)  # lazy imports
    before = peak_kilobytes()
    X = make(spec["n"])
    made = peak_kilobytes()
    start = time.process_time()
    w = fit_once(X, n_components=spec["components"], **kernel)
    seconds = time.process_time() - start
    peak = peak_kilobytes()
    new = X[:: max(1, X.shape[0] // 10_000)]
    start = time.process_time()
    w.score_samples(new)
    result = {
        "cpu_s": f"{seconds:.2f}",
        "steps": w.n_iter_,
        "gap": f"{w.dual_gap_:.1e}",
        "residual": f"{w.residual_:.3f}",
        "effective_rows": round(w.effective_sample_size_),
        "inputs_mb": round(size_of(X) / 2**20),
        "peak_of_making_inputs_mb": round((made - before) / 1024),
        "peak_mb": round((peak - before) / 1024),
        "exact_kernel_mb": round(4 * spec["n"] ** 2 / 2**20),
        "score_10k_rows_cpu_s": f"{time.process_time() - start:.2f}",
    }
    print(json.dumps(result))


def in_a_process(**spec):
    command = [sys.executable, __file__, "--measure", json.dumps(spec)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(run.stdout.splitlines()[-1])


def scale(args, *, sparse):
    before = None
    for size in args.sparse if sparse else args.scale:
        n, components = (int(part) for part in size.split("x"))
        kernel = "cosine" if sparse else "rbf"
        row = {"n_source": n, "n_target": n, "components": components}
        row |= {"kernel": kernel}
        row |= in_a_process(
            n=n, components=components, kernel=kernel, sparse=sparse, d=args.d
        )
        row["exponent"] = "-"
        if before and before[1] == components and before[0] != n:
            ratio = float(row["cpu_s"]) / before[2]
            row["exponent"] = f"{np.log(ratio) / np.log(n / before[0]):.2f}"
        before = n, components, float(row["cpu_s"])
        yield row


PARTS = {
    "accuracy": accuracy,
    "scale": partial(scale, sparse=False),
    "sparse": partial(scale, sparse=True),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--n", type=int, nargs="+", default=[1000, 2000, 4000])
    parser.add_argument("-d", type=int, default=50, help="number of dense features")
    parser.add_argument("--shift", type=float, default=0.3, help="of each feature")
    parser.add_argument("--B", type=float, default=1000.0, help="bound of the weights")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--scale",
        nargs="+",
        default=["100000x512", "10000x256", "100000x256", "1000000x256"],
        help="rows a side x components",
    )
    parser.add_argument(
        "--sparse", nargs="+", default=["50000x512", "100000x512"], help="the same"
    )
    parser.add_argument("--measure", type=json.loads, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure:
        measure(args.measure)
        return
    print(f"threads: {os.environ['OMP_NUM_THREADS']}")
    for part in args.parts:
        print(f"\n{part}")
        show(PARTS[part](args), RESULTS / f"weighting_{part}.csv")


if __name__ == "__main__":
    main()
