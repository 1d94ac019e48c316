"""Deep embedded validation: importance weighting with a control variate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sktransfer._core.parameters import HasMethods, one_of
from sktransfer.metrics._importance import ImportanceScorer
from sktransfer.metrics._scorer import TargetScorer, predictions, select


def dev_risk(losses: ArrayLike, weights: ArrayLike) -> float:
    r"""Risk on the target from weighted losses of the source.

    .. math:: \overline{w \ell} + \eta \bar w - \eta, \quad
        \eta = -\frac{\mathrm{Cov}(w \ell, w)}{\mathrm{Var}(w)},

    The control variate uses that the expected mean of the weights is 1.
    """
    w = np.asarray(weights, dtype=np.float64)
    weighted = w * np.asarray(losses, dtype=np.float64)
    variance = np.var(w, ddof=1) if w.size > 1 else 0.0
    eta = 0.0
    if variance > 1e-12 * max(float(np.mean(w)) ** 2, 1e-300):
        eta = -np.cov(weighted, w)[0, 1] / variance
    return float(weighted.mean() + eta * w.mean() - eta)


def classification_losses(
    probabilities: NDArray[np.floating], codes: NDArray[np.int64], loss: str
) -> NDArray[np.float64]:
    """Loss of each row."""
    if loss == "zero_one":
        return (probabilities.argmax(axis=1) != codes).astype(np.float64)
    p = np.where(codes >= 0, probabilities[np.arange(codes.size), codes], 0.0)
    return -np.log(np.clip(p, 1e-15, 1))


class _DEV(ImportanceScorer):
    """See `dev_scorer`."""

    _name = "dev_scorer"
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "loss": [one_of("log", "zero_one")],
        "weighter": [HasMethods("fit"), None],
        "features": [callable, None],
    }

    def __init__(self, *, loss="log", weighter=None, features=None):
        self.loss = loss
        self.weighter = weighter
        self.features = features

    def _score(self, estimator, X, y, d, masks):
        rows, labels, weights = self._weighted_rows(estimator, X, y, d, masks)
        p = predictions(estimator, "predict_proba", select(X, rows), d[rows])
        classes = np.asarray(estimator.classes_)
        order = np.argsort(classes)
        at = np.searchsorted(classes, labels, sorter=order)
        codes = order[np.minimum(at, classes.size - 1)]
        codes = np.where(classes[codes] == labels, codes, -1)
        return -dev_risk(
            classification_losses(np.asarray(p, float), codes, self.loss), weights
        )


def dev_scorer(
    *,
    loss: str = "log",
    weighter: Any = None,
    features: Callable[[Any], Any] | None = None,
) -> TargetScorer:
    """Make a scorer: minus the risk on the target by deep embedded validation.

    Importance-weighted validation on the features that the model maps its rows to, with
    a control variate that removes most of the variance of the weights. It needs
    labelled source rows and target rows in the test fold, so metadata routing and a
    splitter such as ``KFold(shuffle=True)``.

    Parameters
    ----------
    loss : {"log", "zero_one"}, default="log"
        Loss of a row: minus the logarithm of the probability of its class, or 1 for
        an error.
    weighter : estimator, default=None
        Weights the source rows, whose labels it sees. None: the ratio of the
        probabilities of target and source by logistic regression in five folds.
    features : callable, default=None
        Maps rows to the features that the weights are learned from. None: the steps of
        a Pipeline and the mapper of a TransferClassifier map them.

    Returns
    -------
    scorer : callable
        For ``scoring=``; called as ``scorer(estimator, X, y, sample_domain=d)``.

    References
    ----------
    K. You, X. Wang, M. Long and M. I. Jordan, "Towards accurate model selection in
    deep unsupervised domain adaptation", ICML, 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer import TransferClassifier
    >>> from sktransfer.metrics import dev_scorer
    >>> rng = np.random.default_rng(0)
    >>> d = np.repeat([1, -2], 50)
    >>> X = rng.normal(size=(100, 2)) - np.sign(d)[:, None]
    >>> y = np.where(X[:, 0] > 0, "buys", "leaves")
    >>> model = TransferClassifier().fit(X, y, sample_domain=d)
    >>> dev_scorer(loss="zero_one")(model, X, y, d) > -0.2
    True
    """
    return _DEV(loss=loss, weighter=weighter, features=features)
