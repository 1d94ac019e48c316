"""Chunks against all rows at once: results, peak memory, CPU; and what exactness costs.

EASE learns from users whose rows are generated chunk by chunk, CORAL from rows of two
domains: by `partial_fit`, by `reduce_states` in float64 and in exact arithmetic, and by
`fit` on all rows in memory. Each runs in a fresh process. `above_mb` is its peak above
the data of one chunk, the imports, and, for EASE, the Gram matrix and its inverse in
float64 (for CORAL: above the imports). `difference` is the largest difference of the
weights (the mapped rows) from those of `fit`, relative to the largest weight. CPU
seconds include making the rows. One thread, unless OMP_NUM_THREADS is set.

    python benchmarks/bench_out_of_core.py
"""

from __future__ import annotations

import argparse
import json
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
WAYS = ["fit in memory", "partial_fit", "reduce_states", "reduce_states exact"]


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def users(start, stop, n_items, mean):
    """Rows of users, the same however they are cut: tastes near a few popular items."""
    rng = np.random.default_rng([start, stop])
    n = stop - start
    counts = np.clip(rng.lognormal(np.log(mean) - 0.18, 0.6, n), 3, n_items // 4)
    counts = counts.astype(int)
    rows = np.repeat(np.arange(n), counts)
    home = np.repeat(rng.integers(0, n_items, n), counts)
    near = home + rng.normal(0, 8, rows.size).round().astype(int)
    popular = (n_items * rng.random(rows.size) ** 3).astype(int)
    columns = np.where(rng.random(rows.size) < 0.6, near % n_items, popular)
    X = sparse.csr_array(
        (np.ones(rows.size, dtype=np.float32), (rows, columns)), shape=(n, n_items)
    )
    X.sum_duplicates()
    X.data[:] = 1
    return X


def user_chunks(args):
    for start in range(0, args.users, args.chunk):
        stop = min(start + args.chunk, args.users)
        yield users(start, stop, args.items, args.mean)


def ease_weights(way, args):
    from sktransfer.moments import GramMoments, reduce_states
    from sktransfer.recommend import EASERecommender

    model = EASERecommender(l2=300.0)
    if way == "fit in memory":
        X = sparse.vstack(list(user_chunks(args)), format="csr")
        return model.fit(X.astype(np.float64)).item_weights_
    if way == "partial_fit":
        for chunk in user_chunks(args):
            model.partial_fit(chunk.astype(np.float64))
        return model.item_weights_
    exact = {"arithmetic": "exact", "bound": 1.0, "bits": 2} if "exact" in way else {}
    empty = GramMoments.empty(args.items, **exact)
    return model.fit_from_state(reduce_states(user_chunks(args), empty)).item_weights_


def domain_rows(start, stop, n_features):
    rng = np.random.default_rng([7, start])
    source = start % (2 * (stop - start)) == 0  # every other chunk
    A = np.random.default_rng([8, source]).normal(size=(n_features, n_features))
    X = rng.normal(size=(stop - start, n_features)) @ (A / n_features**0.5)
    return X + 3 * source, np.full(stop - start, 1 if source else -1)


def coral_rows(way, args):
    from sktransfer.adaptation import CORAL
    from sktransfer.moments import Moments, reduce_states

    def chunks():
        step = args.coral_chunk
        for start in range(0, args.rows, step):
            yield domain_rows(start, start + step, args.features)

    model = CORAL()
    some, d = domain_rows(0, args.coral_chunk, args.features)
    if way == "fit in memory":
        X, domains = (np.concatenate(part) for part in zip(*chunks()))
        model.fit(X, sample_domain=domains)
    elif way == "partial_fit":
        for X, domains in chunks():
            model.partial_fit(X, sample_domain=domains)
    else:
        exact = {"arithmetic": "exact", "bound": 16.0} if "exact" in way else {}
        empty = Moments.empty(args.features, **exact)

        def state(block):
            return {int(block[1][0]): empty.update(block[0])}

        model.fit_from_state(reduce_states(chunks(), state))
    return model.transform(some[:1000], sample_domain=d[:1000])


JOBS = {"EASE": ease_weights, "CORAL": coral_rows}


def run_one(job, way, path, args):
    """In a process of its own: peak memory and CPU of one way."""
    import sktransfer.adaptation
    import sktransfer.moments
    import sktransfer.recommend  # noqa: F401

    if job == "EASE":
        for _ in zip(range(1), user_chunks(args)):  # one chunk is not counted
            pass
    before = peak_mb()
    start = time.process_time()
    result = JOBS[job](way, args)
    seconds = time.process_time() - start
    np.save(path, result)
    print(json.dumps({"cpu_s": seconds, "peak_mb": peak_mb(), "before_mb": before}))


def compare(job, args):
    n = args.items
    needed = 2 * n * n * 8 / 2**20 if job == "EASE" else 0.0
    size = f"{args.users} x {n}, chunks of {args.chunk}"
    if job == "CORAL":
        size = f"{args.rows} x {args.features}, chunks of {args.coral_chunk}"
    with tempfile.TemporaryDirectory() as folder:
        expected = None
        for way in WAYS:
            path = Path(folder) / "result.npy"
            command = [sys.executable, __file__, *sys.argv[1:]]
            command += ["--one", job, way, str(path)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(done.stderr)
            found = json.loads(done.stdout)
            result = np.load(path)
            expected = result if expected is None else expected
            difference = np.abs(result - expected).max() / np.abs(expected).max()
            yield {
                "job": job,
                "size": size,
                "way": way,
                "cpu_s": round(found["cpu_s"], 1),
                "peak_mb": round(found["peak_mb"]),
                "above_mb": round(found["peak_mb"] - found["before_mb"] - needed),
                "difference": f"{difference:.1e}",
            }


def exact_cost(args):
    """CPU of a state in exact arithmetic over that in float64, interleaved."""
    from sktransfer.moments import GramMoments, Moments

    rng = np.random.default_rng(0)
    n, d = args.cost_rows, args.cost_features
    X = rng.normal(size=(n, d)).clip(-8, 8)
    S = sparse.random_array((n, d), density=0.05, rng=rng, format="csr")
    for name, kind, rows in (("dense", Moments, X), ("CSR 5 %", GramMoments, S)):
        empty = {
            "float64": kind.empty(d),
            "exact": kind.empty(d, arithmetic="exact", bound=8.0, bits=20),
        }
        seconds = {arithmetic: [] for arithmetic in empty}
        for _ in range(args.repeats):
            for arithmetic, state in empty.items():
                start = time.process_time()
                state.update(rows)
                seconds[arithmetic].append(time.process_time() - start)
        best = {name: min(values) for name, values in seconds.items()}
        yield {
            "rows": f"{n} x {d} {name}",
            "kind": kind.__name__,
            "float64_cpu_s": round(best["float64"], 3),
            "exact_cpu_s": round(best["exact"], 3),
            "ratio": round(best["exact"] / best["float64"], 2),
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=2000)
    parser.add_argument("--chunk", type=int, default=50_000)
    parser.add_argument("--mean", type=float, default=20.0, help="items of a user")
    parser.add_argument("--rows", type=int, default=1_000_000, help="of CORAL")
    parser.add_argument("--features", type=int, default=100)
    parser.add_argument("--coral-chunk", type=int, default=20_000)
    parser.add_argument("--cost-rows", type=int, default=20_000)
    parser.add_argument("--cost-features", type=int, default=300)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--jobs", nargs="*", choices=JOBS, default=list(JOBS))
    parser.add_argument("--output", type=Path, default=RESULTS / "out_of_core.csv")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        run_one(*args.one, args)
        return
    print(f"threads: {os.environ['OMP_NUM_THREADS']}")
    if args.jobs:
        rows = (row for job in args.jobs for row in compare(job, args))
        show(rows, args.output)
    show(exact_cost(args), args.output.with_stem(args.output.stem + "_exact"))


if __name__ == "__main__":
    main()
