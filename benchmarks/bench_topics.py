"""TopicFeatureSelector and TransferFeatureSelector against label-only selection.

For each pair: labelled source, half of the target without labels, the other half to
test. A logistic regression on the tf-idf of the selected words. The score of
TopicFeatureSelector was developed on the test halves of comp-sci and kitchen -> books
only, in four rounds that compared about 300 combinations (topic model, number of
topics, how labels reach the target, label score, factors and exponents); the other
pairs are the check, run with what came out. The last lines give the mean with and
without the pair of development.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import os
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.feature_selection import chi2
from sklearn.linear_model import LogisticRegression

from sktransfer.selection import TopicFeatureSelector, TransferFeatureSelector

# source and target groups of the usual two-by-two tasks; the first topic is class 1
NEWSGROUPS = {
    "comp-sci": (
        "comp.graphics comp.os.ms-windows.misc sci.crypt sci.electronics",
        "comp.sys.ibm.pc.hardware comp.sys.mac.hardware comp.windows.x sci.med "
        "sci.space",
    ),
    "rec-talk": (
        "rec.autos rec.motorcycles talk.politics.guns talk.politics.misc",
        "rec.sport.baseball rec.sport.hockey talk.politics.mideast talk.religion.misc",
    ),
    "rec-sci": (
        "rec.autos rec.sport.baseball sci.med sci.space",
        "rec.motorcycles rec.sport.hockey sci.crypt sci.electronics",
    ),
    "sci-talk": (
        "sci.electronics sci.med talk.politics.misc talk.religion.misc",
        "sci.crypt sci.space talk.politics.guns talk.politics.mideast",
    ),
    "comp-rec": (
        "comp.graphics comp.sys.ibm.pc.hardware comp.sys.mac.hardware rec.motorcycles "
        "rec.sport.hockey",
        "comp.os.ms-windows.misc comp.windows.x rec.autos rec.sport.baseball",
    ),
    "comp-talk": (
        "comp.graphics comp.sys.mac.hardware comp.windows.x talk.politics.mideast "
        "talk.religion.misc",
        "comp.os.ms-windows.misc comp.sys.ibm.pc.hardware talk.politics.guns "
        "talk.politics.misc",
    ),
}


DEVELOPMENT = {"amazon": "kitchen->books", "newsgroups": "comp-sci"}


def amazon_pairs(folder):
    table = pd.read_csv(folder / "reviews" / "amazon_reviews.csv.gz")
    texts = (table["title"].fillna("") + " " + table["text"].fillna("")).to_numpy()
    y, domain = table["label"].to_numpy(), table["domain"].to_numpy()
    for s, t in itertools.permutations(np.unique(domain), 2):
        source, target = np.flatnonzero(domain == s), np.flatnonzero(domain == t)
        yield f"{s}->{t}", texts[source], y[source], texts[target], y[target]


def newsgroup_pairs(folder):
    table = pd.read_csv(folder / "reviews" / "newsgroups20.csv.gz")
    texts = (table["subject"].fillna("") + " " + table["body"].fillna("")).to_numpy()
    for name, (source, target) in NEWSGROUPS.items():
        s = table["group"].isin(source.split()).to_numpy()
        t = table["group"].isin(target.split()).to_numpy()
        y = table["group"].str.startswith(name.split("-")[0]).to_numpy().astype(int)
        yield name, texts[s], y[s], texts[t], y[t]


def selections(counts, tfidf, y, d, models, seed):
    """Scores of each method, highest best, and its CPU seconds."""
    start = time.process_time()
    scores = np.nan_to_num(chi2(tfidf[d > 0], y[d > 0])[0])
    yield "chi2", scores, time.process_time() - start
    for score in ("mutual_info", "chi2"):
        start = time.process_time()
        selector = TransferFeatureSelector(score_func=score).fit(
            tfidf, y, sample_domain=d
        )
        seconds = time.process_time() - start
        if score == "mutual_info":  # of the labels alone, in the time of both
            yield "mutual information", selector.label_scores_, seconds
        yield f"TransferFeatureSelector {score}", selector.scores_, seconds
    # one topic says nothing: agreement by naive Bayes alone, to tell what topics add
    settings = [("one topic", tfidf, {"n_topics": 1})]
    for name in models:
        model, _, kind = name.partition(":")
        X = counts if kind == "counts" else tfidf
        settings.append((name, X, {"topic_model": model}))
    for name, X, parameters in settings:
        start = time.process_time()
        selector = TopicFeatureSelector(random_state=seed, **parameters)
        selector.fit(X, y, sample_domain=d)
        seconds = time.process_time() - start
        yield f"TopicFeatureSelector {name}", selector.scores_, seconds


def run(pair, ks, models, seed):
    """Rows of the result table for one pair and one split."""
    name, source, y_source, target, y_target = pair
    order = np.random.default_rng(seed).permutation(len(target))
    half = len(target) // 2
    seen, test = order[:half], order[half:]
    texts = np.r_[source, target[seen]]
    d = np.repeat([1, -1], [len(source), half])
    y = np.r_[y_source.astype(float), np.full(half, np.nan)]
    vectorizer = CountVectorizer(min_df=2).fit(texts)
    counts = vectorizer.transform(texts)
    weighting = TfidfTransformer(sublinear_tf=True).fit(counts)
    tfidf = weighting.transform(counts)
    X_test = weighting.transform(vectorizer.transform(target[test]))

    def accuracy(keep):
        model = LogisticRegression(C=5.0, max_iter=500)
        model.fit(tfidf[d > 0][:, keep], y_source)
        return model.score(X_test[:, keep], y_target[test])

    every = accuracy(np.arange(tfidf.shape[1]))
    rows = [(name, seed, "all features", k, every, 0.0) for k in ks]
    for method, scores, seconds in selections(counts, tfidf, y, d, models, seed):
        best = np.argsort(-scores, kind="stable")
        for k in ks:
            score = accuracy(np.sort(best[:k]))
            rows.append((name, seed, method, k, score, seconds))
    return rows


def gains(table):
    """Mean and worst pair of the accuracy above that of all features, in points."""
    pairs = table.groupby(["method", "k", "pair"])["accuracy"].mean() * 100
    gain = (pairs - pairs.loc["all features"]).groupby(["method", "k"])
    text = gain.mean().map("{:+.1f}".format) + gain.min().map(" ({:+.1f})".format)
    return text.drop("all features").unstack("k")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", choices=["amazon", "newsgroups"], default="amazon")
    parser.add_argument("--splits", type=int, default=2)
    parser.add_argument("--k", type=int, nargs="+", default=[250, 1000, 4000])
    parser.add_argument("--pairs", nargs="+", help="names of pairs; default: all")
    parser.add_argument(
        "--models",
        nargs="+",
        default=["nmf"],
        help="names of topic models, on tf-idf; with :counts on counts",
    )
    args = parser.parse_args()
    if "SKTRANSFER_DATA" not in os.environ:
        sys.exit("Set SKTRANSFER_DATA to the folder that holds reviews/.")
    read = amazon_pairs if args.data == "amazon" else newsgroup_pairs
    pairs = list(read(Path(os.environ["SKTRANSFER_DATA"])))
    names = [pair[0] for pair in pairs]
    if unknown := set(args.pairs or ()) - set(names):
        parser.error(f"no pairs {sorted(unknown)}; there are {', '.join(names)}")
    columns = ["pair", "split", "method", "k", "accuracy", "cpu_seconds"]
    rows = []
    for pair in pairs:
        if args.pairs and pair[0] not in args.pairs:
            continue
        for seed in range(args.splits):
            rows += run(pair, args.k, args.models, seed)
        part = pd.DataFrame([r for r in rows if r[0] == pair[0]], columns=columns)
        means = part.pivot_table(index="method", columns="k", values="accuracy")
        print(f"\n{pair[0]}\n{means.round(4).to_string()}", flush=True)
    table = pd.DataFrame(rows, columns=columns)
    seconds = table.groupby("method")["cpu_seconds"].median().rename("CPU s")
    for title, part in [
        ("all pairs", table),
        (
            "without the pair of development",
            table[table["pair"] != DEVELOPMENT[args.data]],
        ),
    ]:
        if part.empty:
            continue
        means = part.pivot_table(index="method", columns="k", values="accuracy")
        print(f"\nmean, {title}: {part['pair'].nunique()} x {args.splits} splits")
        print(means.round(4).join(seconds.round(2)).to_string())
    worst = gains(table)
    print("\nagainst all features, mean (worst pair)")
    print(worst.to_string())
    out = Path(__file__).parent / "results"
    out.mkdir(exist_ok=True)
    with open(out / f"topics_{args.data}.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)


if __name__ == "__main__":
    main()
