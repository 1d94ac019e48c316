"""Reviews of another language or category: ``python -m sktransfer reviews``."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sktransfer._cli._console import CommandError, Row, comparison, progress
from sktransfer._cli._files import check_output, labels_of, read_columns, texts_of
from sktransfer.crosslingual import CrossLingualMapper
from sktransfer.datasets import write_table
from sktransfer.inspection import (
    TransferReport,
    supervised_bound,
    transfer_conclusion,
)
from sktransfer.text import WordTokenizer, split_characters
from sktransfer.text.word_tokenizer import PHRASE_ENDS, words_and_marks
from sktransfer.transfer import (
    AutoTransferClassifier,
    TransferClassifier,
    crosslingual_candidates,
    default_candidates,
)

SOURCE_ONLY = "source only"
MAIN_METHOD = "distilled"
Tokenizer = Callable[[str], list[str]]

vectorizer_words: Tokenizer = CountVectorizer().build_analyzer()


def split_marks(text: str) -> list[str]:
    """Words, single digits, and marks such as ! and emoticons."""
    return [part for part in words_and_marks(text) if part not in PHRASE_ENDS]


def split_whitespace(text: str) -> list[str]:
    """Split at white space, for texts that are tokenized already."""
    return text.split()


TOKENIZERS = {
    "words": vectorizer_words,
    "whitespace": split_whitespace,
    "characters": split_characters,
}


class ReviewTask(NamedTuple):
    """Source and target texts, with the labels for training and for scoring."""

    source: NDArray[Any]
    labels: NDArray[Any]
    target: NDArray[Any]  # unlabelled texts to adapt to
    test: NDArray[Any]  # texts to predict; may be the same
    truth: NDArray[Any] | None  # labels of the test texts, for scoring only
    dictionary: Any  # None where both sides are of one language
    split: Tokenizer = vectorizer_words  # of both sides
    target_labels: NDArray[Any] | None = None  # labels to train on, None where missing

    def rows(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.int64]]:
        """Texts, labels and domains to fit to."""
        unlabelled = np.full(len(self.target), None, dtype=object)
        known = unlabelled if self.target_labels is None else self.target_labels
        return (
            np.concatenate([self.source, self.target]),
            np.concatenate([self.labels.astype(object), known]),
            np.repeat([1, -2], [len(self.source), len(self.target)]),
        )


class Outcome(NamedTuple):
    """What a method predicts for the test texts."""

    method: str
    classes: NDArray[Any]
    probabilities: NDArray[np.floating]
    seconds: float
    model: Any

    @property
    def predictions(self) -> NDArray[Any]:
        """The most probable class of each text."""
        return self.classes[self.probabilities.argmax(axis=1)]


def find_tokenizer(name: str) -> Tokenizer:
    """Tokenizer of a name, or of ``module:function``."""
    if name in TOKENIZERS:
        return TOKENIZERS[name]
    module, _, function = name.partition(":")
    if not function:
        raise CommandError(
            f"--tokenizer must be one of {', '.join(TOKENIZERS)} or module:function; "
            f"got {name!r}"
        )
    try:
        found = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise CommandError(f"--tokenizer {name}: {error}") from error
    return found


def bag_of_words(split: Tokenizer) -> Any:
    """Tf-idf and logistic regression on texts."""
    return make_pipeline(
        TfidfVectorizer(analyzer=split, sublinear_tf=True),
        LogisticRegression(max_iter=1000),
    )


def join_tokens(
    texts: NDArray[Any], tokenizer: Tokenizer, *, needed: bool
) -> NDArray[Any]:
    """Tokenize texts and join the tokens by blanks, for one tokenizer of both sides."""
    if not needed:
        return texts
    out = np.empty(len(texts), dtype=object)
    split = split_marks if tokenizer is vectorizer_words else tokenizer
    out[:] = [" ".join(split(text)) for text in texts]
    return out


def train_on_source(task: ReviewTask) -> Outcome:
    """Train on the source texts alone, the baseline of transfer."""
    start = perf_counter()
    model = bag_of_words(task.split).fit(task.source, task.labels)
    probabilities = model.predict_proba(task.test)
    seconds = perf_counter() - start
    return Outcome(SOURCE_ONLY, model.classes_, probabilities, seconds, model)


def fit_and_predict(task: ReviewTask, method: str, model: Any) -> Outcome:
    """Fit a transfer classifier on both sides and predict the test texts."""
    start = perf_counter()
    X, y, d = task.rows()
    with progress(method):
        model.fit(X, y, sample_domain=d)
        probabilities = model.predict_proba(task.test)
    seconds = perf_counter() - start
    return Outcome(method, model.classes_, probabilities, seconds, model)


def custom_tokenizer(task: ReviewTask) -> Tokenizer | None:
    """Tokenizer to give to a mapper; None for its default."""
    return None if task.split is vectorizer_words else task.split


def mapper_pipeline(task: ReviewTask, word_space: Any = None, *steps: Any) -> Any:
    """Mapper of the task's texts, followed by further steps."""
    mapper = CrossLingualMapper(
        task.dictionary, word_space=word_space, tokenizer=custom_tokenizer(task)
    )
    return make_pipeline(mapper, *steps) if steps else mapper


def candidates(task: ReviewTask) -> list[tuple[str, Any]]:
    """Candidates: the source alone first, then each transfer method."""
    if task.dictionary is not None:
        found = crosslingual_candidates(
            task.dictionary, tokenizer=custom_tokenizer(task)
        )
    else:
        found = default_candidates(task.source, tokenizer=custom_tokenizer(task))
    alone = TransferClassifier(bag_of_words(task.split))
    return [(SOURCE_ONLY, alone), *found[1:]]


def bound_row(task: ReviewTask, texts: NDArray[Any], labels: NDArray[Any]) -> Row:
    """Cross-validated row of a model trained on labels of the target."""
    start = perf_counter()
    score = supervised_bound(bag_of_words(task.split), texts, labels)
    name = "target-supervised (bound)"
    shown = None if np.isnan(score) else score
    return Row(name, shown, perf_counter() - start)


def accuracy(outcome: Outcome, truth: NDArray[Any] | None) -> float | None:
    """Share of the test texts with the right label, where labels are known."""
    if truth is None:
        return None
    return float(np.mean(outcome.predictions.astype(str) == truth.astype(str)))


def conclude(base: Outcome, best: Outcome, truth: NDArray[Any], bound: Row) -> str:
    """One sentence: does transfer help, and by how much."""
    predictions = {o.method: o.predictions.astype(str) for o in (base, best)}
    return transfer_conclusion(
        truth.astype(str),
        predictions,
        best.method,
        baseline=base.method,
        bound=bound.score,
    )


def diagnostics(auto: AutoTransferClassifier, task: ReviewTask) -> str:
    """Table of measures that need no labels of the target."""
    report = auto.report_
    width = max(len(name) for name in report["candidate"])
    lines = [f"  {'method':<{width}}  expected  agreement  shares of the classes"]
    for name, expected, agreement in zip(
        report["candidate"], report["expected_accuracy"], report["agreement"]
    ):
        shares = ""
        if name in auto.estimators_:
            shares = _shares_of_classes(auto.estimators_[name].predict(task.target))
        lines.append(
            f"  {name:<{width}}  {_three_decimals(expected):>8}  "
            f"{_three_decimals(agreement):>9}  {shares}"
        )
    lines.append(f"  labels of the source: {_shares_of_classes(task.labels)}")
    lines.append(
        "  expected: accuracy by the agreement of all methods; agreement: with source "
        "only"
    )
    return "\n".join(lines)


def _three_decimals(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.3f}"


def _shares_of_classes(labels: NDArray[Any]) -> str:
    classes, counts = np.unique(labels.astype(str), return_counts=True)
    shares = counts / counts.sum()
    return ", ".join(f"{c} {p:.2f}" for c, p in zip(classes.tolist(), shares))


def coverage_line(auto: AutoTransferClassifier) -> str:
    """Share of the target's words with a translation, if there is a dictionary."""
    for model in auto.estimators_.values():
        coverage = getattr(getattr(model, "mapper_", None), "coverage_", None)
        if coverage is not None:
            share = f"{100 * coverage:.0f} %"
            return f"The dictionary translates {share} of the target's words."
    return ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``reviews``."""
    parser.add_argument("--source", required=True, help="labelled reviews (S.csv)")
    parser.add_argument("--target", required=True, help="reviews to label (T.csv)")
    parser.add_argument(
        "--dictionary",
        help="two columns: source word, target word; leave out for one language",
    )
    parser.add_argument("--text-column", default="text", help="default: text")
    parser.add_argument(
        "--target-text-column", help="where the target's differs, such as tokens"
    )
    parser.add_argument("--label-column", default="label", help="default: label")
    parser.add_argument(
        "--tokenizer",
        default="words",
        help="of target texts: words (default), whitespace, characters, "
        "module:function",
    )
    parser.add_argument(
        "--source-tokenizer", default="words", help="of source texts; default: words"
    )
    parser.add_argument(
        "--target-labels",
        choices=("score", "use", "ignore"),
        default="score",
        help="labels in T, where there are any: only score by them (default), choose "
        "and train by them as well, or do not read them",
    )
    parser.add_argument("--output", help="write predictions with probabilities")
    parser.add_argument(
        "--report", help="write a page (.html): data, shift, methods, decision"
    )


def read_task(arguments: argparse.Namespace) -> ReviewTask:
    """Read the files that the command line names."""
    text, label = arguments.text_column, arguments.label_column
    target_text = arguments.target_text_column or text
    source = read_columns(arguments.source, [text, label])
    target = read_columns(arguments.target, [target_text], optional=[label])
    labels = labels_of(source[label], arguments.source, label)
    known = None
    if arguments.target_labels != "ignore" and label in target:
        known = np.array([None if v in (None, "") else v for v in target[label]])
    n_known = 0 if known is None else sum(v is not None for v in known)
    if arguments.target_labels == "use" and n_known == 0:
        raise CommandError(
            f"{arguments.target}: --target-labels use needs labels in column {label!r}"
        )
    truth = None
    if known is not None and n_known == len(target[target_text]):
        truth = known.astype(str)
    texts = {
        "source": texts_of(source[text], arguments.source, text),
        "target": texts_of(target[target_text], arguments.target, target_text),
    }
    tokenizers = {
        "source": find_tokenizer(arguments.source_tokenizer),
        "target": find_tokenizer(arguments.tokenizer),
    }
    needed = any(t is not vectorizer_words for t in tokenizers.values())
    texts = {
        side: join_tokens(texts[side], tokenizers[side], needed=needed)
        for side in texts
    }
    split = split_whitespace if needed else vectorizer_words
    if arguments.dictionary is None and not needed:
        split = WordTokenizer()  # in one language, marks and negations are words too
    return ReviewTask(
        source=texts["source"],
        labels=labels,
        target=texts["target"],
        test=texts["target"],
        truth=truth,
        dictionary=arguments.dictionary,
        split=split,
        target_labels=known if arguments.target_labels == "use" else None,
    )


def run(arguments: argparse.Namespace) -> None:
    """Compare methods, and write predictions and report."""
    if arguments.output:
        check_output(arguments.output)
    if arguments.report:
        check_output(arguments.report, option="--report", suffixes=(".html",))
    task = read_task(arguments)
    print(f"{len(task.source)} labelled source texts, {len(task.test)} target texts.")
    setting = "ignore" if task.target_labels is None else "use"
    auto = AutoTransferClassifier(candidates(task), target_labels=setting)
    final = fit_and_predict(task, "methods", auto)
    if auto.decision_ is not None:
        final = final._replace(method=auto.decision_.candidate)
    coverage = coverage_line(auto)
    if coverage:
        print(coverage)
    show_comparison(task, auto, final)
    by = "without labels of the target" if setting == "ignore" else "with labels"
    print(f"Decision, {by}: {auto.decision_}.")
    if arguments.output:
        write_predictions(arguments.output, final)
        print(f"Predictions of {final.method}: {arguments.output}")
    if arguments.report:
        write_report(arguments, task, auto, coverage)
        print(f"Report: {arguments.report}")


def show_comparison(
    task: ReviewTask, auto: AutoTransferClassifier, final: Outcome
) -> None:
    """Print scores if labels are known, else measures without labels."""
    report = auto.report_
    if task.truth is not None and task.target_labels is None:
        outcomes = {
            name: Outcome(name, m.classes_, m.predict_proba(task.test), 0.0, m)
            for name, m in auto.estimators_.items()
        }
        rows = [
            Row(name, accuracy(outcomes[name], task.truth), seconds)
            for name, seconds in zip(report["candidate"], report["seconds"])
            if name in outcomes
        ]
        bound = bound_row(task, task.test, task.truth)
        print(comparison([*rows, bound], score_name="accuracy"))
        print(conclude(outcomes[SOURCE_ONLY], final, task.truth, bound))
        return
    if task.target_labels is None:
        print(diagnostics(auto, task))
        return
    known = np.array([v is not None for v in task.target_labels])
    labels = task.target_labels[known].astype(str)
    rows = [
        Row(name, None if np.isnan(score) else float(score), seconds)
        for name, score, seconds in zip(
            report["candidate"], report["label_accuracy"], report["seconds"]
        )
    ]
    only = bound_row(task, task.target[known], labels)
    only = only._replace(method="target labels only")
    print(comparison([*rows, only], score_name="accuracy"))
    print(
        f"Scored on {known.sum()} labelled target rows, which none of them was "
        "trained on; the one taken now is."
    )


def write_report(
    arguments: argparse.Namespace,
    task: ReviewTask,
    auto: AutoTransferClassifier,
    coverage: str,
) -> None:
    """Write the page on data, shift, methods and decision."""
    X, y, d = task.rows()
    scored = task.truth is not None and task.target_labels is None
    names = {1: Path(arguments.source).name, -2: Path(arguments.target).name}
    notes = [coverage] if coverage else []
    if not scored:
        notes.append("No label of the target was held out to score by.")
    TransferReport.from_estimator(
        auto,
        X,
        y,
        sample_domain=d,
        domain_names=names,
        shared_features=task.dictionary is None,
        X_test=task.test if scored else None,
        y_test=task.truth if scored else None,
        title=f"Transfer from {names[1]} to {names[-2]}",
        notes=notes,
    ).write(arguments.report)


def write_predictions(path: str, outcome: Outcome) -> None:
    """Write one row a target text: its number, label, and probabilities."""
    columns: dict[str, Any] = {
        "row": np.arange(1, len(outcome.probabilities) + 1),
        "label": outcome.predictions,
    }
    for c, p in zip(outcome.classes.tolist(), outcome.probabilities.T):
        columns[f"probability_{c}"] = np.round(p.astype(float), 6)
    write_table(path, columns)
