"""Kernel mean matching: objective, CPU seconds and peak memory beside the peers.

Source and target are Gaussian, the target's mean shifted; as many source as target
rows; RBF kernel with gamma = 1 / n_features and the same bound B for all. Objectives
are those of the same quadratic programme, evaluated in float64 at the weights that
each method returns; "excess" is relative to the minimum, from a run to 1e-8. Runs are
interleaved; each peak memory is that of a fresh process, above what its imports take.
All methods run with the same number of threads: one, unless OMP_NUM_THREADS is set.

    python benchmarks/bench_kmm.py
"""

from __future__ import annotations

import argparse
import csv
import importlib
import os
import resource
import subprocess
import sys
import time
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy starts its threads

import numpy as np

RESULTS = Path(__file__).parent / "results"


def make_shift(n, d, shift, seed, dtype):
    rng = np.random.default_rng(seed)
    source = rng.normal(size=(n, d))
    return source.astype(dtype), (rng.normal(size=(n, d)) + shift).astype(dtype)


def fit_sktransfer(source, target, gamma, B, **options):
    from sktransfer.weighting import KMMInstanceWeighter

    X = np.vstack([source, target])
    d = np.repeat([1, -1], [len(source), len(target)])
    w = KMMInstanceWeighter(gamma=gamma, B=B, **options)
    with warnings.catch_warnings():  # few rows count under this shift
        warnings.filterwarnings("ignore", "The .* weighted source rows", UserWarning)
        w.fit(X, sample_domain=d)
    return w.mass_ * w.weights_[: len(source)]


def fit_skada(source, target, gamma, B):
    from skada import KMMReweightAdapter

    X = np.vstack([source, target])
    d = np.repeat([1, -2], [len(source), len(target)])
    adapter = KMMReweightAdapter(gamma=gamma, B=B).fit(X, sample_domain=d)
    return adapter.source_weights_


def fit_adapt(source, target, gamma, B):
    from adapt.instance_based import KMM

    model = KMM(
        kernel="rbf", gamma=gamma, B=B, max_size=len(source), max_iter=1000, verbose=0
    )
    return model.fit_weights(source, target)


METHODS = {  # name -> (function, dtype, options, module it needs, largest n)
    "sktransfer float32": (fit_sktransfer, "float32", {}, "sktransfer", None),
    "sktransfer float64": (fit_sktransfer, "float64", {}, "sktransfer", None),
    "sktransfer float32, tol=1e-6": (
        fit_sktransfer,
        "float32",
        {"tol": 1e-6},
        "sktransfer",
        None,
    ),
    "skada": (fit_skada, "float64", {}, "skada", None),
    "adapt": (fit_adapt, "float64", {}, "adapt.instance_based", 2000),
}


def installed():
    found, missing = {}, {}
    for name, (*_, module, _) in METHODS.items():
        try:
            importlib.import_module(module)
        except Exception as error:  # broken installations raise anything
            missing[name] = f"{type(error).__name__}: {error}".splitlines()[0]
        else:
            found[name] = METHODS[name]
    return found, missing


def objective(beta, source, target, gamma, block=500):
    from sklearn.metrics.pairwise import rbf_kernel

    value = 0.0
    for i in range(0, len(source), block):
        rows, b = source[i : i + block], beta[i : i + block]
        kappa = len(source) * rbf_kernel(rows, target, gamma=gamma).mean(axis=1)
        value += 0.5 * b @ (rbf_kernel(rows, source, gamma=gamma) @ beta) - kappa @ b
    return value


def peak_kilobytes():
    status = Path("/proc/self/status")
    if status.exists():  # of this process alone, not of the one that started it
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0])
    divisor = 1024 if sys.platform == "darwin" else 1
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // divisor


def measure_peak(name, n, args):
    """Peak memory above imports, in megabytes; run in a fresh process."""
    command = [sys.executable, __file__, "--peak-of", name, "--n", str(n)]
    command += ["--shift", str(args.shift), "--B", str(args.B), "-d", str(args.d)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(run.stdout.split()[-1])


def print_peak(name, n, args):
    fit, dtype, options, module, _ = METHODS[name]
    importlib.import_module(module)
    small = make_shift(40, args.d, args.shift, 0, dtype)
    fit(*small, 1 / args.d, args.B, **options)  # lazy imports and threads
    before = peak_kilobytes()
    source, target = make_shift(n, args.d, args.shift, 0, dtype)
    fit(source, target, 1 / args.d, args.B, **options)
    print((peak_kilobytes() - before) / 1024)


def run(n, methods, args):
    gamma = 1 / args.d
    methods = {k: m for k, m in methods.items() if m[4] is None or n <= m[4]}
    data = {t: make_shift(n, args.d, args.shift, 0, t) for t in ("float32", "float64")}
    seconds, beta = {name: [] for name in methods}, {}
    for _ in range(args.repeats):
        for name, (fit, dtype, options, *_) in methods.items():
            start = time.process_time()
            beta[name] = np.asarray(
                fit(*data[dtype], gamma, args.B, **options), dtype=np.float64
            )
            seconds[name].append(time.process_time() - start)
    best = fit_sktransfer(*data["float64"], gamma, args.B, tol=1e-8, max_iter=50_000)
    minimum = objective(best, *data["float64"], gamma)
    peer = np.median(seconds["skada"]) if "skada" in seconds else np.nan
    for name in methods:
        value = objective(beta[name], *data["float64"], gamma)
        peak = measure_peak(name, n, args)
        yield {
            "n": n,
            "method": name,
            "cpu_s": round(float(np.median(seconds[name])), 4),
            "cpu_min": round(min(seconds[name]), 4),
            "cpu_max": round(max(seconds[name]), 4),
            "skada_cpu_ratio": round(float(peer / np.median(seconds[name])), 2),
            "objective": round(float(value), 3),
            "excess": f"{(value - minimum) / abs(minimum):.1e}",
            "mean_beta": round(float(beta[name].mean()), 4),
            "max_beta": round(float(beta[name].max()), 2),
            "peak_mb": round(peak, 1),
            "peak_per_float32_kernel": round(peak * 2**20 / (4 * n * n), 2),
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, nargs="+", default=[1000, 2000, 4000, 8000])
    parser.add_argument("-d", type=int, default=50, help="number of features")
    parser.add_argument("--shift", type=float, default=0.3, help="of each feature")
    parser.add_argument("--B", type=float, default=1000.0, help="bound of the weights")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--output", type=Path, default=RESULTS / "kmm.csv")
    parser.add_argument("--peak-of", choices=METHODS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.peak_of:
        print_peak(args.peak_of, args.n[0], args)
        return
    found, missing = installed()
    for name, why in missing.items():
        print(f"{name}: not measured ({why})")
    methods = {name: found[name] for name in args.methods if name in found}
    print(f"threads: {os.environ['OMP_NUM_THREADS']}")
    rows = []
    for n in args.n:
        for row in run(n, methods, args):
            if not rows:
                print("| " + " | ".join(row) + " |\n" + "|---" * len(row) + "|")
            rows.append(row)
            print("| " + " | ".join(map(str, row.values())) + " |", flush=True)
    args.output.parent.mkdir(parents=True, exist_ok=True)
    with args.output.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
