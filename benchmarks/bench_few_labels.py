"""Strategies for a few labelled target rows: which makes the most of them.

Amazon reviews: 12 pairs, 2000 labelled source texts, half of the target unlabelled but
for 50 or 200 of its texts, the other half to test; 20 Newsgroups: 6 two-by-two pairs,
20 or 50 labels of each class; product offers (MWPD): shops of .com to all others, and
PriceRunner: the three largest English shops to each other, 50 or 200 labels, no
label-free pipeline. Labels are drawn anew for each seed.

"tf-idf": words, word pairs and characters, weighted by log-count ratios, logistic
regression, by each strategy. "label-free": the default of bench_domains.py; its student
and teachers see no target label, and "+ labels" is the same model fine-tuned, as
``TransferClassifier(strategy="distill", target_labels="use")`` does; it is distilled
once for all draws of labels. The development pairs were kitchen -> books and comp-sci.

Rows are appended to a CSV file as they are found; pairs, splits and seeds in it are not
run again. Accuracy in percent, CPU seconds.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
import warnings
from collections import defaultdict
from pathlib import Path

import numpy as np
from bench_domains import domains, logistic, marked
from bench_topics import DEVELOPMENT, amazon_pairs, newsgroup_pairs
from scipy import sparse
from sklearn.pipeline import make_pipeline

from sktransfer._core.parts import map_rows
from sktransfer.adaptation import CorrespondenceFeatures
from sktransfer.datasets import load_mwpd, load_pricerunner
from sktransfer.text import LogCountRatioScaler
from sktransfer.transfer import TransferClassifier
from sktransfer.transfer.strategies import Boosting, Distillation
from sktransfer.transfer.strategies._correction import corrected
from sktransfer.transfer.strategies._default_student import text_student

SIZES = {
    "amazon": (50, 200),
    "newsgroups": (20, 50),
    "mwpd": (50, 200),
    "pricerunner": (50, 200),
}
LABEL_FREE, CORRECTED = "label-free", "label-free + labels"
PLAIN = {
    "tf-idf: source only": {"target_labels": "ignore"},
    "tf-idf: target only": {},
    "tf-idf: pool": {},
    "tf-idf: pool, target x5": {"target_weight": 5.0},
    "tf-idf: augment": {"strategy": "augment"},
    "tf-idf: fine_tune": {"strategy": "fine_tune"},
    "tf-idf: self_train": {"strategy": "self_train"},
    "tf-idf: boost": {"strategy": Boosting(10)},
}
MAX_SOURCE = 2000  # rows of .com


def offers():
    bunch = load_mwpd(subset="train")
    source = np.flatnonzero(bunch.tld == "com")
    source = np.random.default_rng(0).permutation(source)[:MAX_SOURCE]
    target = np.flatnonzero(bunch.tld != "com")
    X, y = bunch.data, bunch.target
    yield "com->others", X[source], y[source], X[target], y[target]


def shops():
    bunch = load_pricerunner()
    english = bunch.shop[bunch.language == "en"]
    numbers, counts = np.unique(english, return_counts=True)
    largest = numbers[np.argsort(-counts, kind="stable")[:3]]
    for s in largest:
        for t in largest[largest != s]:
            source, target = (np.flatnonzero(bunch.shop == i) for i in (s, t))
            X, y = bunch.data, bunch.target
            yield f"{s}->{t}", X[source], y[source], X[target], y[target]


def load(data):
    folder = os.environ.get("SKTRANSFER_DATA")
    if not folder:
        sys.exit("Set SKTRANSFER_DATA to the folder that holds reviews/ and products/.")
    if data == "amazon":
        return amazon_pairs(Path(folder))
    if data == "newsgroups":
        return newsgroup_pairs(Path(folder))
    return offers() if data == "mwpd" else shops()


def draw(y, n, each, seed):
    """Rows to label: n of all, or n of each class."""
    order = np.random.default_rng(100 + seed).permutation(len(y))
    if not each:
        return order[:n]
    return np.concatenate([order[y[order] == c][:n] for c in np.unique(y)])


def strategies(Ps, ys, Pu, yu, Pe, ye, rows, chosen):
    """Accuracy and CPU seconds of each strategy on tf-idf."""
    X = sparse.vstack([Ps, Pu], format="csr")
    y = np.concatenate([ys, np.full(len(yu), None)])
    y[len(ys) + rows] = yu[rows]
    d = domains(ys, yu)
    for name in chosen:
        base = make_pipeline(LogCountRatioScaler(), logistic())
        start = time.process_time()
        if name == "tf-idf: target only":
            labels = yu[rows]
            if len(np.unique(labels)) < 2:
                continue
            base.set_params(logisticregression__C=10)
            model = base.fit(Pu[rows], np.asarray(labels.tolist()))
        else:
            model = TransferClassifier(base, **{"target_labels": "use"} | PLAIN[name])
            model.fit(X, y, sample_domain=d)
        seconds = time.process_time() - start
        yield name, np.mean(model.predict(Pe) == ye), seconds


def distilled(Xs, ys, Xu):
    """The label-free model, and the mapped rows of the unlabelled target texts."""
    mapper = make_pipeline(marked(), CorrespondenceFeatures())
    model = TransferClassifier(
        logistic(),
        mapper=mapper,
        strategy=Distillation(
            native_teacher=True, teacher_weight=0.5, match_shares=True
        ),
    )
    X = np.concatenate([Xs, Xu])
    y = np.concatenate([ys, np.full(len(Xu), None)])
    model.fit(X, y, sample_domain=domains(Xs, Xu))
    return model, map_rows(model.mapper_, Xu, np.full(len(Xu), -2))


def correct(model, Xu, Zu, yu, rows):
    """What fit does last with target_labels="use", without distilling again."""
    labelled = np.zeros(len(yu), dtype=bool)
    labelled[rows] = True
    labels = yu[labelled].astype(model.classes_.dtype)
    order = np.flatnonzero(labelled)
    model.model_.correct(Xu[order], Zu[order], labels, None, None)


def run(args, name, Xs, ys, Xt, yt, split, seeds):
    """Rows of the table of one split of one pair."""
    Xs, ys, Xt, yt = (np.asarray(a, dtype=object) for a in (Xs, ys, Xt, yt))
    order = np.random.default_rng(split).permutation(len(Xt))
    half = len(order) // 2
    pool, test = order[:half], order[half:]
    Xu, yu, Xe, ye = Xt[pool], yt[pool], Xt[test], yt[test]
    each = args.data == "newsgroups"
    chosen = [m for m in PLAIN if m.split(": ")[1] in args.methods]
    if chosen:
        native = text_student()[0]
        P = native.fit_transform(np.concatenate([Xs, Xu]))
        P, Pe = P.tocsr(), native.transform(Xe).tocsr()
        parts = P[: len(ys)], ys, P[len(ys) :], yu, Pe, ye
        for seed in seeds:
            for n in SIZES[args.data]:
                rows = draw(yu, n, each, seed)
                for method, accuracy, seconds in strategies(*parts, rows, chosen):
                    yield name, split, n, seed, method, accuracy, seconds
    if args.data in ("mwpd", "pricerunner") or args.plain_only:
        return
    start = time.process_time()
    model, Zu = distilled(Xs, ys, Xu)
    seconds = time.process_time() - start
    # what predict does, texts read once for all draws of labels
    student = model.model_
    scores = student._scores(Xe, None)
    views = student._correction_views(Xe, map_rows(model.mapper_, Xe, None))
    accuracy = np.mean(model.classes_[scores.argmax(axis=1)] == ye)
    for seed in seeds:
        for n in SIZES[args.data]:
            yield name, split, n, seed, LABEL_FREE, accuracy, seconds
            rows = draw(yu, n, each, seed)
            start = time.process_time()
            correct(model, Xu, Zu, yu, rows)
            more = time.process_time() - start
            after = scores
            if student.correction_ is not None:
                after = corrected(student.correction_, views, scores)
            right = np.mean(model.classes_[after.argmax(axis=1)] == ye)
            yield name, split, n, seed, CORRECTED, right, seconds + more


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", choices=tuple(SIZES), default="amazon")
    parser.add_argument("--pairs", nargs="*", help="names; all by default")
    parser.add_argument("--splits", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=2, help="draws of labels a split")
    parser.add_argument(
        "--methods",
        nargs="*",
        default=[m.split(": ")[1] for m in PLAIN],
        help="strategies on tf-idf; all by default, without a name none",
    )
    parser.add_argument("--plain-only", action="store_true")
    parser.add_argument("--report", action="store_true", help="only print the table")
    args = parser.parse_args()
    out = Path(__file__).parent / "results" / f"few_labels_{args.data}.csv"
    out.parent.mkdir(exist_ok=True)
    if not out.exists():
        out.write_text("pair,split,labels,seed,method,accuracy,cpu_s\n")
    done = {(r["pair"], int(r["split"])) for r in read(out)}
    warnings.simplefilter("ignore")
    for name, *rest in [] if args.report else load(args.data):
        if args.pairs and name not in args.pairs:
            continue
        for split in range(args.splits):
            if (name, split) in done:
                continue
            rows = list(run(args, name, *rest, split, range(args.seeds)))
            with open(out, "a", newline="") as file:
                csv.writer(file).writerows(rows)
            means = defaultdict(list)
            for r in rows:
                means[r[2], r[4]].append(100 * r[5])
            print(name, split, flush=True)
            for (n, method), values in sorted(means.items()):
                print(f"  {n:4} {method:26}{np.mean(values):6.1f}", flush=True)
    report(read(out), DEVELOPMENT.get(args.data), SIZES[args.data])


def read(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def report(rows, development, sizes):
    """Print means over pairs, and the worst pair against source only."""
    score = defaultdict(list)
    for r in rows:
        score[r["method"], int(r["labels"]), r["pair"]].append(float(r["accuracy"]))
    score = {k: 100 * np.mean(v) for k, v in score.items()}
    found = list(dict.fromkeys(r["method"] for r in rows))
    pairs = list(dict.fromkeys(r["pair"] for r in rows))
    print(f"{len(pairs)} pairs{'':22}" + "".join(f"{n:>8}{'- dev':>8}" for n in sizes))
    for m in found:
        line = f"{m:30}"
        for n in sizes:
            values = {p: score[m, n, p] for p in pairs if (m, n, p) in score}
            apart = [v for p, v in values.items() if p != development]
            line += f"{np.mean(list(values.values())):8.1f}"
            line += f"{np.mean(apart):8.1f}" if apart else f"{'':8}"
        seconds = np.median([float(r["cpu_s"]) for r in rows if r["method"] == m])
        print(f"{line}{seconds:8.1f} s")


if __name__ == "__main__":
    main()
