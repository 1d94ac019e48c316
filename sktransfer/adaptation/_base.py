"""The base class of mappers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import _num_samples, check_is_fitted

from sktransfer._core.domains import (
    check_sample_domain,
    domain_masks,
    require_both_sides,
)
from sktransfer._core.inputs import validate_rows
from sktransfer._core.labels import given_labels
from sktransfer._core.learned import learning
from sktransfer._core.output import sparse_stays_sparse
from sktransfer._core.parameters import check_parameters
from sktransfer._core.parts.defaults import GivenParameters
from sktransfer._core.progress import CallbackSupportMixin, reports_progress


@sparse_stays_sparse
class DomainMapper(
    TransformerMixin, CallbackSupportMixin, GivenParameters, BaseEstimator, ABC
):
    """Base class of mappers: write two methods, and the rest is there.

    A mapper brings the features of the source and of the target together. A subclass
    writes :meth:`learn_map`, which learns from the rows of both sides, and
    :meth:`apply_map`, which maps rows and keeps their order. Everything else comes from
    here:

    - ``fit`` validates the rows and the domains, and requires rows of both sides.
      Without ``sample_domain`` every row is both.
    - ``transform`` validates the rows and the domains. Rows without ``sample_domain``
      are target rows.
    - ``fit_transform`` maps each row of `fit` by its own domain.
    - Metadata routing brings ``sample_domain`` to `fit` and `transform`.
    - Parameters are checked by ``_parameter_constraints``, a dict of lists in
      scikit-learn's form, where the subclass declares one.

    Names of the columns come from scikit-learn's mixins:
    :class:`~sklearn.base.OneToOneFeatureMixin` where the columns stay, else
    :class:`~sklearn.base.ClassNamePrefixFeaturesOutMixin` with ``_n_features_out`` set.

    Such a mapper works in :class:`~sktransfer.TransferClassifier`, as a step of a
    Pipeline, and in searches over its parameters.

    Attributes
    ----------
    n_features_in_ : int
        Number of columns seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where they are all strings.

    See Also
    --------
    sktransfer.weighting.InstanceWeighter : The base class of weighters.

    Notes
    -----
    Rows are dense arrays or csr matrices, float64 or float32. A mapper should return
    float32 rows for float32 rows, and must not write to the rows that it is given.

    Learned attributes end in an underscore. Those of an earlier `fit` are deleted when
    `fit` is called again.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.base import OneToOneFeatureMixin
    >>> from sktransfer.adaptation import DomainMapper
    >>> class MeanMapper(OneToOneFeatureMixin, DomainMapper):
    ...     '''Moves the source rows to the mean of the target.'''
    ...
    ...     def learn_map(self, X, y, sample_domain):
    ...         self.shift_ = np.zeros(X.shape[1])
    ...         if sample_domain is not None:
    ...             self.shift_ += X[sample_domain < 0].mean(axis=0)
    ...             self.shift_ -= X[sample_domain > 0].mean(axis=0)
    ...
    ...     def apply_map(self, X, sample_domain):
    ...         if sample_domain is None:
    ...             return X
    ...         return X + np.outer(sample_domain > 0, self.shift_)
    >>> X = np.array([[0.0], [2.0], [11.0], [13.0]])
    >>> MeanMapper().fit_transform(X, sample_domain=[1, 1, -1, -1]).ravel()
    array([11., 13., 11., 13.])
    """

    __metadata_request__fit: ClassVar[dict[str, bool]] = {"sample_domain": True}
    __metadata_request__transform: ClassVar[dict[str, bool]] = {"sample_domain": True}

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {}

    @abstractmethod
    def learn_map(
        self, X: Any, y: Any, sample_domain: NDArray[np.int64] | None
    ) -> None:
        """Learn the map, and store it in attributes that end in an underscore.

        Called by `fit`.

        Parameters
        ----------
        X : {ndarray, csr matrix} of shape (n_samples, n_features)
            Validated rows of both sides, float32 or float64.
        y : array-like of shape (n_samples,) or None
            Labels as they were given. Those of target rows must not be read.
        sample_domain : ndarray of int64 of shape (n_samples,) or None
            Positive for source rows and negative for target rows; distinct numbers
            are distinct domains. None: every row is both, there is no shift.
        """

    @abstractmethod
    def apply_map(self, X: Any, sample_domain: NDArray[np.int64] | None) -> Any:
        """Map rows.

        Called by `transform`.

        Parameters
        ----------
        X : {ndarray, csr matrix} of shape (n_samples, n_features)
            Validated rows, float32 or float64, which must not be written to.
        sample_domain : ndarray of int64 of shape (n_samples,) or None
            Domain of each row. None: all are target rows.

        Returns
        -------
        Z : {ndarray, sparse matrix} of shape (n_samples, n_features_out)
            The mapped rows, in the order of X.
        """

    @reports_progress
    def fit(
        self, X: Any, y: Any = None, sample_domain: ArrayLike | None = None
    ) -> Self:
        """Learn the map from the rows of both sides.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows of the source and the target.
        y : array-like of shape (n_samples,), default=None
            Labels, for mappers that read them. Those of target rows are not read.
        sample_domain : array-like of shape (n_samples,), default=None
            Signed integers: positive = source, negative = target. None means that
            there is no shift: every row is both.

        Returns
        -------
        self : DomainMapper
            The fitted mapper.

        Raises
        ------
        ValueError
            If one side has no row.
        """
        check_parameters(self)
        X, y = self._validate_rows(X), given_labels(y)
        domain = check_sample_domain(sample_domain, X.shape[0])
        require_both_sides(domain_masks(domain, X.shape[0]), type(self).__name__)
        with learning(self):
            self.learn_map(X, y, domain)
        return self

    def transform(self, X: Any, sample_domain: ArrayLike | None = None) -> Any:
        """Map rows by their domain.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        sample_domain : array-like of shape (n_samples,), default=None
            Signed integers: positive = source, negative = target. None means that all
            are target rows.

        Returns
        -------
        Z : {ndarray, sparse matrix} of shape (n_samples, n_features_out)
            The mapped rows, in the order of ``X``.
        """
        check_is_fitted(self)
        X = self._validate_rows(X, reset=False)
        Z = self.apply_map(X, check_sample_domain(sample_domain, X.shape[0]))
        if _num_samples(Z) != X.shape[0]:
            raise ValueError(
                f"{type(self).__name__}.apply_map must return one row for each row of "
                f"X, in the same order; got {_num_samples(Z)} rows for {X.shape[0]}."
            )
        return Z

    def fit_transform(
        self, X: Any, y: Any = None, sample_domain: ArrayLike | None = None
    ) -> Any:
        """Fit, then map each row by its own domain.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows of the source and the target.
        y : array-like of shape (n_samples,), default=None
            As in ``fit``.
        sample_domain : array-like of shape (n_samples,), default=None
            Signed integers: positive = source, negative = target.

        Returns
        -------
        Z : {ndarray, sparse matrix} of shape (n_samples, n_features_out)
            The rows as ``transform`` maps them, in the order of ``X``.
        """
        return self.fit(X, y, sample_domain).transform(X, sample_domain)

    def _validate_rows(self, X: Any, *, reset: bool = True) -> Any:
        return validate_rows(self, X, reset=reset)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
