"""Cross-lingual sentiment on Webis-CLS-10: English labels, German and Japanese tests.

Labelled are the 2000 English training reviews of one domain. Unlabelled are the other
English reviews, of three domains, training and test (fewer with ``--english``), and the
training reviews of the target language: those of the target domain ("own" pool, 2000)
or of its three domains ("wide", 6000). Accuracy on the 2000 test reviews of the target
domain; a prediction depends on its text alone and no share of classes is assumed. The
standard error of one task is .008. Japanese is read as it was written, without a
tokenizer; "words of the corpus" takes the words that come with the texts. The pairs
English -> German music were used for development and are also reported apart. Seconds
are CPU seconds.
"""

from __future__ import annotations

import argparse
import csv
import os
import re
import resource
import sys
import time
import unicodedata
from pathlib import Path

import numpy as np
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sktransfer.crosslingual import (
    CrossLingualMapper,
    DictionaryTranslation,
    DistributionalCorrespondence,
)
from sktransfer.datasets import load_cls10, load_muse_dictionary
from sktransfer.text import WordSegmenter
from sktransfer.text.forms import word_form
from sktransfer.text.segmentation import has_unsplit_words
from sktransfer.transfer import TransferClassifier
from sktransfer.transfer.strategies._default_student import text_student


def _dci(**parameters):
    return {
        "strategy": "pool",
        "mapper__word_space": DistributionalCorrespondence(**parameters),
    }


DOMAINS = ("books", "dvd", "music")
DEFAULT = "distilled (default)"
CORPUS_WORDS = "distilled, words of the corpus"  # Japanese only
# what each method changes of the one default pipeline
ABLATION = {
    "dictionary translation": {
        "strategy": "pool",
        "mapper__word_space": DictionaryTranslation(),
    },
    "DCI, the teacher": {"strategy": "pool"},
    "  cosine alone": _dci(correspondence="cosine"),
    "  without back-off": _dci(backoff=None),
    "  one translation a pivot": _dci(group_translations=False),
    "  profiles of one language": _dci(translation_weight=0),
    "  translations as they stand": _dci(n_iter=0),
    "  pivots by context, too": {
        "strategy": "pool",
        "mapper__word_space": DistributionalCorrespondence(context_weight=1.0),
    },
    "  without marks and digits": {"strategy": "pool", "mapper__marks": False},
    "  without negation": {"strategy": "pool", "mapper__negation": 0},
    "distilled, features unweighted": {
        "strategy__student": text_student().set_params(
            weights="passthrough", ridge__alpha=1.0
        )
    },
    "distilled, one round": {"strategy__refine": 1},
    "distilled, 4 rounds": {"strategy__refine": True},
    "distilled, without marks and negation": {
        "mapper__marks": False,
        "mapper__negation": 0,
    },
    "distilled + half the teacher": {"strategy__teacher_weight": 0.5},
    CORPUS_WORDS: {},
    DEFAULT: {},
}
COLUMNS = [
    "language",
    "source",
    "target",
    "method",
    "accuracy",
    "accuracy_without_repeats",
    "n_repeats",
    "fit_cpu_s",
    "predict_cpu_s",
]


# the words that the corpus gives for each Japanese text
WORDS = {}
MARKS = re.compile(r"[!?]|\.\.\.")


def texts_of(bunch):
    """Texts as they were written; Japanese ones with their words put aside."""
    if "tokens" in bunch:
        for text, tokens in zip(bunch.data, bunch.tokens):
            words = unicodedata.normalize("NFKC", tokens).lower().split()
            words += marks_of(text)
            WORDS.update(dict.fromkeys((text, text.lower(), word_form(text)), words))
    return np.asarray(bunch.data, dtype=object)


def marks_of(text):
    """Marks of a text, which the words of the corpus leave out."""
    return MARKS.findall(unicodedata.normalize("NFKC", text))


def japanese_words(text):
    return WORDS[text]


def tfidf(language):
    split = {}
    if language == "jp":
        split = {"tokenizer": japanese_words, "token_pattern": None}
    vectorizer = TfidfVectorizer(sublinear_tf=True, min_df=2, **split)
    return make_pipeline(vectorizer, LogisticRegression(max_iter=1000))


def timed(fit, X_test):
    """Predictions, CPU seconds of fit and of predict."""
    start = time.process_time()
    predict = fit()
    middle = time.process_time()
    predicted = predict(X_test)
    return predicted, middle - start, time.process_time() - middle


def transfer(name, dictionary, X, y, d, d_test):
    """Fit the default pipeline, or a method that changes some of its parameters."""
    split = japanese_words if name == CORPUS_WORDS else None
    model = TransferClassifier(
        mapper=CrossLingualMapper(dictionary, tokenizer={"target": split}),
        strategy="distill",
    )
    parameters = dict(ABLATION[name])
    student = parameters.get("strategy__student")
    if student is not None and has_unsplit_words(X[d < 0]):
        words = WordSegmenter().fit(X[d < 0], (word for _, word in dictionary))
        parameters["strategy__student"] = clone(student).set_params(
            native__words__tokenizer=words
        )
    model.set_params(**parameters).fit(X, y, sample_domain=d)
    return lambda X_test: model.predict(
        X_test, sample_domain=np.full(X_test.size, d_test)
    )


def ablation(methods):
    """A function that yields predictions and seconds of each method."""

    def compare(language, words, X, y, d, X_test):
        for name in methods:
            if name == CORPUS_WORDS and language != "jp":
                continue

            def fit(name=name):
                return transfer(name, words, X, y, d, d[-1])

            yield name, *timed(fit, X_test)

    return compare


def run(language, args, compare, words):
    """Yield one row for each target domain, source domain and method."""
    sources = {name: load_cls10("en", name) for name in DOMAINS}
    rest = [load_cls10("en", name, subset="test") for name in DOMAINS]
    trains = {name: load_cls10(language, name) for name in DOMAINS}
    for target in args.target or DOMAINS:
        test = load_cls10(language, target, subset="test")
        X_test, y_test = texts_of(test), test.target
        repeated = np.isin(X_test.astype(str), texts_of(trains[target]).astype(str))
        # the target domain last
        pools = [p for p in DOMAINS if p != target and args.pool == "wide"] + [target]

        def score(predicted, y_test=y_test, repeated=repeated):
            right = predicted == y_test
            return right.mean(), right[~repeated].mean(), int(repeated.sum())

        def supervised(words_of, labelled, X_test=X_test):
            model = tfidf(words_of)
            return timed(
                lambda: model.fit(texts_of(labelled), labelled.target).predict, X_test
            )

        predicted, *seconds = supervised(language, trains[target])
        bound = (*score(predicted), *seconds)
        for source in DOMAINS:
            if args.tasks == ("cross" if source == target else "in"):
                continue
            labelled = sources[source]
            yield language, source, target, "target-supervised", *bound
            predicted, *seconds = supervised("en", labelled)
            yield language, source, target, "source only", *score(predicted), *seconds
            # the labelled texts first; no other label is handed over
            more = [sources[s] for s in DOMAINS if s != source]
            more = {"all": more + rest, "train": more, "source": []}[args.english]
            parts = [labelled, *more, *(trains[p] for p in pools)]
            codes = [1] * (1 + len(more))
            codes += [-8 - DOMAINS.index(p) for p in pools]
            sizes = [part.target.size for part in parts]
            X = np.concatenate([texts_of(part) for part in parts])
            d = np.repeat(codes, sizes)
            y = np.full(X.size, None)
            y[: sizes[0]] = labelled.target
            for name, predicted, *seconds in compare(language, words, X, y, d, X_test):
                yield language, source, target, name, *score(predicted), *seconds


def table(rows, methods):
    """Lines with means over in-domain and cross-domain pairs."""

    def cells(method, column):
        for language in ("de", "jp"):
            for same in (True, False):
                values = [
                    r[column]
                    for r in rows
                    if r[0] == language and (r[1] == r[2]) == same and r[3] == method
                ]
                yield f"{np.mean(values):.4f}" if values else "-"

    yield f"{'':34}" + "".join(
        f"{h:>10}" for h in ("DE in", "DE cross", "JP in", "JP cross")
    )
    for method in methods:
        yield f"{method:34}" + "".join(f"{c:>10}" for c in cells(method, 4))
    yield f"{'  without repeated test texts':34}" + "".join(
        f"{c:>10}" for c in cells(DEFAULT, 5)
    )
    for column, name in ((7, "fit"), (8, "predict")):
        seconds = [r[column] for r in rows if r[3] == DEFAULT]
        yield (
            f"CPU seconds of the default, {name}: median {np.median(seconds):.1f}, "
            f"largest {max(seconds):.1f} of {len(seconds)} runs"
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    yield f"peak memory of the whole run: {peak:.2f} GB"
    for r in rows:
        if r[0] == "de" and r[2] == "music" and r[3] == DEFAULT:
            yield f"development pair, {r[1]} -> German music: {r[4]:.4f}"
    rest = [r for r in rows if not (r[0] == "de" and r[2] == "music")]
    for same, name in ((True, "in"), (False, "cross")):
        values = [
            r[4]
            for r in rest
            if r[0] == "de" and r[3] == DEFAULT and (r[1] == r[2]) == same
        ]
        if values:
            yield f"German without the development pairs, {name}: {np.mean(values):.4f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", choices=("own", "wide"), default="own")
    parser.add_argument(
        "--english",
        choices=("all", "train", "source"),
        default="all",
        help="unlabelled English texts: all, those in training files, or no others "
        "than the labelled ones",
    )
    parser.add_argument(
        "--language", choices=("de", "jp"), action="append", help="default: both"
    )
    parser.add_argument("--default-only", action="store_true", help="no ablation")
    parser.add_argument(
        "--encoders",
        metavar="FOLDER",
        help="compare sentence encoders, alone and beside the dictionary; what they "
        "encode is kept in the folder",
    )
    parser.add_argument(
        "--target", choices=DOMAINS, action="append", help="domains; default: all"
    )
    parser.add_argument(
        "--tasks",
        choices=("all", "in", "cross"),
        default="all",
        help="in-domain tasks, cross-domain ones or both",
    )
    args = parser.parse_args()
    if "SKTRANSFER_DATA" not in os.environ:
        sys.exit("Set SKTRANSFER_DATA to the folder that holds cls10/ and muse/.")
    methods = [CORPUS_WORDS, DEFAULT] if args.default_only else list(ABLATION)
    compare = ablation(methods)
    if args.encoders:
        from cls10_encoders import comparison, encoders, lines, milliseconds

        features = encoders(args.encoders)
        compare = comparison(features)
    rows = []
    for language in args.language or ("de", "jp"):
        words = load_muse_dictionary("ja" if language == "jp" else language).dictionary
        for row in run(language, args, compare, words):
            rows.append(row)
            if args.encoders or row[3] == DEFAULT:
                print(
                    f"{row[0]} {row[1]:>5} -> {row[2]:<5} {row[3]} {row[4]:.4f}, "
                    f"without {row[6]} repeated texts {row[5]:.4f}, "
                    f"{row[7]:.1f} + {row[8]:.1f} CPU s",
                    flush=True,
                )
    print(f"pool: {args.pool}, English texts: {args.english}")
    if args.encoders:
        print("\n".join(lines(rows)))
        for name, encoder in features.items():
            texts = [text for text in load_cls10("en", "books").data[:40:2]]
            print(f"{name}: {milliseconds(encoder, texts):.0f} ms to encode a text")
    else:
        names = ["source only", *methods, "target-supervised"]
        print("\n".join(table(rows, names)))
    out = Path(__file__).parent / "results"
    out.mkdir(exist_ok=True)
    kind = "cls10_encoders" if args.encoders else "cls10"
    name = "_".join([kind, args.pool, args.english, *(args.language or ())])
    with open(out / f"{name}.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(rows)


if __name__ == "__main__":
    main()
