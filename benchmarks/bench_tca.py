"""Transfer component analysis: CPU seconds, accuracy and peak memory beside the peers.

Three tables. "cpu": Gaussian source and target rows, the target's mean shifted, fit and
transform of all rows, interleaved, median of the repeats, one thread unless
OMP_NUM_THREADS is set. "memory": the same in a fresh process, peak above what its
imports take. "accuracy": office_caltech, all pairs of domains; rows of unit length,
columns standardised, 50 principal components, the components of each method, then
logistic regression on standardised components and the nearest neighbour, fitted on all
source rows and scored on all target rows. All methods give 20 components and keep
their other defaults. sktransfer's default of mu is one of five values that were looked
at on these pairs (0.001 to 10; they lie within 3 points).

skada and adapt do not install side by side everywhere: a peer that cannot be imported
is named and left out, so run the file once in each environment.

    python benchmarks/bench_tca.py --data FOLDER
"""

from __future__ import annotations

import argparse
import csv
import importlib
import itertools
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy starts its threads
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, normalize

RESULTS = Path(__file__).parent / "results"
N_COMPONENTS = 20


def sktransfer(source, target, **options):
    from sktransfer.adaptation import TransferComponentAnalysis

    tca = TransferComponentAnalysis(N_COMPONENTS, **options)
    d = np.repeat([1, -1], [len(source), len(target)])
    with warnings.catch_warnings():  # means that stay apart; the scores are the point
        warnings.filterwarnings("ignore", "The domain means are still", UserWarning)
        tca.fit(np.vstack([source, target]), sample_domain=d)
    return tca.transform(source), tca.transform(target)


def exact(source, target):
    return sktransfer(source, target, n_landmarks=None)


def skada(source, target):
    from skada import TransferComponentAnalysisAdapter

    X = np.vstack([source, target])
    d = np.repeat([1, -2], [len(source), len(target)])
    adapter = TransferComponentAnalysisAdapter(n_components=N_COMPONENTS)
    Z = adapter.fit_transform(X, sample_domain=d)
    return Z[d > 0], Z[d < 0]


def adapt(source, target):
    from adapt.feature_based import TCA

    tca = TCA(n_components=N_COMPONENTS, verbose=0)
    return tca.fit_transform(source, target), tca.transform(target)


METHODS = {  # name -> (function, module it needs, largest number of rows)
    "sktransfer, 256 landmarks": (sktransfer, "sktransfer", None),
    "sktransfer, exact": (exact, "sktransfer", 2500),
    "skada": (skada, "skada", 2500),
    "adapt": (adapt, "adapt.feature_based", 2500),
}


def installed():
    found = {}
    for name, (_, module, _) in METHODS.items():
        try:
            importlib.import_module(module)
        except Exception as error:  # broken installations raise anything
            why = f"{type(error).__name__}: {error}".splitlines()[0]
            print(f"{name}: not measured ({why})")
        else:
            found[name] = METHODS[name]
    return found


def make_shift(n, d, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.normal(size=(n, d)) + 0.3


def cpu(methods, args):
    source, target = make_shift(args.n, args.d)
    seconds = {name: [] for name in methods}
    for _ in range(args.repeats):
        for name, (method, *_) in methods.items():
            start = time.process_time()
            method(source, target)
            seconds[name].append(time.process_time() - start)
    own = np.median(seconds["sktransfer, 256 landmarks"])
    for name, spent in seconds.items():
        yield {
            "table": "cpu",
            "method": name,
            "rows": f"{args.n} + {args.n}",
            "cpu_s": round(float(np.median(spent)), 3),
            "cpu_min": round(min(spent), 3),
            "cpu_max": round(max(spent), 3),
            "ratio": round(float(np.median(spent) / own), 1),
        }


def peak_megabytes():
    lines = dict(
        line.split(":", 1)
        for line in Path("/proc/self/status").read_text().splitlines()
    )
    return int(lines["VmHWM"].split()[0]) / 1024


def memory(args):
    command = [sys.executable, __file__, "--peak-of", str(args.n_large)]
    run = subprocess.run(
        [*command, "-d", str(args.d)], capture_output=True, text=True, check=True
    )
    peak, seconds = map(float, run.stdout.split()[-2:])
    yield {
        "table": "memory",
        "method": "sktransfer, 256 landmarks",
        "rows": f"{args.n_large} + {args.n_large}",
        "cpu_s": round(seconds, 1),
        "peak_mb": round(peak),
    }


def print_peak(n, d):
    sktransfer(*make_shift(100, d))  # lazy imports and threads
    before = peak_megabytes()
    start = time.process_time()
    sktransfer(*make_shift(n, d))
    print(peak_megabytes() - before, time.process_time() - start)


def accuracy(methods, data_home):
    from sktransfer.datasets import load_office_caltech

    for features in ("surf", "googlenet"):
        domains = ["amazon", "dslr", "webcam"] + ["caltech"] * (features == "surf")
        scores = {name: [] for name in ("no components", *methods)}
        for pair in itertools.permutations(domains, 2):
            data = load_office_caltech(*pair, features=features, data_home=data_home)
            X = normalize(data.data.astype(np.float64))
            reduce = make_pipeline(StandardScaler(), PCA(50, random_state=0))
            X, s = reduce.fit_transform(X), data.sample_domain > 0
            X *= np.sqrt(50 / np.mean(np.sum(X**2, axis=1)))  # unit variance on average
            for name in scores:
                Zs, Zt = X[s], X[~s]
                if name in methods:
                    Zs, Zt = methods[name][0](Zs, Zt)
                models = (
                    make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
                    KNeighborsClassifier(1),
                )
                scores[name].append(
                    [
                        m.fit(Zs, data.target[s]).score(Zt, data.target[~s])
                        for m in models
                    ]
                )
        for name, values in scores.items():
            mean = 100 * np.mean(values, axis=0)
            yield {
                "table": f"accuracy, {features}",
                "method": name,
                "pairs": len(values),
                "logistic": round(float(mean[0]), 1),
                "nearest": round(float(mean[1]), 1),
            }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=1000, help="rows of each side")
    parser.add_argument("--n-large", type=int, default=100_000)
    parser.add_argument("-d", type=int, default=50, help="number of features")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--data", default=None, help="default: SKTRANSFER_DATA")
    parser.add_argument("--output", type=Path, default=RESULTS / "tca.csv")
    parser.add_argument("--peak-of", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.peak_of:
        print_peak(args.peak_of, args.d)
        return
    methods = {k: v for k, v in installed().items() if k in args.methods}
    parts = [cpu(methods, args), memory(args)]
    if args.data or os.environ.get("SKTRANSFER_DATA"):
        parts.append(accuracy(methods, args.data))
    else:
        print("accuracy: not measured (no folder: pass --data or set SKTRANSFER_DATA)")
    rows, table = [], None
    for row in itertools.chain(*parts):
        if list(row) != table:
            table = list(row)
            print("\n| " + " | ".join(row) + " |\n" + "|---" * len(row) + "|")
        print("| " + " | ".join(map(str, row.values())) + " |", flush=True)
        rows.append(row)
    args.output.parent.mkdir(parents=True, exist_ok=True)
    with args.output.open("w", newline="") as file:
        fields = list(dict.fromkeys(itertools.chain(*rows)))
        writer = csv.DictWriter(file, fieldnames=fields)
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
