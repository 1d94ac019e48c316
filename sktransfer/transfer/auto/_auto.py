"""AutoTransferClassifier: try methods, and know when not to adapt."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.utils import check_random_state
from sklearn.utils.validation import (
    _num_samples,
    check_consistent_length,
)

from sktransfer._core.domains import check_sample_domain
from sktransfer._core.inputs import row_container
from sktransfer._core.labels import known_labels, label_array, labels_in_place
from sktransfer._core.parameters import check_parameters, number, one_of, part
from sktransfer._core.parts import copy_features
from sktransfer._core.progress import begin_step, reports_progress
from sktransfer.transfer._explain import ExplainsDecisions
from sktransfer.transfer._labels import check_given, checked_labels, labelled_rows
from sktransfer.transfer._predictions import PredictsByDomain
from sktransfer.transfer.auto._candidate_runs import CandidateRuns
from sktransfer.transfer.auto._candidates import (
    default_candidates,
    named_candidates,
    source_only_classifier,
)
from sktransfer.transfer.auto._choice import AutomaticChoice
from sktransfer.transfer.auto._decision import (
    TransferDecision,
    decide,
    decide_by_score,
)
from sktransfer.transfer.auto._expected_scores import expected_scores
from sktransfer.transfer.auto._languages import languages_apart, links_in_doubt

LEAST_GAIN = 0.02  # chosen on pairs of domains of ten kinds, see bench_auto


class AutoTransferClassifier(
    ExplainsDecisions, PredictsByDomain, ClassifierMixin, AutomaticChoice
):
    """Try several ways of transfer, take the best one, or none.

    The source alone is always a candidate. Without a label of the target, candidates
    are compared by their agreement: each is trained on two halves of the source labels,
    and the models of one half judge those of the other. What candidates agree on
    without being right is measured on source rows. A candidate is taken if it is
    expected to gain, and then trained on all labels.

    Parameters
    ----------
    candidates : list of (str, classifier), default=None
        What to try, usually :class:`TransferClassifier` with several mappers, weighters
        and strategies that need no label of the target: all are fitted without; a
        classifier whose ``fit`` takes no ``sample_domain`` is trained on the source
        rows. Candidates should err in different places, and those that cost little
        should come first. None:
        what :func:`default_candidates` gives for the rows: texts of one language,
        sparse counts, or other numbers. Two languages need candidates with a
        :class:`~sktransfer.crosslingual.CrossLingualMapper`, for example those of
        :func:`crosslingual_candidates`.
    estimator : classifier, default=None
        Base estimator of the default candidates, and of the source alone where no
        candidate is called "source only". None: logistic regression.
    scoring : callable, default=None
        Label-free scorer that replaces agreement, such as
        :func:`~sktransfer.metrics.prediction_entropy_scorer`; called as
        ``scoring(estimator, X, y, sample_domain=d)`` with the rows of ``fit``, so one
        that reads source labels sees rows that were trained on.
    guard : bool or float, default=True
        Least gain over the source alone that is expected in accuracy. True: 0.02. With
        labels of the target, it is at least one standard error of the gain on them.
        Domains that no classifier tells apart are not adapted at all. With fewer than
        25 labels, nothing is taken if it, or most candidates, move rows between classes
        in one direction only, or if the source alone would be right in less than 40 %
        of the rows of two classes, worse than guessing. With ``scoring``, a number is
        what the score must gain, and True is 0. False: the best candidate is taken.
    target_labels : {"ignore", "use"}, default="ignore"
        "ignore": labels of target rows are never read. "use": candidates are compared
        on the labelled target rows, together with agreement, which counts as 25
        labels. The one taken is then trained on them as well, where it can: a linear
        model that would pool them with the source is fine-tuned on them, see
        :class:`TransferClassifier`, unless it has a ``target_weight`` of its own.
    eliminate : bool, default=True
        Whether candidates are left out that need not be fitted, judged by the first
        four: all, where these predict the same for 98 % of the target rows (only with a
        guard), and a student whose teacher is expected to trail the best candidate by
        more than 5 points and two standard errors. ``report_`` says why. With
        ``scoring``, none is.
    max_seconds : float, default=None
        Candidates are no longer started after this time; those left out are in
        ``report_``. None: no limit.
    keep_candidates : bool, default=False
        Also train on all labels, and keep, the candidates that are not taken, for
        ``estimators_``.
    random_state : int, RandomState instance or None, default=0
        Halves the labels, and draws the target rows, at most 2000, on which candidates
        are compared.

    Attributes
    ----------
    best_estimator_ : classifier
        The candidate taken, fitted.
    best_index_ : int
        Its place in ``report_``.
    estimators_ : dict of str to classifier
        The source alone, and the candidate taken as it was without labels of the
        target; with ``keep_candidates`` all that were compared.
    decision_ : TransferDecision
        With ``adapt`` (a bool), ``candidate``, ``reason``, the expected ``gain`` and
        its interval, and the ``expected`` accuracy, F1 and recalls; as a string such as
        "do not adapt: 'source only', ...".
    report_ : dict of str to ndarray
        One entry for each candidate, the source alone first: "candidate", "status"
        ("fitted", "skipped", "eliminated: " with the reason, or an error), "score" that
        they are compared by, "expected_accuracy", at the distance of the scores from
        that of the candidate taken, "agreement" with the source alone,
        "label_accuracy" where target labels are used, "seconds" of fit and prediction,
        and the "warnings" of the candidate, of which only those of the one taken are
        given out. NaN where there is none.
    domain_distance_ : float
        Cross-validated :func:`~sktransfer.metrics.proxy_a_distance` of the domains: 0
        where they cannot be told apart, at most 2. NaN without ``sample_domain``.
    classes_ : ndarray of shape (n_classes,)
        Classes of the labelled rows.
    n_features_in_ : int
        Number of features seen in `fit`, where the first part knows it.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features seen in `fit`, where ``X`` has any.

    See Also
    --------
    TransferClassifier : One way of transfer.
    default_candidates : What is tried by default.

    Notes
    -----
    Equal first steps of the Pipelines of several candidates are fitted once.
    A candidate that fails is reported and left out, with a warning. One that needs more
    labels than a half holds is judged by its model of all labels.

    The score is the mean of two estimates of how often a candidate is right: the
    probability of its predictions by a Dawid-Skene model [1]_ of the other half, and
    its mean agreement with other candidates of that half [2]_, less 2/5 of what they
    share on the source beyond being right, into which the change of its confidence [3]_
    is mixed, up to one half where its own two models agree.

    Agreement does not show an error that all candidates share. It does not show
    whether a class means something else in the target, nor whether the features moved
    or the shares of the classes changed. If the target holds the expensive wines,
    more of them are good, and all methods that align the domains remove that
    difference. So a candidate that differs from the source alone by giving more rows to
    some classes is not taken, unless the source alone hardly predicts one of them.

    References
    ----------
    .. [1] A. P. Dawid and A. M. Skene, "Maximum likelihood estimation of observer
           error-rates using the EM algorithm", Applied Statistics 28(1), 1979.
    .. [2] Y. Jiang et al., "Assessing generalization of SGD via disagreement", ICLR
           2022.
    .. [3] S. Garg et al., "Leveraging unlabeled data to predict out-of-distribution
           performance", ICLR 2022.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.transfer import AutoTransferClassifier
    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(0, 2, size=400)
    >>> X = rng.normal(size=(400, 3))
    >>> X[:, 0] += 3 * y
    >>> sample_domain = np.repeat([1, -2], 200)
    >>> X[200:] += 5  # the target is measured on another scale
    >>> auto = AutoTransferClassifier().fit(X, y, sample_domain=sample_domain)
    >>> auto.decision_.adapt
    True
    >>> bool(np.mean(auto.predict(X[200:]) == y[200:]) > 0.85)
    True
    """

    __metadata_request__fit = {"sample_domain": True}  # noqa: RUF012

    _part_examples: ClassVar[dict[str, str]] = {
        "estimator": "LogisticRegression(max_iter=1000)",
    }
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "estimator": [part("a classifier"), None],
        "scoring": [callable, None],
        "guard": ["boolean", number(0)],
        "target_labels": [one_of("ignore", "use")],
        "eliminate": ["boolean"],
        "max_seconds": [number(above=0, most=np.inf), None],
        "keep_candidates": ["boolean"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        candidates: Sequence[tuple[str, Any]] | None = None,
        *,
        estimator: Any = None,
        scoring: Callable[..., float] | None = None,
        guard: bool | float = True,
        target_labels: str = "ignore",
        eliminate: bool = True,
        max_seconds: float | None = None,
        keep_candidates: bool = False,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.candidates = candidates
        self.estimator = estimator
        self.scoring = scoring
        self.guard = guard
        self.target_labels = target_labels
        self.eliminate = eliminate
        self.max_seconds = max_seconds
        self.keep_candidates = keep_candidates
        self.random_state = random_state

    @reports_progress
    def fit(
        self, X: Any, y: ArrayLike, sample_domain: ArrayLike | None = None
    ) -> AutoTransferClassifier:
        """Fit the candidates, compare them and take one.

        Parameters
        ----------
        X : array-like, sparse matrix or sequence of texts, of n_samples rows
            Rows of all domains, labelled or not.
        y : array-like of shape (n_samples,)
            Labels, strings or numbers. Entries of target rows are not read with
            ``target_labels="ignore"``: any filler will do.
        sample_domain : array-like of shape (n_samples,), default=None
            Positive = source, negative = target. None: no shift, so the source alone
            is taken.

        Returns
        -------
        self : AutoTransferClassifier
            Fitted.
        """
        check_parameters(self)
        check_given(y, type(self).__name__)
        X, y = row_container(X), label_array(y)
        check_consistent_length(X, y)
        domain = check_sample_domain(sample_domain, _num_samples(X))
        labelled = labelled_rows(y, domain, self.target_labels)
        source = labelled if domain is None else labelled & (domain > 0)
        labels = checked_labels(y, source, domain)
        self.classes_ = np.unique(labels)
        target_labels = known_labels(y, labelled & ~source)
        names, models = self._named_candidates(X)
        runs = CandidateRuns(
            X,
            labels_in_place(labels, source),
            domain,
            source,
            self.classes_,
            names,
            target_labels,
        )
        best, self.decision_ = self._decide(runs, models, labelled & ~source)
        while runs.models[best] is None:
            runs.fit(best, models[best])
            if runs.models[best] is None:  # halves of the labels served it, all do not
                best, self.decision_ = self._decide_by_agreement(runs, models)
        self._keep(runs, models, best)
        if target_labels.size:
            self._train_on_target_labels(
                X,
                labels_in_place(known_labels(y, labelled), labelled),
                domain,
                models[best],
            )
        self.report_ = runs.report()
        copy_features(self.best_estimator_, self)
        return self

    def _decide(
        self, runs: CandidateRuns, models: list[Any], known: NDArray[np.bool_]
    ) -> tuple[int, TransferDecision]:
        """Fit the source alone, then the other candidates, and take one."""
        limit = None
        if self.max_seconds is not None:
            limit = time.perf_counter() + self.max_seconds
        halves = self.scoring is None
        begin_step(f"candidate {runs.names[0]!r}", of=len(models) + 1 + halves)
        runs.fit(0, models[0])
        if runs.status[0] != "fitted":
            raise runs.errors[0]
        no_shift = self._decide_by_domains(runs, guarded=self._has_guard())
        if no_shift is not None:
            return 0, no_shift
        blind = self._has_guard() and self.scoring is None and not known.any()
        apart = languages_apart(models, runs.X, runs.domain) if blind else None
        if apart is not None:
            return 0, TransferDecision(False, runs.names[0], apart)
        rng = check_random_state(self.random_state)
        runs.choose_rows(np.flatnonzero(known), rng)
        if self.scoring is not None:
            return self._decide_by_scoring(runs, models, self.scoring, limit)
        runs.fit_others(
            models,
            least_gain=LEAST_GAIN if self._has_guard() else 0.0,
            time_limit=limit,
            eliminate=self.eliminate,
        )
        doubt = links_in_doubt(runs.half_models) if blind else None
        if doubt is not None:
            runs.compare()
            return 0, TransferDecision(False, runs.names[0], doubt)
        return self._decide_by_agreement(runs, models)

    def _named_candidates(self, X: Any) -> tuple[list[str], list[Any]]:
        """Names and estimators, the source alone first."""
        found = self.candidates
        if found is None:
            found = default_candidates(X, estimator=self.estimator)
        alone = source_only_classifier(X, estimator=self.estimator)
        return named_candidates(found, alone)

    def _least_gain(self) -> float:
        """What a candidate must gain over the source alone, in accuracy or score."""
        if isinstance(self.guard, bool | np.bool_):
            return LEAST_GAIN if self.guard and self.scoring is None else 0.0
        return float(self.guard)

    def _decide_by_scoring(
        self,
        runs: CandidateRuns,
        models: list[Any],
        scoring: Callable[..., float],
        limit: float | None,
    ) -> tuple[int, TransferDecision]:
        """Take the candidate with the best score of a scorer."""
        runs.score(0, scoring, runs.y)
        for j in range(1, len(models)):
            if limit is not None and time.perf_counter() > limit:
                break
            begin_step(f"candidate {runs.names[j]!r}")
            runs.fit(j, models[j])
            if runs.status[j] == "fitted":
                runs.score(j, scoring, runs.y)
        return decide_by_score(runs.names, runs.scores, self._least_gain())

    def _decide_by_agreement(
        self, runs: CandidateRuns, models: list[Any]
    ) -> tuple[int, TransferDecision]:
        """Take the candidate of the best score by agreement, if the guard lets it."""
        (found, evidence), fitted = runs.compare(), runs.fitted()
        least = 0.0
        if self._has_guard():
            best = int(np.argmax(evidence.scores))
            least = max(self._least_gain(), evidence.label_error(best))
        place, decision = decide(
            [runs.names[j] for j in fitted],
            evidence,
            1 - runs.agreement[fitted],
            least_gain=least,
            doubts=runs.doubts(found) if self._has_guard() else None,
        )
        j, seen, n = fitted[place], None, runs.labelled_rows.size
        if n:
            if runs.models[j] is None:
                runs.fit(j, models[j])
            if runs.models[j] is None:
                if j == 0:
                    raise runs.errors[0]
                return self._decide_by_agreement(runs, models)
            seen = runs.seen_with_labels(j)
        expected = expected_scores(found, evidence, place, self.classes_, seen)
        # one scale for all: that of the candidate taken, at the distance of the scores
        gains = runs.scores - evidence.scores[place]
        runs.accuracy = np.clip(expected.accuracy.value + gains, 0, 1)
        evidence_of = (
            f"agreement of {len(fitted)} methods, each trained on two halves of the "
            f"labels, on {runs.compared_rows.size} target rows"
        )
        evidence_of += f", and {n} labels of the target" if n else ", no label of it"
        return j, replace(decision, expected=expected, evidence=evidence_of)

    def _check_offers(self, method: str) -> None:
        if hasattr(self, "best_estimator_"):
            getattr(self.best_estimator_, method)

    def _explainer(self) -> Any:
        explains = isinstance(self.best_estimator_, ExplainsDecisions)
        return self.best_estimator_ if explains else self

    def _explained_parts(self) -> tuple[Any, Any]:
        return None, self.best_estimator_

    def _predict(self, method: str, X: Any, sample_domain: Any) -> NDArray[Any]:
        return self._call_best(method, X, sample_domain)

    def _first_estimator(self) -> Any:
        return LogisticRegression() if self.estimator is None else self.estimator
