"""Density ratios from a classifier that tells the domains apart."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from sktransfer._core.calibration import calibration
from sktransfer._core.cross_fit import class_probabilities, cross_fit
from sktransfer._core.parameters import HasMethods, integer
from sktransfer._core.rows import distinct_rows, spread_folds
from sktransfer.weighting._base import InstanceWeighter

TOLD_APART = 0.99
_LEAST = 1e-9  # probabilities are cut here before their log-odds are taken


def log_odds(P: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-odds of the second class."""
    P = np.maximum(P, _LEAST)
    return np.log(P[:, 1]) - np.log(P[:, 0])


def equal_row_means(P: NDArray[np.float64], X: Any) -> NDArray[np.float64]:
    """Probabilities of equal rows, by models of several folds, as their mean."""
    first, kind = distinct_rows(X)
    if first.size == kind.size:
        return P
    sums = [np.bincount(kind, weights=column) for column in P.T]
    return (np.array(sums) / np.bincount(kind)).T[kind]


class DiscriminatorInstanceWeighter(InstanceWeighter):
    r"""Weights of source rows by a classifier of the domains.

    By Bayes' rule the ratio of the densities follows from the probability that a row
    comes from the target [1]_:

    .. math:: \frac{p_t(x)}{p_s(x)} =
              \frac{P(\mathrm{target} \mid x)}{P(\mathrm{source} \mid x)} \cdot
              \frac{n_s}{n_t}.

    Each row is scored by a model that did not see it, and the probabilities are
    calibrated on those held-out scores.

    Parameters
    ----------
    estimator : classifier, default=None
        Tells target rows from source rows; it needs ``predict_proba`` or
        ``decision_function``. None: ``LogisticRegression(max_iter=1000)``.
    cv : int, default=5
        Number of folds.
    calibrate : bool, default=True
        Whether to fit a temperature and a bias to the held-out log-odds: weights of
        an overconfident classifier are too extreme.
    flatten : float or "auto" or None, default="auto"
        Power, between 0 and 1, that the weights are raised to: less variance for some
        bias. "auto": the largest power with an effective sample size of at least half
        the source rows; 1 if the weights have that already. None: 1.

    Attributes
    ----------
    weights_ : ndarray of shape (n_samples,)
        Weights of the rows of `fit`: mean 1 over source rows, 1 in target rows.
    effective_sample_size_ : float
        :math:`(\sum w_i)^2 / \sum w_i^2` over source rows.
    flatten_ : float
        The power used.
    auc_ : float
        Share of pairs of a target and a source row that the held-out scores put in
        the right order: .5 means that the domains cannot be told apart, near 1 that
        they hardly overlap. Set where `sample_domain` was given.
    temperature_ : float
        Factor of the log-odds; 1 without calibration.
    estimators_ : list of classifier
        One for each fold; source is class 0 and target class 1.
    n_features_in_ : int
        Number of features seen during `fit`.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, where X has string column names.

    See Also
    --------
    KNNInstanceWeighter : By the nearest neighbours.

    Notes
    -----
    With the default, sparse rows of many columns stay sparse. A row that occurs `cv`
    times or more is in every fold, as flags and star ratings are, and all its copies
    get the mean of their scores; fewer equal rows share a fold, so that no model scores
    a copy of what it was trained on. The folds follow from the rows, whatever their
    order. Where the other folds hold rows of one domain only,
    nothing can be learnt, and the row gets the ratio 1. ``score_samples`` averages the
    log-odds of the models.

    References
    ----------
    .. [1] S. Bickel, M. Brueckner and T. Scheffer, "Discriminative Learning under
       Covariate Shift", JMLR 10, 2009.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.weighting import DiscriminatorInstanceWeighter
    >>> X = np.arange(40.0)[:, None] % 20
    >>> X[20:] += 5
    >>> d = np.repeat([1, -1], 20)
    >>> weighter = DiscriminatorInstanceWeighter().fit(X, sample_domain=d)
    >>> weighter.weights_[[0, 10, 19]].round(1)
    array([0.2, 0.7, 3. ])
    """

    _part_examples: ClassVar[dict[str, str]] = {
        "estimator": "LogisticRegression(max_iter=1000)",
    }
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **InstanceWeighter._parameter_constraints,
        "estimator": [HasMethods(["fit", "predict"]), None],
        "cv": [integer(2)],
        "calibrate": ["boolean"],
    }

    def __init__(
        self,
        estimator: Any = None,
        *,
        cv: int = 5,
        calibrate: bool = True,
        flatten: float | str | None = "auto",
    ) -> None:
        self.estimator = estimator
        self.cv = cv
        self.calibrate = calibrate
        self.flatten = flatten

    def raw_weights(
        self, X: Any, y: Any, sample_domain: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Density ratios of the source rows.

        Parameters
        ----------
        X, y, sample_domain : array-like
            Rows of both sides, labels (ignored) and domains, as checked by `fit`.

        Returns
        -------
        weights : ndarray of shape (n_source,)
            Odds of the target, corrected for the sizes of the domains.
        """
        source = sample_domain > 0
        codes = (~source).astype(np.intp)
        self._prior = float(np.log(codes.sum()) - np.log(source.sum()))
        base = self.estimator
        base = LogisticRegression(max_iter=1000) if base is None else base
        folds = spread_folds(X, self.cv, codes=codes)
        P, self.estimators_ = cross_fit(base, X, codes, folds)
        P = equal_row_means(P, X)
        odds = log_odds(P)
        self.auc_ = float(roc_auc_score(codes, odds))
        self.temperature_, self._bias = 1.0, 0.0
        if self.calibrate and self.estimators_:
            a, b = calibration(P, codes)
            # a classifier that orders the domains the wrong way has learned nothing
            self.temperature_, self._bias = max(a, 0.0), float(b[1] - b[0])
            if a <= 0:
                self._bias = self._prior
        if self.auc_ > TOLD_APART:
            warnings.warn(
                "The domains can be told apart almost always (auc_ is "
                f"{self.auc_:.3f} on held-out rows): hardly any source row resembles "
                "the target, and the weights are unreliable. Reduce the number of "
                "features (TruncatedSVD), or bring the domains together with a mapper "
                "first.",
                UserWarning,
                stacklevel=5,
            )
        return self._ratio(odds[source])

    def _ratio(self, odds: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.exp(self.temperature_ * odds + self._bias - self._prior)

    def raw_scores(self, X: Any) -> NDArray[np.float64]:
        """Density ratios of any rows.

        Parameters
        ----------
        X : {ndarray, csr matrix} of shape (n_samples, n_features)
            Rows, as checked by `score_samples`.

        Returns
        -------
        weights : ndarray of shape (n_samples,)
            By the mean log-odds of the models.
        """
        if not self.estimators_:
            return np.ones(X.shape[0])
        odds = [
            log_odds(class_probabilities(m, X, np.arange(2))) for m in self.estimators_
        ]
        return self._ratio(np.mean(odds, axis=0))
