"""Laws of strategies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from sklearn import config_context
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV

from sktransfer.model_selection import TargetKFold
from sktransfer.testing import _common_laws as common
from sktransfer.testing import _input_laws as input_laws
from sktransfer.testing._case import Case, Rows, seeded
from sktransfer.testing._checks import (
    Law,
    always,
    broken,
    generate_checks,
    require_close,
    run_checks,
)
from sktransfer.testing._explanation_laws import check_decision_explanations
from sktransfer.transfer import TransferClassifier, TransferRegressor

ROUTING = (False, True)
TASKS = ("classification", "regression")
N_SOURCE, N_TARGET, N_KNOWN = 80, 50, 20


@dataclass(frozen=True)
class StrategyCase(Case):
    """Rows that a transfer estimator with a strategy is fitted to."""

    task: str = "classification"
    answers: ClassVar[str] = "predictions"

    @property
    def classifies(self) -> bool:
        """Whether labels are classes."""
        return self.task == "classification"

    def estimator(self) -> Any:
        """The estimator of mapped rows."""
        return LogisticRegression(max_iter=1000) if self.classifies else Ridge()

    def other_estimator(self) -> Any:
        """An estimator that predicts unlike the first, and unlike one by default."""
        return LogisticRegression(C=0.01) if self.classifies else Ridge(alpha=100.0)

    def transfer(self, strategy: Any, **parameters: Any) -> Any:
        """A transfer estimator with a strategy."""
        cls = TransferClassifier if self.classifies else TransferRegressor
        parameters = {"target_labels": "use"} | parameters
        return cls(self.estimator(), strategy=strategy, **parameters)

    def model(self, estimator: Any) -> Any:
        """An unfitted transfer estimator with a copy of the strategy."""
        return self.transfer(seeded(clone(estimator)))

    def fit_model(self, model: Any, rows: Rows, **kwargs: Any) -> Any:
        """The transfer estimator itself, fitted."""
        return model.fit(rows.X, rows.y, sample_domain=rows.sample_domain, **kwargs)

    def answer(self, model: Any, rows: Rows) -> Any:
        """Probabilities of the classes, or predicted numbers."""
        method = "predict_proba" if self.classifies else "predict"
        return getattr(model, method)(rows.X, sample_domain=rows.sample_domain)

    @property
    def target(self) -> Any:
        """Rows of the target."""
        return np.asarray(self.rows.sample_domain) < 0


def few_target_labels(task: str) -> Rows:
    """Rows of a source, and of a target in which a second column counts as well."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N_SOURCE + N_TARGET, 3))
    d = np.repeat([1, -1], [N_SOURCE, N_TARGET])
    z = X[:, 0] + np.where(d < 0, X[:, 1], 0) + 0.1 * rng.normal(size=d.size)
    known = np.arange(d.size) < N_SOURCE + N_KNOWN
    if task == "regression":
        return Rows(X, np.where(known, z, np.nan), d)
    y = np.where(z > 0, "good", "bad").astype(object)
    y[~known] = None
    return Rows(X, y, d)


def classifies(strategy: Any, case: StrategyCase) -> bool:
    """Condition: labels are classes."""
    return case.classifies


def check_predictions(strategy: Any, case: StrategyCase) -> None:
    """Every row gets a finite prediction; probabilities of the classes sum to 1."""
    model = case.fit(strategy, case.rows)
    values = np.asarray(case.answer(model, case.rows))
    remedy = "Return a fitted model of rows.classes, or of numbers where that is None."
    if values.shape[0] != case.rows.n_rows or not np.isfinite(values).all():
        broken(f"shape {values.shape}, or values that are not finite", remedy)
    if not case.classifies:
        return
    if list(model.classes_) != ["bad", "good"]:
        broken(f"classes_={list(model.classes_)}", remedy)
    require_close(values.sum(axis=1), np.ones(len(values)), 1e-6, "sums", remedy)
    expected = model.classes_[values.argmax(axis=1)]
    predicted = model.predict(case.rows.X, sample_domain=case.rows.sample_domain)
    if np.any(predicted != expected):
        broken("another class than that of the highest probability", remedy)


def check_without_domains(strategy: Any, case: StrategyCase) -> None:
    """Without sample_domain there is no target, and the model is the estimator's."""
    rows = case.rows.take(np.arange(N_SOURCE + N_KNOWN))
    y = np.array(rows.y.tolist())
    for estimator in (case.estimator(), case.other_estimator()):
        plain = clone(estimator).fit(rows.X, y)
        model = case.model(strategy).set_params(estimator=estimator)
        case.fit_model(model, Rows(rows.X, y, None))
        require_close(
            case.answer(model, rows._replace(sample_domain=None)),
            plain.predict_proba(rows.X) if case.classifies else plain.predict(rows.X),
            case.tolerance,
            f"{case.answers} with {estimator}",
            "Where rows.domain is None, return rows.fit(estimator).",
        )


def check_estimator_used(strategy: Any, case: StrategyCase) -> None:
    """Another estimator gives other predictions."""
    answers = [
        case.answer(
            case.fit_model(
                case.model(strategy).set_params(estimator=estimator), case.rows
            ),
            case.rows,
        )
        for estimator in (case.estimator(), case.other_estimator())
    ]
    if np.abs(np.asarray(answers[0]) - np.asarray(answers[1])).max() < 1e-8:
        broken(
            f"equal predictions with {case.estimator()} and {case.other_estimator()}",
            "Fit copies of the estimator that fit_model is given, as rows.fit does.",
        )


def check_rows_alone(strategy: Any, case: StrategyCase) -> None:
    """A row is predicted alike alone and among others."""
    model = case.fit(strategy, case.rows)
    together = case.answer(model, case.rows)
    for i in (0, N_SOURCE + 1):
        require_close(
            case.answer(model, case.rows.take([i])),
            together[[i]],
            1e-6,
            case.answers,
            "Let predictions use what fit_model has learned, and no other rows.",
        )


def check_target_labels_unread(strategy: Any, case: StrategyCase) -> None:
    """With target_labels="ignore" no label of a target row is read."""
    answers = []
    for filler in (None, "good", "another") if case.classifies else (np.nan, 0.0, 9e9):
        y = case.rows.y.copy()
        y[case.target] = filler
        model = case.model(strategy).set_params(target_labels="ignore")
        try:
            case.fit_model(model, case.rows._replace(y=y))
        except ValueError as error:  # it may need them
            answers.append(str(error))
        else:
            answers.append(case.answer(model, case.rows))
    remedy = "Read labels from rows.labels, which has those of rows.labelled only."
    for other in answers[1:]:
        if isinstance(other, str) or isinstance(answers[0], str):
            if other is not answers[0] and other != answers[0]:
                broken("an error that depends on the labels of target rows", remedy)
        else:
            require_close(other, answers[0], 0, case.answers, remedy)


def check_target_labels_used(strategy: Any, case: StrategyCase) -> None:
    """With target_labels="use" the labels of target rows change the predictions."""
    y = case.rows.y.copy()
    known = np.arange(N_SOURCE, N_SOURCE + N_KNOWN)
    y[known] = y[known[::-1]]
    one = case.fitted_answer(strategy, case.rows)
    other = case.fitted_answer(strategy, case.rows._replace(y=y))
    if np.abs(np.asarray(one) - np.asarray(other)).max() < 1e-8:
        broken(
            "equal predictions after the labels were reversed",
            "Train on rows.labelled, which has the labelled target rows too.",
        )


def check_weight_of_zero(strategy: Any, case: StrategyCase) -> None:
    """A row of weight 0 is as if it were not there, labelled or not."""
    w = (np.arange(case.rows.n_rows) % 4 > 0).astype(float)
    rows = case.rows.take(np.flatnonzero(w))
    model = case.fit_model(case.model(strategy), case.rows, sample_weight=w)
    require_close(
        case.answer(model, rows),
        case.fitted_answer(strategy, rows),
        case.tolerance,
        case.answers,
        "Pass rows.weights wherever the estimator is fitted, as rows.fit does, and of "
        "rows without a label read those of rows.counted alone.",
    )
    if np.any(model.sample_weight_[w == 0]):
        broken("a sample_weight_ above 0", "Let sample_weight_ follow rows.weights.")


def check_weight_of_two(strategy: Any, case: StrategyCase) -> None:
    """A source row of weight 2 counts as two such rows."""
    check_heavy_rows(strategy, case, np.arange(0, N_SOURCE, 3))


def check_target_weight_of_two(strategy: Any, case: StrategyCase) -> None:
    """A target row of weight 2 counts as two such rows."""
    check_heavy_rows(strategy, case, np.arange(N_SOURCE, case.rows.n_rows, 3))


def check_heavy_rows(strategy: Any, case: StrategyCase, heavy: Any) -> None:
    """Rows of weight 2 count as two such rows."""
    w = np.ones(case.rows.n_rows)
    w[heavy] = 2
    twice = case.rows.take(np.r_[np.arange(w.size), heavy])
    model = case.fit_model(case.model(strategy), case.rows, sample_weight=w)
    again = case.fit_model(
        case.model(strategy), twice, sample_weight=np.ones(w.size + heavy.size)
    )
    require_close(
        case.answer(model, case.rows),
        case.answer(again, case.rows),
        case.tolerance,
        case.answers,
        "Pass rows.weights wherever the estimator is fitted, as rows.fit does.",
    )


def check_few_labels(strategy: Any, case: StrategyCase) -> None:
    """No or one labelled target row gives predictions or a ValueError."""
    for n_known, n_target in ((0, N_TARGET), (1, N_TARGET), (1, 1), (0, 0)):
        rows = case.rows.take(np.arange(N_SOURCE + n_target))
        y = rows.y.copy()
        y[N_SOURCE + n_known :] = None if case.classifies else np.nan
        # predictions that are not finite are refused by the transfer estimators
        with suppress(ValueError):
            case.fitted_answer(strategy, rows._replace(y=y))


def check_label_types(strategy: Any, case: StrategyCase) -> None:
    """Classes may be strings or integers, two or more."""
    expected = case.fitted_answer(strategy, case.rows)
    codes = {"bad": 3, "good": 7, None: None}
    y = np.array([codes[label] for label in case.rows.y], dtype=object)
    remedy = "Take the classes from rows.classes and compare labels with ==."
    require_close(
        case.fitted_answer(strategy, case.rows._replace(y=y)),
        expected,
        case.tolerance,
        "predictions for integers",
        remedy,
    )
    known = np.array([label is not None for label in y])
    three = np.array(["a", "b", "c"], dtype=object)[np.argmax(case.rows.X, axis=1)]
    rows = case.rows._replace(y=np.where(known, three, None))
    if np.shape(case.fitted_answer(strategy, rows)) != (rows.n_rows, 3):
        broken("no probability for each of three classes", remedy)


def check_texts(strategy: Any, case: StrategyCase) -> None:
    """Rows may be texts, which a mapper counts."""
    words = np.array(["good book", "bad book", "good song", "bad song", "fine song"])
    texts = np.tile(words, 10)
    d = np.tile([1, 1, -1, -1, -1], 10)
    y = np.tile(np.array(["+", "-", "+", "-", None], dtype=object), 10)
    if not case.classifies:
        y = np.array([{"+": 1.0, "-": -1.0, None: np.nan}[label] for label in y])
    model = case.model(strategy).set_params(mapper=CountVectorizer())
    model.fit(texts, y, sample_domain=d)
    if np.shape(model.predict(texts)) != (50,):
        broken(
            f"predictions of shape {np.shape(model.predict(texts))} for 50 texts",
            "Train on rows.mapped; rows.native is what the user passed.",
        )


def check_search(strategy: Any, case: StrategyCase) -> None:
    """A search compares it with pooling, metadata routing off and on."""
    rows = case.rows.take(np.arange(N_SOURCE + N_KNOWN))
    y = np.array(rows.y.tolist())
    scores = []
    for routing in ROUTING:
        grid = {"strategy": ["pool", seeded(clone(strategy))]}
        with config_context(enable_metadata_routing=routing):
            search = GridSearchCV(
                case.transfer("pool"), grid, cv=TargetKFold(2), error_score="raise"
            )
            extra = {} if routing else {"groups": rows.sample_domain}
            search.fit(rows.X, y, sample_domain=rows.sample_domain, **extra)
        scores.append(search.cv_results_["mean_test_score"])
    require_close(
        scores[1],
        scores[0],
        1e-10,
        "scores",
        "Let fit_model depend on the estimator and the rows alone.",
    )


def check_parameters(strategy: Any, case: StrategyCase) -> None:
    """Parameters are stored, cloned and set, and `fit_model` leaves them alone."""
    common.check_parameters(strategy, case)
    model = case.model(strategy)
    before = common.fingerprints(model.strategy)
    common.require_unchanged(before, case.fit_model(model, case.rows).strategy_)


STRATEGY_LAWS = (
    Law(check_predictions, always),
    Law(check_without_domains, always),
    Law(check_estimator_used, always),
    Law(check_rows_alone, always),
    Law(check_target_labels_unread, always),
    Law(check_target_labels_used, always),
    Law(check_weight_of_zero, always),
    Law(check_weight_of_two, always),
    Law(check_target_weight_of_two, always),
    Law(check_few_labels, always),
    Law(check_label_types, classifies),
    Law(check_texts, always),
    Law(check_search, always),
    Law(check_decision_explanations, classifies),
    common.ROW_ORDER,
    Law(common.check_sparse_equals_dense, always),
    Law(input_laws.check_number_types, always),
    Law(input_laws.check_boolean, always),
    Law(input_laws.check_containers, always),
    common.FRAMES,
    common.DOMAIN_NAMES,
    common.INPUT_IS_KEPT,
    Law(check_parameters, always),
    common.PICKLE,
    common.REFIT,
)


def strategy_checks_generator(
    strategy: Any,
    *,
    tasks: Sequence[str] = TASKS,
    tolerance: float = 1e-2,
    expected_failed_checks: Mapping[str, str] | None = None,
) -> Iterator[tuple[Any, Callable[[Any], None]]]:
    """Yield the laws of strategies as checks.

    Parameters
    ----------
    strategy : estimator
        An unfitted strategy; each check fits copies of it.
    tasks : sequence of str, default=("classification", "regression")
        Whether it is tried in a TransferClassifier, a TransferRegressor or both.
    tolerance : float, default=1e-2
        Largest difference between two answers that should be equal, as a share of the
        largest answer.
    expected_failed_checks : mapping of str to str, default=None
        Names of checks that fail by design, and why. A check that passes nevertheless
        is an error.

    Yields
    ------
    strategy : estimator
        The strategy that was given.
    check : callable
        A function of the strategy that raises an AssertionError where the law is
        broken; its ``__name__`` is the name of the law.

    Raises
    ------
    ValueError
        If `expected_failed_checks` names no check,
        or `tasks` is none of the two.

    See Also
    --------
    check_strategy : Runs them all.

    Notes
    -----
    The strategy is tried with LogisticRegression and Ridge, on a source and a target of
    which some rows are labelled. Each open ``random_state`` is set to 0, and the order
    of rows is checked unless the tag `non_deterministic` is set.

    Examples
    --------
    >>> from sktransfer.transfer.strategies import Pooling
    >>> from sktransfer.testing import strategy_checks_generator
    >>> for strategy, check in strategy_checks_generator(Pooling()):
    ...     check(strategy)
    """
    unknown = sorted(set(tasks) - set(TASKS))
    if unknown or not tasks:
        raise ValueError(f"tasks must be one or both of {TASKS}; got {tuple(tasks)}.")
    for task in tasks:
        case = StrategyCase(few_target_labels(task), tolerance, task)
        yield from generate_checks(
            strategy, STRATEGY_LAWS, case, expected_failed_checks
        )


def check_strategy(
    strategy: Any,
    *,
    tasks: Sequence[str] = TASKS,
    tolerance: float = 1e-2,
    expected_failed_checks: Mapping[str, str] | None = None,
) -> None:
    """Check that a strategy keeps the laws of strategies.

    Parameters
    ----------
    strategy : estimator
        An unfitted strategy; each check fits copies of it.
    tasks : sequence of str, default=("classification", "regression")
        Whether it is tried in a TransferClassifier, a TransferRegressor or both.
    tolerance : float, default=1e-2
        Largest difference between two answers that should be equal, as a share of the
        largest answer.
    expected_failed_checks : mapping of str to str, default=None
        Names of checks that fail by design, and why. A check that passes nevertheless
        is an error.

    Raises
    ------
    AssertionError
        If a law is broken: for each such law its name, what was got and what to do.
    ValueError
        If `expected_failed_checks` names no check,
        or `tasks` is none of the two.

    See Also
    --------
    strategy_checks_generator : Yields the checks, and says when each applies.

    Examples
    --------
    >>> from sktransfer.transfer.strategies import Pooling
    >>> from sktransfer.testing import check_strategy
    >>> check_strategy(Pooling())
    """
    run_checks(
        strategy_checks_generator(
            strategy,
            tasks=tasks,
            tolerance=tolerance,
            expected_failed_checks=expected_failed_checks,
        )
    )
