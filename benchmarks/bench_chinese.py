"""Reviews across the English-Chinese border, in both directions, on public data.

English -> Chinese: labelled are the 2000 English book reviews of Webis-CLS-10
(training), unlabelled 1000 + 1000 hotel reviews in simplified Chinese, and 1000 + 1000
others test; the MUSE dictionary is taken as it comes, in traditional characters.
Chinese -> English: those 2000 hotel reviews are labelled, the 2000 book reviews are
not, and the 2000 of the test part test. A prediction depends on its text alone and no
share of classes is assumed. Each seed draws the hotel reviews anew; the standard error
of one accuracy is .009. ``jieba``, where it is installed, is the peer of the words that
are found without a tokenizer. With several ``--sources`` each runs alone, then all of
them, as one domain each and as one domain. Seconds are CPU seconds.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sktransfer.crosslingual import CrossLingualMapper
from sktransfer.datasets import (
    load_chinese_hotels,
    load_cls10,
    load_muse_dictionary,
)
from sktransfer.transfer import TransferClassifier

N_CLASS = 1000  # reviews of each class, unlabelled and again for testing
COLUMNS = ["direction", "source", "method", "seed", "accuracy", "fit_s", "predict_s"]
DEFAULT = "default, no tokenizer"


class Reviews(NamedTuple):
    """Texts and labels."""

    texts: np.ndarray
    labels: np.ndarray


class Task(NamedTuple):
    """One direction: labelled sources, one target, and pairs (source, target)."""

    sources: list[Reviews]
    target: Reviews  # its labels serve the bound alone
    test: Reviews
    dictionary: list[tuple[str, str]]
    chinese: str  # the side that is Chinese: "source" or "target"


def jieba_words(text: str) -> list[str]:
    """Words of the peer; a function of a module, for jieba itself does not pickle."""
    import jieba

    jieba.setLogLevel("ERROR")
    return jieba.lcut(text)


def english_books(name: str, subset: str) -> Reviews:
    bunch = load_cls10("en", name, subset=subset)
    return Reviews(np.asarray(bunch.data, dtype=object), bunch.target)


def hotels(seed: int) -> tuple[Reviews, Reviews]:
    """Two balanced parts of the hotel reviews that share no review."""
    bunch = load_chinese_hotels()
    draw = np.random.default_rng(seed)
    chosen = np.array(
        [
            draw.permutation(np.flatnonzero(bunch.target == name))[: 2 * N_CLASS]
            for name in bunch.target_names
        ]
    )
    parts = (draw.permutation(part.ravel()) for part in np.split(chosen, 2, axis=1))
    first, second = (Reviews(bunch.data[p], bunch.target[p]) for p in parts)
    return first, second


def supervised(task: Task, side: str):
    """Words or, in Chinese, characters and pairs of them, and a linear model."""
    split = {"analyzer": "char", "ngram_range": (1, 2)} if task.chinese == side else {}
    return make_pipeline(
        TfidfVectorizer(sublinear_tf=True, min_df=2, **split),
        LogisticRegression(max_iter=1000),
    )


def source_only(task: Task):
    texts, labels = (np.concatenate(part) for part in zip(*task.sources))
    return supervised(task, "source").fit(texts, labels).predict


def bound(task: Task):
    return supervised(task, "target").fit(*task.target).predict


def transfer(task: Task, tokenizer=None, one_domain: bool = False):
    """Fit the default pipeline."""
    parts = [*task.sources, task.target]
    codes = [1 if one_domain else i + 1 for i in range(len(task.sources))]
    d = np.repeat([*codes, -9], [part.labels.size for part in parts])
    y = np.concatenate([part.labels for part in parts])
    y[d < 0] = None
    model = TransferClassifier(
        mapper=CrossLingualMapper(
            task.dictionary,
            tokenizer={"source": None, "target": None, task.chinese: tokenizer},
        ),
        strategy="distill",
    ).fit(np.concatenate([part.texts for part in parts]), y, sample_domain=d)
    return lambda texts: model.predict(texts, sample_domain=np.full(texts.size, -9))


def methods() -> dict:
    found = {"source only": source_only, DEFAULT: transfer}
    if importlib.util.find_spec("jieba") is not None:
        found["default, jieba"] = lambda task: transfer(task, jieba_words)
    return {**found, "target-supervised": bound}


def timed(fit, task: Task) -> tuple[float, float, float]:
    """Accuracy, CPU seconds of fit and of predict."""
    start = time.process_time()
    predict = fit(task)
    middle = time.process_time()
    right = predict(task.test.texts) == task.test.labels
    return right.mean(), middle - start, time.process_time() - middle


def tasks(sources: list[str], seed: int) -> Iterator[tuple[str, str, Task]]:
    """Yield direction, name of the source, and task."""
    pairs = load_muse_dictionary("zh").dictionary
    unlabelled, test = hotels(seed)
    english = {name: english_books(name, "train") for name in sources}
    for name, reviews in english.items():
        yield "en -> zh", name, Task([reviews], unlabelled, test, pairs, "target")
    if len(english) > 1:
        together = Task([*english.values()], unlabelled, test, pairs, "target")
        yield "en -> zh", "+".join(english), together
    inverted = [(chinese, word) for word, chinese in pairs]
    for name, reviews in english.items():
        other = english_books(name, "test")
        yield "zh -> en", name, Task([unlabelled], reviews, other, inverted, "source")


def run(sources: list[str], seed: int) -> Iterator[tuple]:
    """Yield one row for each task and method."""
    for direction, name, task in tasks(sources, seed):
        for method, fit in methods().items():
            yield direction, name, method, seed, *timed(fit, task)
        if len(task.sources) > 1:
            score = timed(lambda task: transfer(task, one_domain=True), task)
            yield direction, name, f"{DEFAULT}, one domain", seed, *score


def table(rows: list[tuple]) -> Iterator[str]:
    """Lines with mean, least and largest accuracy over the seeds."""
    yield f"{'':54}{'mean':>8}{'least':>8}{'largest':>9}{'fit':>8}{'predict':>9}"
    for key in dict.fromkeys(row[:3] for row in rows):
        values = np.array([row[4:] for row in rows if row[:3] == key])
        accuracy = values[:, 0]
        fit_s, predict_s = np.median(values[:, 1:], axis=0)
        yield (
            f"{'  '.join(key):54}{accuracy.mean():8.4f}{accuracy.min():8.4f}"
            f"{accuracy.max():9.4f}{fit_s:8.1f}{predict_s:9.1f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--sources", default="books", help="English categories: books,dvd,music"
    )
    parser.add_argument("--seeds", type=int, default=3, help="draws of the hotels")
    args = parser.parse_args()
    if "SKTRANSFER_DATA" not in os.environ:
        sys.exit("Set SKTRANSFER_DATA to the folder of cls10/, muse/ and reviews/.")
    rows = []
    for seed in range(args.seeds):
        for row in run(args.sources.split(","), seed):
            rows.append(row)
            direction, source, method, _, accuracy, fit_s, predict_s = row
            print(
                f"{direction} {source} seed {seed} {method}: {accuracy:.4f}, "
                f"{fit_s:.1f} + {predict_s:.1f} CPU s",
                flush=True,
            )
    print("\n".join(table(rows)))
    out = Path(__file__).parent / "results"
    out.mkdir(exist_ok=True)
    name = f"chinese_{args.sources.replace(',', '_')}.csv"
    with open(out / name, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(rows)


if __name__ == "__main__":
    main()
