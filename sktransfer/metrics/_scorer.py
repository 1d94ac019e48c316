"""What label-free scorers share: domains of rows, features and predictions."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_array
from sklearn.utils.metadata_routing import UNUSED
from sklearn.utils.validation import _num_samples

from sktransfer._core.domains import (
    DomainMasks,
    check_sample_domain,
    target_row_masks,
)
from sktransfer._core.inputs import take_rows
from sktransfer._core.labels import known_labels, label_array, missing_labels
from sktransfer._core.parameters import check_parameters
from sktransfer._core.parts import call_part, map_rows, open_pipeline
from sktransfer._core.sparse import is_sparse

_ROUTING = (
    "Enable metadata routing (sklearn.config_context(enable_metadata_routing=True)), "
    "pass sample_domain to fit of the search or to params= of cross_validate, and use "
    "a splitter whose test folds hold rows of both domains, such as KFold(shuffle=True)"
)


class TargetScorer(BaseEstimator):
    """Scores a fitted classifier on the target; greater is better.

    An object for ``scoring=`` of scikit-learn: called with a fitted estimator and the
    rows of a test fold. With metadata routing it requests ``sample_domain``. Without
    ``sample_domain``, all rows are target rows.
    """

    _name: str  # of the public function that makes it
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {}

    __metadata_request__score: ClassVar[dict[str, Any]] = {
        "estimator": UNUSED,
        "sample_domain": True,
    }

    def __call__(
        self,
        estimator: Any,
        X: Any,
        y: ArrayLike | None = None,
        sample_domain: ArrayLike | None = None,
    ) -> float:
        """Score a fitted classifier; see :meth:`score`."""
        return self.score(estimator, X, y, sample_domain)

    def score(
        self,
        estimator: Any,
        X: Any,
        y: ArrayLike | None = None,
        sample_domain: ArrayLike | None = None,
    ) -> float:
        """Score a fitted classifier."""
        check_parameters(self)
        n = _num_samples(X)
        d = check_sample_domain(sample_domain, n)
        if y is not None and _num_samples(y) != n:
            raise ValueError(
                f"y must have one label for each row of X; got {_num_samples(y)} "
                f"labels for {n} rows."
            )
        masks = target_row_masks(d, n)
        if not masks.target.any():
            raise ValueError(
                f"{self._name} needs target rows in the test fold; got none (no "
                "negative entry in sample_domain). Use a splitter whose test folds "
                "hold target rows, such as TargetKFold."
            )
        return float(self._score(estimator, X, y, d, masks))

    def _score(self, estimator, X, y, d, masks):
        raise NotImplementedError


def select(X: Any, mask: NDArray[np.bool_]) -> Any:
    """Rows of a mask."""
    return X if mask.all() else take_rows(X, np.flatnonzero(mask))


def labelled_source_rows(
    y: ArrayLike | None, masks: DomainMasks, name: str
) -> tuple[NDArray[np.bool_], NDArray[Any]]:
    """Source rows with a label, and their labels."""
    rows = masks.source.copy()
    if y is not None:
        y = label_array(y)
        rows[rows] = ~missing_labels(y[rows])
    if y is None or not rows.any():
        raise ValueError(
            f"{name} needs labelled source rows next to target rows in the test fold; "
            f"got {masks.source.sum()} source rows, {0 if y is None else rows.sum()} "
            f"of them labelled, and {masks.target.sum()} target rows. {_ROUTING}; or "
            "choose a scorer that needs target rows only (prediction_entropy_scorer, "
            "soft_neighborhood_density_scorer)."
        )
    return rows, known_labels(y, rows)


def predictions(
    estimator: Any, method: str, X: Any, d: NDArray[np.int64] | None
) -> Any:
    """Predictions of a fitted classifier for rows of given domains."""
    estimator, X = open_pipeline(estimator, X, d)
    if not hasattr(estimator, method):
        raise ValueError(
            f"the scorer needs {method} of the estimator, which "
            f"{type(estimator).__name__} does not have. Use a classifier with "
            "probabilities, or wrap it in CalibratedClassifierCV."
        )
    return call_part(estimator, method, X, d)


def target_predictions(
    estimator: Any,
    method: str,
    X: Any,
    d: NDArray[np.int64] | None,
    rows: NDArray[np.bool_],
) -> NDArray[Any]:
    """Predictions of a fitted classifier for target rows."""
    own = None if d is None else d[rows]
    found = predictions(estimator, method, select(X, rows), own)
    if method == "predict":
        return np.asarray(found)
    return check_array(found, dtype=np.float64, input_name=method)


def features_of(estimator: Any, X: Any, d: NDArray[np.int64], features: Any) -> Any:
    """Features by which the domains are compared."""
    if features is not None:
        Z = features(X)
    else:
        last, Z = open_pipeline(estimator, X, d)
        Z = map_rows(getattr(last, "mapper_", None), Z, d)
    if np.ndim(Z) == 1 and not is_sparse(Z):
        raise ValueError(
            "the domains are compared by numbers, but the rows are no table, and the "
            "estimator has no fitted mapper that makes one of them (texts?). Pass "
            "features=vectorizer.transform with a fitted vectorizer."
        )
    return check_array(Z, accept_sparse="csr", dtype=(np.float64, np.float32))
