"""Transfer between domains of one language without target labels.

Amazon reviews: 12 pairs, 2000 labelled source texts, half of the target unlabelled
("own" pool; "wide" adds the texts of the two other domains, unlabelled), the other half
to test. 20 Newsgroups: 6 two-by-two pairs, the target halved likewise. One default
pipeline: distributional correspondence and a model of the source's own words and
characters teach a student on those of the target; marks and negated words are words of
their own. Peers get 200 latent dimensions of the tf-idf of plain words: they need dense
rows. The development pairs were kitchen -> books and comp-sci; means are also given
without them. Accuracy in percent, CPU seconds.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from bench_topics import DEVELOPMENT, amazon_pairs, newsgroup_pairs
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sktransfer.adaptation import (
    CORAL,
    CorrespondenceFeatures,
    DomainScaler,
    SubspaceAlignment,
)
from sktransfer.text import WordTokenizer
from sktransfer.transfer import TransferClassifier
from sktransfer.transfer.strategies import Distillation

try:
    import ot
except ImportError:
    ot = None
try:
    from skada import CORAL as SkadaCORAL
    from skada import SubspaceAlignment as SkadaSubspaceAlignment
except ImportError:
    SkadaCORAL = None

SOURCE_ONLY = "source only"
DEFAULT = "  marks and negation are words (default)"
ROWS = 2000
MAX_TRANSPORT = 1000  # rows a side of the transport plan


def tfidf(**parameters):
    return TfidfVectorizer(
        ngram_range=(1, 2),
        sublinear_tf=True,
        min_df=3,
        max_features=50_000,
        **parameters,
    )


def marked():
    """Words, marks and negated words; the student takes over the tokenizer."""
    return tfidf(tokenizer=WordTokenizer(), token_pattern=None)


def logistic(C=1.0):
    # C = 10 for latent dimensions: their rows are shorter than tf-idf's
    return LogisticRegression(C=C, max_iter=1000)


def domains(Xs, Xu, others=()):
    """Domain of each row; unlabelled texts of other domains are source domains."""
    ids = [1, -2, *range(3, 3 + len(others))]
    return np.repeat(ids, [len(Xs), len(Xu), *map(len, others)])


def ours(mapper, C=1.0, **parameters):
    def fit_predict(Xs, ys, Xu, Xe, others=()):
        # the same penalty a row for sources of any size: C = 1 with 2000 rows
        estimator = logistic(C * ROWS / len(Xs))
        model = TransferClassifier(estimator, mapper=mapper, **parameters)
        X, d = np.concatenate([Xs, Xu, *others]), domains(Xs, Xu, others)
        y = np.concatenate([np.asarray(ys, object), np.full(len(X) - len(Xs), None)])
        return model.fit(X, y, sample_domain=d).predict(Xe)

    return fit_predict


def source_only(Xs, ys, Xu, Xe, others=()):
    return make_pipeline(tfidf(), logistic()).fit(Xs, ys).predict(Xe)


def latent(Xs, Xu, Xe, others=()):
    """Dense rows of all three parts; other domains shape the dimensions."""
    vectorizer = make_pipeline(tfidf(), TruncatedSVD(200, random_state=0))
    Z = vectorizer.fit_transform(np.concatenate([Xs, Xu, *others]))
    return Z[: len(Xs)], Z[len(Xs) :][: len(Xu)], vectorizer.transform(Xe)


def latent_source_only(Xs, ys, Xu, Xe, others=()):
    Zs, _, Ze = latent(Xs, Xu, Xe, others)
    return logistic(10).fit(Zs, ys).predict(Ze)


def skada(estimator):
    def fit_predict(Xs, ys, Xu, Xe, others=()):
        Zs, Zu, Ze = latent(Xs, Xu, Xe, others)
        _, codes = np.unique(ys, return_inverse=True)
        model = estimator()
        model.fit(
            np.r_[Zs, Zu],
            np.r_[codes, np.full(len(Zu), -1)],
            sample_domain=domains(Zs, Zu),
        )
        return np.unique(ys)[model.predict(Ze)]

    return fit_predict


def transport(Xs, ys, Xu, Xe, others=()):
    """POT: source rows moved onto the target by entropic transport."""
    Zs, Zu, Ze = latent(Xs, Xu, Xe, others)
    rng = np.random.default_rng(0)
    rows = rng.permutation(len(Zs))[:MAX_TRANSPORT]
    other = rng.permutation(len(Zu))[:MAX_TRANSPORT]
    plan = ot.da.SinkhornTransport(reg_e=0.01, norm="max")
    moved = plan.fit(Xs=Zs[rows], Xt=Zu[other]).transform(Xs=Zs[rows])
    return logistic(10).fit(moved, np.asarray(ys)[rows]).predict(Ze)


def methods():
    svd = make_pipeline(tfidf(), TruncatedSVD(200, random_state=0))
    found = {
        SOURCE_ONLY: source_only,
        "  on 200 latent dimensions": latent_source_only,
        "  z-scored by domain": ours(make_pipeline(svd, DomainScaler())),
        "CORAL": ours(make_pipeline(svd, CORAL()), C=10),
        "SubspaceAlignment": ours(
            make_pipeline(svd, SubspaceAlignment(n_components=50)), C=10
        ),
    }
    if SkadaCORAL is not None:
        found["CORAL, skada"] = skada(lambda: SkadaCORAL(logistic(10)))
        found["subspace alignment, skada"] = skada(
            lambda: SkadaSubspaceAlignment(logistic(10), n_components=50)
        )
    if ot is not None:
        found["optimal transport, POT"] = transport
    mapper = make_pipeline(tfidf(), CorrespondenceFeatures())
    found["CorrespondenceFeatures, the teacher"] = ours(mapper)
    found["  distilled"] = ours(mapper, strategy="distill")
    two = Distillation(native_teacher=True, teacher_weight=0.5)
    matched = Distillation(native_teacher=True, teacher_weight=0.5, match_shares=True)
    found["  distilled, two teachers"] = ours(mapper, strategy=two)
    found["  at the teachers' shares"] = ours(mapper, strategy=matched)
    mapper = make_pipeline(marked(), CorrespondenceFeatures())
    found[DEFAULT] = ours(mapper, strategy=matched)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", choices=("amazon", "newsgroups"), default="amazon")
    parser.add_argument("--pool", choices=("own", "wide"), default="own")
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--default-only", action="store_true", help="no peers")
    args = parser.parse_args()
    folder = os.environ.get("SKTRANSFER_DATA")
    if not folder:
        sys.exit("Set SKTRANSFER_DATA to the folder that holds reviews/.")
    load = amazon_pairs if args.data == "amazon" else newsgroup_pairs
    pairs = {name: rest for name, *rest in load(Path(folder))}
    chosen = methods()
    if args.default_only:
        chosen = {m: f for m, f in chosen.items() if m in (SOURCE_ONLY, DEFAULT)}
    rows = []
    warnings.simplefilter("ignore")  # what the methods warn about is in the table
    for name, (Xs, ys, Xt, yt) in pairs.items():
        Xs, Xt, yt = (np.asarray(a, dtype=object) for a in (Xs, Xt, yt))
        _, target = name.split("->") if "->" in name else (None, None)
        for split in range(args.splits):
            order = np.random.default_rng(split).permutation(len(Xt))
            half = len(order) // 2
            others = {}
            if args.pool == "wide" and target:
                others = {
                    n.split("->")[0]: np.asarray(p[0], dtype=object)
                    for n, p in pairs.items()
                    if n.split("->")[0] not in name.split("->")
                }
            given = Xs, ys, Xt[order[:half]]
            test, truth = Xt[order[half:]], yt[order[half:]]
            for method, fit_predict in chosen.items():
                start = time.process_time()
                right = fit_predict(*given, test, list(others.values())) == truth
                seconds = time.process_time() - start
                rows.append((name, split, method, right.mean(), seconds))
            print(
                f"{name:20} {split}  "
                + "  ".join(f"{100 * r[3]:.1f}" for r in rows[-len(chosen) :]),
                flush=True,
            )
    report(rows, list(chosen), list(pairs), DEVELOPMENT[args.data])
    out = Path(__file__).parent / "results"
    out.mkdir(exist_ok=True)
    with open(out / f"domains_{args.data}_{args.pool}.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["pair", "split", "method", "accuracy", "cpu_s"])
        writer.writerows(rows)


def report(rows, methods, pairs, development):
    """Print means over pairs, the worst pair against source only, and seconds."""
    mean = {
        (m, p): 100 * np.mean([r[3] for r in rows if r[0] == p and r[2] == m])
        for m in methods
        for p in pairs
    }
    print(f"{'':38}{'mean':>7}{'- dev':>7}{'worst pair':>12}{'CPU s':>8}")
    for m in methods:
        gain = min(mean[m, p] - mean[SOURCE_ONLY, p] for p in pairs)
        apart = np.mean([mean[m, p] for p in pairs if p != development])
        every = np.mean([mean[m, p] for p in pairs])
        seconds = np.median([r[4] for r in rows if r[2] == m])
        print(f"{m:38}{every:7.1f}{apart:7.1f}{gain:+12.1f}{seconds:8.1f}")


if __name__ == "__main__":
    main()
