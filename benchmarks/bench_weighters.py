"""All weighters on texts of other categories: what the weights do to a classifier.

Amazon reviews (12 pairs of categories, 2000 labelled source rows) and 20 Newsgroups (6
two-by-two pairs). Half of the target is unlabelled and shapes the weights, the other
half tests. Logistic regression on tf-idf of words and word pairs, trained on the
weighted source; dense methods weigh in 50 latent dimensions. Accuracy in percent, the
worst pair against no weights, effective rows as a share of the source. Parameters are
the defaults, unless the table says otherwise; nothing is tuned.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from bench_topics import amazon_pairs, newsgroup_pairs
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from tables import show

from sktransfer.weighting import (
    ClusterInstanceSelector,
    DiscriminatorInstanceWeighter,
    InformationInstanceSelector,
    KLIEPInstanceWeighter,
    KMMInstanceWeighter,
    KNNInstanceWeighter,
    LabelShiftInstanceWeighter,
    RelativeDensityInstanceWeighter,
)

LATENT = {
    "KMM": KMMInstanceWeighter(),
    "KLIEP": KLIEPInstanceWeighter(),
    "relative density": RelativeDensityInstanceWeighter(),
    "clusters": ClusterInstanceSelector(random_state=0),
}
TFIDF = {
    "neighbours, share": KNNInstanceWeighter(metric="cosine"),
    "neighbours, Voronoi": KNNInstanceWeighter(method="voronoi", metric="cosine"),
    "discriminator": DiscriminatorInstanceWeighter(),
    "discriminator, flatten=None": DiscriminatorInstanceWeighter(flatten=None),
    "information": InformationInstanceSelector(),
    "label shift": LabelShiftInstanceWeighter(),
}


def measure(Xs, ys, Xt, yt, split):
    """Accuracy without weights, then of each weighter with its effective rows."""
    order = np.random.default_rng(split).permutation(len(Xt))
    pool, test = np.array_split(order, 2)
    vectorizer = TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=True, min_df=3, max_features=50_000
    )
    Z, n = vectorizer.fit_transform(np.concatenate([Xs, Xt[pool]])), len(Xs)
    latent = TruncatedSVD(50, random_state=0).fit_transform(Z)
    d = np.repeat([1, -1], [n, len(pool)])
    y = np.concatenate([ys, np.full(len(pool), None)])
    tests = vectorizer.transform(Xt[test])

    def accuracy(weights):
        model = LogisticRegression(max_iter=1000)
        model.fit(Z[:n], ys.astype(str), sample_weight=weights)
        return 100 * model.score(tests, yt[test].astype(str))

    plain = accuracy(None)
    yield "no weights", plain, 0.0, 1.0, 0.0
    for weighters, rows in ((LATENT, latent), (TFIDF, Z)):
        for name, weighter in weighters.items():
            start = time.process_time()
            weighter.fit(rows, y, sample_domain=d)
            seconds = time.process_time() - start
            found = accuracy(weighter.weights_[:n])
            effective = weighter.effective_sample_size_ / n
            yield name, found, found - plain, effective, seconds


def table(pairs, splits):
    """One row for each weighter, over all pairs."""
    found = {}
    for pair, *parts in pairs:
        Xs, ys, Xt, yt = (np.asarray(a, dtype=object) for a in parts)
        for split in range(splits):
            for name, *values in measure(Xs, ys, Xt, yt, split):
                found.setdefault(name, {}).setdefault(pair, []).append(values)
    for name, by_pair in found.items():
        mean = np.array([np.mean(v, axis=0) for v in by_pair.values()])
        yield {
            "weighter": name,
            "accuracy": f"{mean[:, 0].mean():.1f}",
            "worst pair": f"{mean[:, 1].min():+.1f}",
            "effective": f"{mean[:, 2].mean():.2f}",
            "CPU s": f"{np.median(mean[:, 3]):.2f}",
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", choices=("amazon", "newsgroups"), default="amazon")
    parser.add_argument("--splits", type=int, default=1)
    args = parser.parse_args()
    folder = os.environ.get("SKTRANSFER_DATA")
    if not folder:
        sys.exit("Set SKTRANSFER_DATA to the folder that holds reviews/.")
    load = amazon_pairs if args.data == "amazon" else newsgroup_pairs
    warnings.simplefilter("ignore")  # what the weighters warn of is in the table
    out = Path(__file__).parent / "results" / f"weighters_{args.data}.csv"
    show(table(load(Path(folder)), args.splits), out)


if __name__ == "__main__":
    main()
