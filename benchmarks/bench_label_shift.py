"""Label shift on real reviews: shares of the target, and what weighting by them gains.

Amazon reviews of one category: 1000 labelled source rows, half of them positive, and
500 target rows drawn with another share of positive ones. Logistic regression on
tf-idf; error and interval of the estimated share, accuracy on the target without
weights and with weights by the estimate. "between" takes source and target of different
categories with half of the rows positive on both sides: there the classes changed, and
the estimate should be marked as not to be trusted. Nothing is tuned.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from bench_topics import amazon_pairs
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from tables import show

from sktransfer.weighting import LabelShiftInstanceWeighter

SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)
N_SOURCE, N_TARGET = 1000, 500
METHODS = {
    "EM, auto": {},
    "EM, flatten=None": {"flatten": None},
    "black box, auto": {"method": "black_box"},
}


def draw(texts, positive, share, rng):
    """Rows of one category: balanced source, target of a given share."""
    order = rng.permutation(len(texts))
    rest = order[N_SOURCE:]
    n_positive = int(share * N_TARGET)
    up, down = rest[positive[rest]], rest[~positive[rest]]
    target = np.r_[up[:n_positive], down[: N_TARGET - n_positive]]
    rows = np.r_[order[:N_SOURCE], target]
    return texts[rows], positive[rows], N_SOURCE


def between(one, other):
    """All rows of one category as source, those of another as target."""
    texts, positive = (np.concatenate(p) for p in zip(one, other))
    return texts, positive, len(one[0])


def measure(texts, positive, n_source):
    """Estimates and accuracies of all methods on one draw."""
    vectorizer = TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=True, min_df=2, max_features=50_000
    )
    Z = vectorizer.fit_transform(texts)
    y = positive.astype(float)
    masked = np.where(np.arange(len(y)) < n_source, y, np.nan)
    d = np.where(np.arange(len(y)) < n_source, 1, -1)
    source, target = d > 0, d < 0

    def accuracy(weights):
        model = LogisticRegression(max_iter=1000)
        model.fit(Z[source], y[source], sample_weight=weights)
        return model.score(Z[target], y[target])

    plain, truth = accuracy(None), y[target].mean()
    for name, parameters in METHODS.items():
        start = time.process_time()
        w = LabelShiftInstanceWeighter(**parameters).fit(Z, masked, sample_domain=d)
        seconds = time.process_time() - start
        low, high = w.confidence_interval_[1]
        yield (
            name,
            w.target_shares_[1] - truth,
            low <= truth <= high,
            high - low,
            w.identifiable_,
            plain,
            accuracy(w.weights_[source]),
            w.temperature_,
            seconds,
        )


def summary(case, found):
    """One row of the table for each method."""
    for name in METHODS:
        r = np.array([f[1:] for f in found if f[0] == name], float)
        yield {
            "case": case,
            "method": name,
            "error (rms)": f"{np.sqrt(np.mean(r[:, 0] ** 2)):.3f}",
            "covered": f"{r[:, 1].mean():.2f}",
            "width": f"{r[:, 2].mean():.3f}",
            "identifiable": f"{r[:, 3].mean():.2f}",
            "no weights": f"{r[:, 4].mean():.3f}",
            "weighted": f"{r[:, 5].mean():.3f}",
            "temperature": f"{r[:, 6].mean():.1f}",
            "CPU s": f"{np.median(r[:, 7]):.2f}",
        }


def rows(categories, draws):
    for share in SHARES:
        found = []
        for texts, positive in categories.values():
            for seed in range(draws):
                rng = np.random.default_rng(seed)
                found += measure(*draw(texts, positive, share, rng))
        yield from summary(f"share {share}", found)
    found = []
    for a, one in categories.items():
        for b, other in categories.items():
            if a != b:
                found += measure(*between(one, other))
    yield from summary("between", found)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=4)
    args = parser.parse_args()
    folder = os.environ.get("SKTRANSFER_DATA")
    if not folder:
        sys.exit("Set SKTRANSFER_DATA to the folder that holds reviews/.")
    categories = {}
    for name, texts, labels, *_ in amazon_pairs(Path(folder)):
        labels = np.asarray(labels).astype(str)
        positive = labels == np.unique(labels)[-1]
        categories[name.split("->")[0]] = np.asarray(texts, object), positive
    warnings.simplefilter("ignore")  # what the weighter warns of is in the table
    out = Path(__file__).parent / "results" / "label_shift.csv"
    show(rows(categories, args.draws), out)


if __name__ == "__main__":
    main()
