"""estimate_target_score: what a classifier will reach on another domain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state
from sklearn.utils.validation import _num_samples, check_consistent_length

from sktransfer._core.domains import check_sample_domain
from sktransfer._core.inputs import row_container
from sktransfer._core.labels import known_labels, label_array, labels_in_place
from sktransfer._core.parameters import check_value, one_of
from sktransfer.transfer._labels import checked_labels, labelled_rows
from sktransfer.transfer.auto._candidate_runs import CandidateRuns
from sktransfer.transfer.auto._candidates import default_candidates
from sktransfer.transfer.auto._elimination import learns_from_target
from sktransfer.transfer.auto._expected_scores import ExpectedScores, expected_scores


def estimate_target_score(
    model: Any,
    X: Any,
    y: ArrayLike,
    *,
    sample_domain: ArrayLike,
    witnesses: Sequence[tuple[str, Any]] | None = None,
    target_labels: str = "ignore",
    random_state: int | np.random.RandomState | None = 0,
) -> ExpectedScores:
    """Estimate how good a classifier is on target rows, without labels of the target.

    The model and other methods, its witnesses, are trained on two halves of the source
    labels. How often a model of one half agrees on target rows with witnesses of the
    other half is close to its accuracy; what models agree on without being right is
    measured on the source and taken off. For a model that does not adapt to the target,
    the change of its confidence counts as well [1]_ where its two halves agree.

    Parameters
    ----------
    model : classifier
        Is cloned and fitted. One whose ``fit`` takes ``sample_domain`` sees all rows,
        others see the labelled source rows.
    X : array-like, sparse matrix or sequence of texts, of n_samples rows
        Rows of all domains.
    y : array-like of shape (n_samples,)
        Labels. Entries of target rows are read with ``target_labels="use"`` alone.
    sample_domain : array-like of shape (n_samples,)
        Positive = source, negative = target.
    witnesses : list of (str, classifier), default=None
        Other methods, which should err in other places. None: what
        :func:`default_candidates` gives for the rows. For texts of two languages, pass
        :func:`crosslingual_candidates`.
    target_labels : {"ignore", "use"}, default="ignore"
        "use": labels of target rows narrow the interval, by prediction-powered
        inference [2]_; missing ones are None or NaN.
    random_state : int, RandomState instance or None, default=0
        Halves the labels, and draws at most 2000 target rows.

    Returns
    -------
    expected : ExpectedScores
        Accuracy, F1 and recall of each class, each with an interval that holds in nine
        of ten pairs of domains of the benchmark bench_estimate. As a string it says
        so where nothing is known.

    Raises
    ------
    ValueError
        If there is no source label, fewer than two classes, or no target row.

    See Also
    --------
    AutoTransferClassifier : Holds the estimate of what it takes in ``decision_``.

    References
    ----------
    .. [1] S. Garg et al., "Leveraging unlabeled data to predict out-of-distribution
           performance", ICLR 2022.
    .. [2] A. N. Angelopoulos et al., "Prediction-powered inference", Science 382, 2023.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktransfer.transfer import estimate_target_score
    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(0, 2, size=600)
    >>> X = rng.normal(size=(600, 3)) + 2 * y[:, None]
    >>> d = np.repeat([1, -2], 300)
    >>> X[d < 0, 2] = 0  # the target lacks a feature
    >>> found = estimate_target_score(LogisticRegression(), X, y, sample_domain=d)
    >>> truth = LogisticRegression().fit(X[d > 0], y[d > 0]).score(X[d < 0], y[d < 0])
    >>> found.accuracy.low < truth < found.accuracy.high
    True
    """
    check_value("target_labels", target_labels, one_of("ignore", "use"))
    if y is None:
        raise ValueError(
            "estimate_target_score needs labels of source rows; got y=None. Target "
            "rows may hold None or NaN."
        )
    X, y = row_container(X), label_array(y)
    check_consistent_length(X, y)
    domain = check_sample_domain(sample_domain, _num_samples(X))
    if domain is None or not np.any(domain < 0):
        raise ValueError(
            "estimate_target_score needs target rows, unlabelled ones will do; got "
            "none (no negative entry in sample_domain)."
        )
    labelled = labelled_rows(y, domain, target_labels)
    source = labelled & (domain > 0)
    labels = checked_labels(y, source, domain)
    if witnesses is None:
        witnesses = default_candidates(X)
        if not learns_from_target(model):  # the first one is much like it
            witnesses = witnesses[1:]
    try:
        names = ["model", *(name for name, _ in witnesses)]
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"witnesses must be a list of (name, classifier) pairs; got {witnesses!r}."
        ) from error
    known = labelled & ~source
    runs = CandidateRuns(
        X,
        labels_in_place(labels, source),
        domain,
        source,
        np.unique(labels),
        names,
        known_labels(y, known),
    )
    runs.choose_rows(np.flatnonzero(known), check_random_state(random_state))
    models = [model, *(witness for _, witness in witnesses)]
    runs.fit_others(models, least_gain=0.0, eliminate=False)
    seen = None
    if known.any():
        runs.fit(0, model)
        if runs.errors[0] is not None:
            raise runs.errors[0]
        seen = runs.seen_with_labels(0)
    return expected_scores(
        *runs.compare(),
        0,
        runs.classes,
        seen,
    )
