"""Soft neighbourhood density: whether predictions of the target rows form clusters."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_softmax
from sklearn.preprocessing import normalize

from sktransfer._core.parameters import number
from sktransfer.metrics._scorer import TargetScorer, target_predictions

_ROWS = 512


def soft_neighborhood_density(
    probabilities: ArrayLike, *, temperature: float = 0.05
) -> float:
    r"""Mean entropy of the similarities of each row to all other rows.

    With the rows f of ``probabilities`` scaled to length 1,

    .. math:: -\frac1n \sum_i \sum_{j \ne i} p_{ij} \log p_{ij}, \quad
        p_{ij} \propto \exp(f_i^\top f_j / \tau).
    """
    F = normalize(np.asarray(probabilities, dtype=np.float64))
    n, total = F.shape[0], 0.0
    for start in range(0, n, _ROWS):
        S = F[start : start + _ROWS] @ F.T / temperature
        at = np.arange(S.shape[0])
        S[at, start + at] = -np.inf  # a row is no neighbour of itself
        log_p = log_softmax(S, axis=1)
        p = np.exp(log_p)
        log_p[at, start + at] = 0
        total -= float(np.sum(p * log_p))
    return total / n


class _SoftNeighborhoodDensity(TargetScorer):
    """See `soft_neighborhood_density_scorer`."""

    _name = "soft_neighborhood_density_scorer"
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "temperature": [number(above=0, most=np.inf)]
    }

    def __init__(self, *, temperature: float = 0.05) -> None:
        self.temperature = temperature

    def _score(self, estimator, X, y, d, masks):
        if masks.target.sum() < 2:
            raise ValueError(
                "soft_neighborhood_density_scorer needs two target rows at least; got "
                "1. Use fewer folds."
            )
        p = target_predictions(estimator, "predict_proba", X, d, masks.target)
        return soft_neighborhood_density(p, temperature=self.temperature)


def soft_neighborhood_density_scorer(*, temperature: float = 0.05) -> TargetScorer:
    """Make a scorer: how dense the neighbourhoods of the predictions are.

    It needs target rows alone and no labels; time and, in blocks, memory are quadratic
    in their number. A classifier that gives all rows one class gets the best score, so
    look at the predicted shares of the classes as well.

    Parameters
    ----------
    temperature : float, default=0.05
        Scale of the similarities.

    Returns
    -------
    scorer : callable
        For ``scoring=``; called as ``scorer(estimator, X, y=None,
        sample_domain=None)``. Greater is better.

    References
    ----------
    K. Saito, D. Kim, P. Teterwak, S. Sclaroff, T. Darrell and K. Saenko, "Tune it the
    right way: unsupervised validation of domain adaptation via soft neighborhood
    density", ICCV, 2021.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.dummy import DummyClassifier
    >>> from sktransfer.metrics import soft_neighborhood_density_scorer
    >>> X, y = np.zeros((4, 1)), [0, 0, 1, 1]
    >>> guess = DummyClassifier(strategy="prior").fit(X, y)
    >>> round(soft_neighborhood_density_scorer()(guess, X), 3)  # log 3
    1.099
    """
    return _SoftNeighborhoodDensity(temperature=temperature)
