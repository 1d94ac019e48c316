"""Feature augmentation: each domain gets its own copy of every feature."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils.metaestimators import available_if

from sktransfer._core.inputs import check_rows_of, validate_rows
from sktransfer._core.parts.decisions import Contributions, decide_terms, steps_of
from sktransfer._core.parts.terms import (
    Terms,
    additive_outputs,
    map_terms,
    numbers,
    split_columns,
)
from sktransfer._core.sparse import is_sparse, narrow_indices
from sktransfer.transfer.strategies._base import Strategy
from sktransfer.transfer.strategies._rows import TrainingRows


def domain_copies(
    X: Any, sample_domain: NDArray[np.int64] | None, sources: NDArray[np.int64]
) -> Any:
    r"""Append copies of the features that only rows of one domain have.

    .. math:: \phi(x) = (x, 0, \ldots, x, \ldots, 0)

    with the second x in the place of the row's domain. Inner products of rows of one
    domain double, those across domains stay as they are.
    """
    X = check_rows_of(X, "X")
    if len(sources) == 0:
        return X
    n, d = X.shape
    if sample_domain is None:
        place = np.full(n, len(sources) + 1)
    else:
        place = np.zeros(n, dtype=np.intp)
        for k, domain in enumerate(sources):
            place[sample_domain == domain] = k + 1
        place[sample_domain < 0] = len(sources) + 1
    if not is_sparse(X):
        copies = np.zeros((n, len(sources) + 2, d), dtype=X.dtype)
        copies[:, 0] = X
        copies[np.arange(n), place] = X
        return copies.reshape(n, -1)
    width = d * (len(sources) + 2)
    own = np.flatnonzero(place)
    selected = sparse.coo_array(X[own])
    common = sparse.coo_array(X)
    rows = np.concatenate([common.coords[0], own[selected.coords[0]]])
    shift = place[own].astype(np.int64)[selected.coords[0]] * d
    columns = np.concatenate([common.coords[1], selected.coords[1] + shift])
    data = np.concatenate([common.data, selected.data])
    kind = sparse.csr_array if isinstance(X, sparse.sparray) else sparse.csr_matrix
    return narrow_indices(kind((data, (rows, columns)), shape=(n, width)))


def _estimator_has(method: str) -> Any:
    def check(self: AugmentedModel) -> bool:
        getattr(self.estimator_, method)
        return True

    return check


class AugmentedModel(BaseEstimator):
    """An estimator of copied features, which copies the rows that it predicts."""

    takes_sample_domain = True

    def __init__(self, estimator: Any = None) -> None:
        self.estimator = estimator

    def fit_rows(self, rows: TrainingRows) -> AugmentedModel:
        """Fit the estimator to copies of the labelled rows."""
        assert rows.domain is not None
        if rows.mapper is None:
            validate_rows(self, rows.native)
        self.sources_ = np.unique(rows.domain[rows.domain > 0])
        copies = domain_copies(rows.mapped, rows.domain, self.sources_)
        self.estimator_ = replace(rows, mapped=copies).fit(self.estimator)
        if hasattr(self.estimator_, "classes_"):
            self.classes_ = self.estimator_.classes_
        return self

    def _copies(self, Z: Any, sample_domain: Any) -> Any:
        if hasattr(self, "n_features_in_"):
            validate_rows(self, Z, reset=False)
        return domain_copies(Z, sample_domain, self.sources_)

    def _contributions(self, given: Terms, mapper: Any) -> Contributions:
        """The decision for a row as a sum over its features."""
        given = split_columns(self, map_terms(mapper, given))

        def copies(Z: Any) -> Any:
            return domain_copies(Z, given.domains(Z.shape[0]), self.sources_)

        row = None if given.row is None else copies(numbers(given.row))
        values, rest = additive_outputs(copies, given, self)
        given = replace(given, row=row, values=values, rest=rest)
        return decide_terms(steps_of(self.estimator_), "decision_function", given)

    @available_if(_estimator_has("predict"))
    def predict(self, Z: Any, sample_domain: ArrayLike | None = None) -> NDArray[Any]:
        """Predictions of the estimator."""
        return self.estimator_.predict(self._copies(Z, sample_domain))

    @available_if(_estimator_has("predict_proba"))
    def predict_proba(
        self, Z: Any, sample_domain: ArrayLike | None = None
    ) -> NDArray[np.floating]:
        """Probabilities of the classes."""
        return self.estimator_.predict_proba(self._copies(Z, sample_domain))

    @available_if(_estimator_has("predict_log_proba"))
    def predict_log_proba(
        self, Z: Any, sample_domain: ArrayLike | None = None
    ) -> NDArray[np.floating]:
        """Logarithms of the probabilities of the classes."""
        return self.estimator_.predict_log_proba(self._copies(Z, sample_domain))

    @available_if(_estimator_has("decision_function"))
    def decision_function(
        self, Z: Any, sample_domain: ArrayLike | None = None
    ) -> NDArray[np.floating]:
        """Scores of the classes."""
        return self.estimator_.decision_function(self._copies(Z, sample_domain))


class Augmentation(Strategy):
    """Train the estimator on copies of the features: a common one, one for each domain.

    Common copies learn what the domains share, the others what sets each apart [1]_.
    It needs labelled target rows, and features that are numbers.

    Attributes
    ----------
    estimator_ : estimator
        The fitted estimator, of ``n_features * (n_sources + 2)`` columns: the common
        copy, one for each source in ascending order, and that of the target.

    See Also
    --------
    FineTuning : Draws the weights of the target towards those of the source as well.

    References
    ----------
    .. [1] H. Daumé III, "Frustratingly easy domain adaptation", ACL 2007.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer import TransferClassifier
    >>> from sktransfer.transfer.strategies import Augmentation
    >>> X, y = np.array([[1.0], [2.0], [1.0], [2.0]]), [0, 1, 1, 0]
    >>> model = TransferClassifier(strategy=Augmentation(), target_labels="use")
    >>> model.fit(X, y, sample_domain=[1, 1, -1, -1]).estimator_.coef_.shape
    (1, 3)
    """

    def fit_model(self, estimator: Any, rows: TrainingRows) -> Any:
        """Fit the estimator to copies of the labelled rows.

        Parameters
        ----------
        estimator : estimator
            Classifier or regressor; it is cloned.
        rows : TrainingRows
            Rows of all domains.

        Returns
        -------
        model : object
            A model that copies the rows that it predicts, by their domains; without
            domains the fitted estimator.

        Raises
        ------
        ValueError
            If no target row is labelled, or features are not numbers.
        """
        rows.require_target("Augmentation", labelled=True)
        if rows.domain is None:
            return rows.fit(estimator)
        model = AugmentedModel(estimator).fit_rows(rows)
        self.estimator_ = model.estimator_
        return model
