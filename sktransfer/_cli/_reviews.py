"""Reviews of another language or category: ``python -m sktransfer reviews``."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

from sktransfer._cli._console import CommandError, Row, comparison, progress
from sktransfer._cli._files import check_output, labels_of, read_columns, texts_of
from sktransfer.crosslingual import CrossLingualMapper, DictionaryTranslation
from sktransfer.datasets import write_table
from sktransfer.transfer import TransferClassifier

CORRESPONDENCE = "distributional correspondence"
MAIN_METHOD = "distilled correspondence"
Tokenizer = Callable[[str], list[str]]

split_words: Tokenizer = CountVectorizer().build_analyzer()


def split_whitespace(text: str) -> list[str]:
    """Tokens between white space, for texts that are split already."""
    return text.split()


def split_characters(text: str) -> list[str]:
    """Single characters and pairs, for languages without spaces."""
    text = "".join(text.lower().split())
    return list(text) + [text[i : i + 2] for i in range(len(text) - 1)]


TOKENIZERS = {
    "words": split_words,
    "whitespace": split_whitespace,
    "characters": split_characters,
}


class ReviewTask(NamedTuple):
    """Labelled source texts and unlabelled target texts, and what is known to score."""

    source: NDArray[Any]
    labels: NDArray[Any]
    target: NDArray[Any]  # unlabelled texts to adapt to
    test: NDArray[Any]  # texts to predict; may be the same
    truth: NDArray[Any] | None  # labels of the test texts, for scoring only
    dictionary: Any
    tokenizer: dict[str, Tokenizer]
    target_labels: NDArray[Any] | None = None  # labels to train on, None where missing


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


def bag_of_words() -> Any:
    """Tf-idf and logistic regression on texts that are split into tokens."""
    return make_pipeline(
        TfidfVectorizer(analyzer=list, sublinear_tf=True),
        LogisticRegression(max_iter=1000),
    )


def _tokens(texts: Sequence[str], tokenizer: Tokenizer) -> list[list[str]]:
    return [tokenizer(text) for text in texts]


def source_only(task: ReviewTask) -> Outcome:
    """Train on the source texts as they are; what transfer has to beat."""
    start = perf_counter()
    model = bag_of_words()
    model.fit(_tokens(task.source, task.tokenizer["source"]), task.labels)
    probabilities = model.predict_proba(_tokens(task.test, task.tokenizer["target"]))
    seconds = perf_counter() - start
    return Outcome("source only", model.classes_, probabilities, seconds, model)


def transfer(task: ReviewTask, method: str, model: TransferClassifier) -> Outcome:
    """Fit a transfer classifier on both sides and predict the test texts."""
    start = perf_counter()
    unlabelled = np.full(len(task.target), None, dtype=object)
    known = unlabelled if task.target_labels is None else task.target_labels
    y = np.concatenate([task.labels.astype(object), known])
    X = np.concatenate([task.source, task.target])
    d = np.repeat([1, -2], [len(task.source), len(task.target)])
    with progress(method):
        model.fit(X, y, sample_domain=d)
        probabilities = model.predict_proba(task.test)
    seconds = perf_counter() - start
    return Outcome(method, model.classes_, probabilities, seconds, model)


def mapped(task: ReviewTask, word_space: Any = None, *steps: Any) -> Any:
    """Mapper of the task's texts, followed by further steps."""
    mapper = CrossLingualMapper(
        task.dictionary, word_space=word_space, tokenizer=task.tokenizer
    )
    return make_pipeline(mapper, *steps) if steps else mapper


def transfer_methods(task: ReviewTask) -> dict[str, TransferClassifier]:
    """Transfer methods that fit any task, by name."""
    setting = "ignore" if task.target_labels is None else "use"
    return {
        "dictionary translation": TransferClassifier(
            mapper=mapped(task, DictionaryTranslation()), target_labels=setting
        ),
        CORRESPONDENCE: TransferClassifier(mapper=mapped(task), target_labels=setting),
        MAIN_METHOD: TransferClassifier(
            mapper=mapped(task), strategy="distill", target_labels=setting
        ),
    }


def upper_bound(task: ReviewTask, texts: NDArray[Any], labels: NDArray[Any]) -> Row:
    """Row of a model trained on labels of the target, by cross-validation."""
    start = perf_counter()
    n_folds = min(5, int(np.unique(labels, return_counts=True)[1].min()))
    score = None
    if n_folds >= 2:
        folds = StratifiedKFold(n_folds, shuffle=True, random_state=0)
        tokens = np.empty(len(texts), dtype=object)
        tokens[:] = _tokens(texts, task.tokenizer["target"])
        predicted = cross_val_predict(bag_of_words(), tokens, labels, cv=folds)
        score = float(np.mean(predicted == labels))
    name = "target-supervised (bound)"
    return Row(name, score, perf_counter() - start)


def accuracy(outcome: Outcome, truth: NDArray[Any] | None) -> float | None:
    """Share of the test texts with the right label, where labels are known."""
    if truth is None:
        return None
    return float(np.mean(outcome.predictions.astype(str) == truth.astype(str)))


def conclusion(outcomes: Sequence[Outcome], truth: NDArray[Any], bound: Row) -> str:
    """One sentence: does transfer help, and by how much."""
    base = outcomes[0]
    best = next(o for o in outcomes if o.method == MAIN_METHOD)
    right = [(o.predictions.astype(str) == truth.astype(str)) for o in (base, best)]
    difference = right[1].astype(float) - right[0].astype(float)
    gain = float(difference.mean())
    noise = 2 * float(difference.std()) / np.sqrt(len(difference))
    if gain > noise:
        text = (
            f"Transfer helps: {MAIN_METHOD} is {gain:+.3f} above source only "
            f"(noise: {noise:.3f})"
        )
        gap = (bound.score or 0) - float(right[0].mean())
        if gap > noise:
            text += f" and closes {100 * gain / gap:.0f} % of the gap to the bound"
    elif gain < -noise:
        text = f"Transfer hurts here ({gain:+.3f}): serve the target by source only"
    else:
        text = (
            f"Transfer makes no difference that {len(truth)} labels can show "
            f"({gain:+.3f}, noise {noise:.3f}): keep source only, it is simpler"
        )
    return text + "."


def diagnostics(outcomes: Sequence[Outcome], task: ReviewTask) -> str:
    """What can be said without labels of the target."""
    main = outcomes[-1]
    width = max(len(o.method) for o in outcomes)
    lines = [f"  {'method':<{width}}  agreement  confidence  shares of the classes"]
    for o in outcomes:
        agreement = np.mean(o.predictions == main.predictions)
        shares = ", ".join(
            f"{c} {np.mean(o.predictions == c):.2f}" for c in o.classes.tolist()
        )
        confidence = o.probabilities.max(axis=1).mean()
        lines.append(
            f"  {o.method:<{width}}  {agreement:>9.3f}  {confidence:>10.3f}  {shares}"
        )
    classes, counts = np.unique(task.labels, return_counts=True)
    shares = ", ".join(
        f"{c} {n / counts.sum():.2f}" for c, n in zip(classes.tolist(), counts)
    )
    lines.append(f"  labels of the source: {shares}")
    return "\n".join(lines)


def coverage_line(outcome: Outcome) -> str:
    """How much of the target the dictionary knows."""
    coverage = outcome.model.mapper_.coverage_
    return f"The dictionary translates {100 * coverage:.0f} % of the target's words."


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
        help="labels in T, where there are any: only score by them (default), also "
        "train on them (then scored on held-out folds), or do not read them",
    )
    parser.add_argument("--output", help="write predictions with probabilities")


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
    if n_known == len(target[target_text]):
        truth = known.astype(str)
    texts = texts_of(target[target_text], arguments.target, target_text)
    return ReviewTask(
        source=texts_of(source[text], arguments.source, text),
        labels=labels,
        target=texts,
        test=texts,
        truth=truth,
        dictionary=arguments.dictionary or [],
        tokenizer={
            "source": find_tokenizer(arguments.source_tokenizer),
            "target": find_tokenizer(arguments.tokenizer),
        },
        target_labels=known if arguments.target_labels == "use" else None,
    )


def run(arguments: argparse.Namespace) -> None:
    """Compare, conclude, and write predictions."""
    if arguments.output:
        check_output(arguments.output)
    task = read_task(arguments)
    print(f"{len(task.source)} labelled source texts, {len(task.test)} target texts.")
    if task.target_labels is None:
        outcomes = compare(task)
        report(task, outcomes)
        final = outcomes[-1]
    else:
        final = few_labels(task)
    if arguments.output:
        write_predictions(arguments.output, final)
        print(f"Predictions of {final.method}: {arguments.output}")


def compare(task: ReviewTask) -> list[Outcome]:
    """Source only, then each transfer method."""
    outcomes = [source_only(task)]
    for name, model in transfer_methods(task).items():
        outcomes.append(transfer(task, name, model))
    return outcomes


def report(task: ReviewTask, outcomes: Sequence[Outcome]) -> None:
    """Print scores where labels are known, else what can be said without."""
    print(coverage_line(outcomes[-1]))
    if task.truth is None:
        print(diagnostics(outcomes, task))
        print("No labels of the target to score by: agreement is with the last row.")
        return
    rows = [Row(o.method, accuracy(o, task.truth), o.seconds) for o in outcomes]
    bound = upper_bound(task, task.test, task.truth)
    print(comparison([*rows, bound], score_name="accuracy"))
    print(conclusion(outcomes, task.truth, bound))


def few_labels(task: ReviewTask) -> Outcome:
    """Score each method on held-out labelled target rows, then fit on all."""
    labels = task.target_labels
    known = np.flatnonzero(np.array([v is not None for v in labels]))
    y = labels[known].astype(str)
    counts = np.unique(y, return_counts=True)[1]
    n_folds = min(3, int(counts.min()))
    if n_folds >= 2:
        folds = StratifiedKFold(n_folds, shuffle=True, random_state=0)
        scores: dict[str, list[float]] = {}
        seconds: dict[str, float] = {}
        for train, test in folds.split(known, y):
            seen = np.full(len(labels), None, dtype=object)
            seen[known[train]] = y[train]
            fold = task._replace(
                target_labels=seen, test=task.target[known[test]], truth=y[test]
            )
            for outcome in compare(fold):
                score = accuracy(outcome, fold.truth)
                scores.setdefault(outcome.method, []).append(score)
                spent = seconds.get(outcome.method, 0.0)
                seconds[outcome.method] = spent + outcome.seconds
        rows = [Row(m, float(np.mean(s)), seconds[m]) for m, s in scores.items()]
        bound = upper_bound(task, task.target[known], y)
        only = bound._replace(method="target labels only")
        print(comparison([*rows, only], score_name="accuracy"))
        print(f"Scored on {len(known)} labelled target rows, {n_folds} folds.")
    else:
        print(f"{len(known)} labelled target rows are too few to score by.")
    return transfer(task, MAIN_METHOD, transfer_methods(task)[MAIN_METHOD])


def write_predictions(path: str, outcome: Outcome) -> None:
    """Write one row a target text: its number, label, and probabilities."""
    columns: dict[str, Any] = {
        "row": np.arange(1, len(outcome.probabilities) + 1),
        "label": outcome.predictions,
    }
    for c, p in zip(outcome.classes.tolist(), outcome.probabilities.T):
        columns[f"probability_{c}"] = np.round(p.astype(float), 6)
    write_table(path, columns)
