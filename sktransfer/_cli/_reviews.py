"""Reviews of another language or category: ``python -m sktransfer reviews``."""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sktransfer._cli._console import CommandError, Row, comparison, progress
from sktransfer._cli._files import (
    add_file_arguments,
    check_outputs,
    known_labels,
    labels_of,
    read_columns,
    read_pairs,
    texts_of,
)
from sktransfer._core.tables import id_texts
from sktransfer.crosslingual import CrossLingualMapper
from sktransfer.datasets import write_table
from sktransfer.inspection import (
    TransferReport,
    supervised_bound,
)
from sktransfer.metrics import paired_gain
from sktransfer.text import WordTokenizer, split_characters
from sktransfer.text.checks import check_tokens
from sktransfer.text.forms import word_form, word_tokens
from sktransfer.text.tokenizers import default_tokenizer
from sktransfer.text.tokenizers import find_tokenizer as named_tokenizer
from sktransfer.text.word_tokenizer import PHRASE_ENDS, words_and_marks
from sktransfer.transfer import (
    AutoTransferClassifier,
    TransferClassifier,
    crosslingual_candidates,
    default_candidates,
)

SOURCE_ONLY = "source only"
MAIN_METHOD = "distilled"
LEAST_COVERAGE = 0.1  # of the target's words, by entries or by equal spelling
Tokenizer = Callable[[str], Iterable[str]]


def split_marks(text: str) -> list[str]:
    """Words, single digits, and marks such as ! and emoticons."""
    return [part for part in words_and_marks(text) if part not in PHRASE_ENDS]


def split_whitespace(text: str) -> list[str]:
    """Split at white space, for texts that are tokenized already."""
    return text.split()


TOKENIZERS = {
    "words": None,  # what a mapper splits by where nothing is given
    "whitespace": split_whitespace,
    "characters": split_characters,
}


class ReviewTask(NamedTuple):
    """Source and target texts, with the labels for training and for scoring."""

    source: NDArray[Any]
    labels: NDArray[Any]  # of the source; None where missing
    target: NDArray[Any]  # unlabelled texts to adapt to
    test: NDArray[Any]  # texts to predict; may be the same
    truth: NDArray[Any] | None  # labels of the test texts, for scoring only
    dictionary: Any  # None where both sides are of one language
    tokenizer: Any = None  # of a mapper; None for its default
    split: Tokenizer = word_tokens  # of a bag of words
    target_labels: NDArray[Any] | None = None  # labels to train on, None where missing
    kept: Mapping[str, NDArray[Any]] | None = None  # other columns of the target

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


def find_tokenizer(name: str) -> Tokenizer | None:
    """Tokenizer of a name, or of ``module:function``; None for a mapper's default."""
    if name in TOKENIZERS:
        return TOKENIZERS[name]
    if ":" not in name:
        raise CommandError(
            f"--tokenizer must be one of {', '.join(TOKENIZERS)} or module:function; "
            f"got {name!r}"
        )
    try:
        return named_tokenizer(name, "--tokenizer")
    except (TypeError, ValueError) as error:
        raise CommandError(str(error).removesuffix(".")) from error


def bag_of_words(split: Tokenizer) -> Any:
    """Tf-idf and logistic regression on texts."""
    return make_pipeline(
        TfidfVectorizer(analyzer=split, sublinear_tf=True),
        LogisticRegression(max_iter=1000),
    )


def words_of(texts: NDArray[Any], *, one_language: bool = False) -> Tokenizer:
    """Split such texts into words, learned from them where no spaces say it."""
    found = default_tokenizer(texts)
    # in one language marks and negations are words too
    return WordTokenizer() if one_language and found is word_tokens else found


def join_tokens(texts: NDArray[Any], tokenizer: Tokenizer | None) -> NDArray[Any]:
    """Tokenize texts, once for all methods, and join the tokens by blanks."""
    if tokenizer is None:
        return texts
    out = np.empty(len(texts), dtype=object)
    out[:] = [" ".join(check_tokens(tokenizer(text))) for text in texts]
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


def mapper_pipeline(task: ReviewTask, word_space: Any = None, *steps: Any) -> Any:
    """Mapper of the task's texts, followed by further steps."""
    mapper = CrossLingualMapper(
        task.dictionary, word_space=word_space, tokenizer=task.tokenizer
    )
    return make_pipeline(mapper, *steps) if steps else mapper


def candidates(task: ReviewTask) -> list[tuple[str, Any]]:
    """Candidates: the source alone first, then each transfer method."""
    if task.dictionary is not None:
        found = crosslingual_candidates(task.dictionary, tokenizer=task.tokenizer)
    else:
        found = default_candidates(task.source, tokenizer=task.split)
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


def conclude(
    outcomes: Mapping[str, Outcome], taken: str, truth: NDArray[Any], bound: Row
) -> str:
    """What held-out labels say of the method taken, and of a better one."""
    right = {
        name: o.predictions.astype(str) == truth.astype(str)
        for name, o in outcomes.items()
    }
    best = max(right, key=lambda name: (right[name].mean(), name == taken))
    parts = []
    for name in dict.fromkeys((taken, best)):
        if name == SOURCE_ONLY:
            continue
        gain, noise = paired_gain(right[name], right[SOURCE_ONLY])
        verb = (
            "helps" if gain > noise else "hurts" if gain < -noise else "may be as good"
        )
        part = f"{name} {verb}: {gain:+.3f} over {SOURCE_ONLY} (noise: {noise:.3f})"
        gap = (bound.score or 0) - right[SOURCE_ONLY].mean()
        if gain > noise and gap > noise:
            part += f", {100 * gain / gap:.0f} % of the gap to the bound"
        parts.append(part)
    if not parts:
        by = f"By the {len(truth)} labels held out"
        return f"{by}, nothing is better than {SOURCE_ONLY}."
    text = f"By the {len(truth)} labels held out, {'; '.join(parts)}."
    if best not in (taken, SOURCE_ONLY):
        text += f" {taken} was taken without them; --target-labels use reads them."
    return text


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
        "  expected: accuracy, by agreement across two halves of the labels; "
        "agreement: with source only"
    )
    return "\n".join(lines)


def _three_decimals(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.3f}"


def _shares_of_classes(labels: NDArray[Any]) -> str:
    known = np.array([str(v) for v in labels if v is not None])
    classes, counts = np.unique(known, return_counts=True)
    shares = counts / counts.sum()
    return ", ".join(f"{c} {p:.2f}" for c, p in zip(classes.tolist(), shares))


def decision_line(auto: AutoTransferClassifier) -> str:
    """What was decided, what it is expected to reach, and what would settle it."""
    decision = auto.decision_
    by = "without" if auto.target_labels == "ignore" else "with"
    line = f"Decision, {by} labels of the target: {decision}."
    if decision.expected is not None:
        line += f"\nExpected accuracy: {decision.expected}, by {decision.evidence}."
        line += f"\nGain of transfer: {decision.verdict}"
        if decision.gain_interval is not None:
            low, high = decision.gain_interval
            line += f", {decision.gain:+.3f} ({low:+.3f} to {high:+.3f})"
        line += f"; {decision.next_step}."
    return line


def fitted_mappers(auto: AutoTransferClassifier) -> list[CrossLingualMapper]:
    """Mappers of the candidates that were fitted."""
    mappers = [getattr(m, "mapper_", None) for m in auto.estimators_.values()]
    return [m for m in mappers if isinstance(m, CrossLingualMapper)]


def coverage_line(auto: AutoTransferClassifier) -> str:
    """Share of the target's words with a translation, if there is a dictionary."""
    for mapper in fitted_mappers(auto):
        share = f"{100 * mapper.coverage_:.0f} %"
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
        "--target-label-column", help="where the target's differs, such as stars"
    )
    parser.add_argument(
        "--tokenizer",
        default="words",
        help="of target texts: words (default; learned where no spaces stand between "
        "them), whitespace, characters, or module:function such as jieba:lcut",
    )
    parser.add_argument(
        "--source-tokenizer",
        help="of source texts; default: words, or without --dictionary that of the "
        "target",
    )
    parser.add_argument(
        "--target-labels",
        choices=("score", "use", "ignore"),
        default="score",
        help="labels in T, where there are any: only score by them (default), choose "
        "and train by them as well, or do not read them",
    )
    parser.add_argument(
        "--id-column",
        help="of the target, to begin the rows of --output with; default: their number",
    )
    parser.add_argument(
        "--output",
        help="write label and probabilities, after the other columns of the target",
    )
    parser.add_argument(
        "--report", help="write a page (.html): data, shift, methods, decision"
    )
    add_file_arguments(parser)


def read_task(arguments: argparse.Namespace) -> ReviewTask:
    """Read the files that the command line names."""
    text, label = arguments.text_column, arguments.label_column
    source = read_columns(arguments.source, [text, label], arguments)
    labels = labels_of(source[label], arguments.source, label)
    target, known, kept = read_target(arguments)
    texts = {"source": texts_of(source[text], arguments.source, text), "target": target}
    check_classes(known, labels, arguments)
    dictionary = read_pairs(arguments) if arguments.dictionary is not None else None
    tokenizers = chosen_tokenizers(arguments)
    texts = {side: join_tokens(texts[side], f) for side, f in tokenizers.items()}
    joined = {side: f and split_whitespace for side, f in tokenizers.items()}
    split = joined["target"] or words_of(
        np.concatenate([*texts.values()]), one_language=dictionary is None
    )
    truth = None
    if known is not None and all(v is not None for v in known):
        truth = known.astype(str)
    return ReviewTask(
        source=texts["source"],
        labels=labels,
        target=texts["target"],
        test=texts["target"],
        truth=truth,
        dictionary=dictionary,
        tokenizer=joined,
        split=split,
        target_labels=known if arguments.target_labels == "use" else None,
        kept=kept,
    )


def chosen_tokenizers(arguments: argparse.Namespace) -> dict[str, Tokenizer | None]:
    """Tokenizer of each side, None for a mapper's default."""
    target, source = arguments.tokenizer, arguments.source_tokenizer
    one_language = arguments.dictionary is None
    if source is None:
        source = target if one_language else "words"
    found = {"source": find_tokenizer(source), "target": find_tokenizer(target)}
    if one_language and any(found.values()):  # both sides are split into words alike
        found = {side: f or split_marks for side, f in found.items()}
    return found


def read_target(
    arguments: argparse.Namespace,
) -> tuple[NDArray[Any], NDArray[Any] | None, dict[str, NDArray[Any]]]:
    """Texts of the target, labels that may be read, and what the output keeps."""
    path = arguments.target
    label = arguments.target_label_column or arguments.label_column
    text = arguments.target_text_column or arguments.text_column
    first = [] if arguments.id_column is None else [arguments.id_column]
    table = read_columns(path, [*first, text], arguments, optional=None)
    others = [c for c in table if c not in (*first, text, label)]
    kept: dict[str, NDArray[Any]] = {}
    if not first:
        kept["row"] = np.arange(1, len(table[text]) + 1)
    for c in first:
        kept[c] = id_texts(table[c], f"{path}, column {c!r}")
    for c in others:
        if any(isinstance(v, bytes) for v in table[c]):
            warnings.warn(
                f"{path}: --output leaves out column {c!r}, bytes.", stacklevel=2
            )
        else:
            kept[free_name(c, kept)] = table[c]
    known = None
    if arguments.target_labels != "ignore" and label in table:
        known = known_labels(table[label])
    if arguments.target_labels == "use":
        check_labels_to_use(known, path, label)
    return texts_of(table[text], path, text), known, kept


def free_name(name: str, taken: Collection[str]) -> str:
    """Name of a column of the target that no other column has."""
    while name in taken:
        name = f"target_{name}"
    return name


def check_labels_to_use(known: NDArray[Any] | None, path: str, column: str) -> None:
    """Raise if labels of the target are no help in choosing a method."""
    classes = set() if known is None else {v for v in known if v is not None}
    if len(classes) < 2:
        got = f"got {classes.pop()!r} alone" if classes else "got none"
        raise CommandError(
            f"{path}: --target-labels use needs labels of two classes in column "
            f"{column!r}; {got}. Label rows of another class, or leave the option out"
        )


def check_classes(
    known: NDArray[Any] | None, labels: NDArray[Any], arguments: argparse.Namespace
) -> None:
    """Raise if the target has labels, and the source has none of them."""
    source = {v for v in labels if v is not None}
    target = set() if known is None else {v for v in known if v is not None}
    if target and not source & target:
        raise CommandError(
            f"{arguments.target}: the labels {_some(target)} are none of those of "
            f"{arguments.source}, {_some(source)}; write them alike in both files, or "
            "pass --target-labels ignore"
        )


def _some(classes: Collection[str]) -> str:
    """The first labels in order."""
    shown = ", ".join(map(repr, sorted(classes)[:5]))
    return shown if len(classes) <= 5 else f"{shown}, ..."


def check_dictionary_serves(auto: AutoTransferClassifier, task: ReviewTask) -> None:
    """Raise if no entry of the dictionary is in the texts."""
    for mapper in fitted_mappers(auto)[:1]:
        source, target = (
            set(map(word_form, words))
            for words in (mapper.source_vocabulary_, mapper.target_vocabulary_)
        )
        served = any(
            word_form(a) in source and word_form(b) in target
            for a, b in task.dictionary
        )
        if not served and mapper.coverage_ < LEAST_COVERAGE:
            raise CommandError(
                "--dictionary: no row has a word of the source texts and, after it, a "
                "word of the target texts; give a dictionary of their languages, the "
                "source's in the first column or in --dictionary-languages"
            )


def run(arguments: argparse.Namespace) -> None:
    """Compare methods, and write predictions and report."""
    check_outputs(arguments, [arguments.source, arguments.target, arguments.dictionary])
    task = read_task(arguments)
    print(sizes_line(task))
    setting = "ignore" if task.target_labels is None else "use"
    auto = AutoTransferClassifier(
        candidates(task), target_labels=setting, keep_candidates=True
    )
    final = fit_and_predict(task, "methods", auto)
    final = final._replace(method=auto.decision_.candidate)
    check_dictionary_serves(auto, task)
    coverage = coverage_line(auto)
    if coverage:
        print(coverage)
    show_comparison(task, auto, final)
    print(decision_line(auto))
    if arguments.output:
        columns = prediction_columns(task, final)
        write_table(
            arguments.output, columns, escape_formulas=arguments.escape_formulas
        )
        print(f"Predictions of {final.method}: {arguments.output}")
    if arguments.report:
        write_report(arguments, task, auto, coverage)
        print(f"Report: {arguments.report}")


def sizes_line(task: ReviewTask) -> str:
    """One line with the numbers of texts."""
    labelled = sum(v is not None for v in task.labels)
    text = f"{labelled} labelled"
    if labelled < len(task.source):
        text += f" and {len(task.source) - labelled} unlabelled"
    return f"{text} source texts, {len(task.test)} target texts."


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
        print(conclude(outcomes, final.method, task.truth, bound))
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


def prediction_columns(task: ReviewTask, outcome: Outcome) -> dict[str, Any]:
    """One row a target text: what its file says of it, label, probabilities."""
    made: dict[str, Any] = {"label": outcome.predictions}
    for c, p in zip(outcome.classes.tolist(), outcome.probabilities.T):
        made[f"probability_{c}"] = np.round(p.astype(float), 6)
    columns: dict[str, Any] = {}
    for name, values in (task.kept or {}).items():
        columns[free_name(name, made | columns)] = values
    return columns | made
