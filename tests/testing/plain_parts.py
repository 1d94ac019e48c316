"""Parts without a base of the package, to be broken one law at a time."""

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import (
    _check_sample_weight,
    check_array,
    check_is_fitted,
    validate_data,
)

from sktransfer.metrics import ndcg_at_k
from sktransfer.utils.validation import check_sample_domain

FLOATS = [np.float64, np.float32]


def source_mask(sample_domain, n_rows):
    """Mask of the source rows of a valid sample_domain."""
    return check_sample_domain(sample_domain, n_rows) > 0


def both_sides(source):
    """The mask, where it has rows of both sides."""
    if source.all() or not source.any():
        raise ValueError("sample_domain must have positive and negative entries.")
    return source


def column_means(X):
    return np.asarray(X.mean(axis=0)).ravel()


class SparseInput:
    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


class SmallTypesWrap:
    """Mixin: eight bits are not widened before they are multiplied."""

    def validated(self, X, reset):
        if isinstance(X, np.ndarray) and X.dtype == np.int8:
            X = X * X
        return super().validated(X, reset)


class FlagsAreNumbers:
    """Mixin: flags count by their column."""

    def validated(self, X, reset):
        if isinstance(X, np.ndarray) and X.dtype.kind == "b":
            X = X * np.arange(X.shape[1])
        return super().validated(X, reset)


class RepeatedEntriesCountTwice:
    """Mixin: rows that store an entry again are read twice."""

    def validated(self, X, reset):
        X = super().validated(X, reset)
        if sparse.issparse(X) and not X.has_canonical_format:
            X = type(X)((2 * X.data, X.indices, X.indptr), shape=X.shape)
        return X


class ListsAreReversed:
    """Mixin: a list is read from its end."""

    def validated(self, X, reset):
        if isinstance(X, list):
            X = np.asarray(X)[::-1]
        return super().validated(X, reset)


class PlainWeighter(SparseInput, BaseEstimator):
    """Weights that grow in the direction from the source mean to the target mean."""

    __metadata_request__fit = {"sample_domain": True}  # noqa: RUF012

    def __init__(self, strength=0.2, *, mode=None):
        self.strength = strength
        self.mode = mode

    def fit(self, X, y=None, sample_domain=None):
        X = self.validated(X, reset=True)
        self.weights_ = np.ones(X.shape[0], X.dtype)
        self.direction_, self.scale_, self.largest_ = np.zeros(X.shape[1]), 1.0, 1.0
        if sample_domain is not None:
            source = self.source(sample_domain, X.shape[0])
            self.direction_ = self.difference(X, source)
            raw = self.raw(X[source])
            self.scale_ = raw.mean()
            self.weights_[source] = raw / self.scale_
            self.largest_ = self.weights_.max()
        return self

    def validated(self, X, reset):
        return validate_data(self, X, accept_sparse="csr", dtype=FLOATS, reset=reset)

    def source(self, sample_domain, n_rows):
        return both_sides(source_mask(sample_domain, n_rows))

    def difference(self, X, source):
        return column_means(X[~source]) - column_means(X[source])

    def raw(self, X):
        return np.exp(self.strength * (X @ self.direction_))

    def score_samples(self, X):
        check_is_fitted(self)
        scores = self.raw(self.validated(X, reset=False)) / self.scale_
        return np.minimum(scores, self.largest_)


class PlainMapper(OneToOneFeatureMixin, TransformerMixin, SparseInput, BaseEstimator):
    """Source columns scaled to the means of the target."""

    __metadata_request__fit = {"sample_domain": True}  # noqa: RUF012
    __metadata_request__transform = {"sample_domain": True}  # noqa: RUF012

    def __init__(self, power=1.0, *, mode=None):
        self.power = power
        self.mode = mode

    def fit(self, X, y=None, sample_domain=None):
        X = self.validated(X, reset=True)
        self.scale_ = np.ones(X.shape[1])
        if sample_domain is not None:
            source = self.source(sample_domain, X.shape[0])
            self.scale_ = self.ratio(X, source)
        return self

    def validated(self, X, reset):
        return validate_data(self, X, accept_sparse="csr", dtype=FLOATS, reset=reset)

    def source(self, sample_domain, n_rows):
        return both_sides(source_mask(sample_domain, n_rows))

    def ratio(self, X, source):
        one, other = column_means(X[source]), column_means(X[~source])
        return np.divide(other, one, out=np.ones(one.size), where=one > 0)

    def fit_transform(self, X, y=None, sample_domain=None):
        return self.fit(X, y, sample_domain).transform(X, sample_domain)

    def transform(self, X, sample_domain=None):
        check_is_fitted(self)
        X = self.validated(X, reset=False)
        source = np.zeros(X.shape[0], dtype=bool)
        if sample_domain is not None:
            source = source_mask(sample_domain, X.shape[0])
        return self.scaled(X, source)

    def scaled(self, X, source):
        """Rows of the source times the scale; the factors of other rows are 1."""
        scale = self.scale_**self.power
        factors = np.where(source[:, None], scale, 1.0).astype(X.dtype)
        return X.multiply(factors).tocsr() if sparse.issparse(X) else X * factors

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


class PlainRecommender(SparseInput, BaseEstimator):
    """Scores by how often items were taken together."""

    def __init__(self, power=1.0, *, mode=None):
        self.power = power
        self.mode = mode

    def fit(self, X, y=None, sample_weight=None):
        X = self.validated(X, reset=True)
        w = _check_sample_weight(
            sample_weight, X, dtype=X.dtype, ensure_non_negative=True
        )
        self.together_ = self.counts(X, w)
        return self

    def validated(self, X, reset):
        if sparse.issparse(X) and X.dtype.kind != "f":
            X = X.astype(np.float32)
        X = validate_data(self, X, accept_sparse="csr", dtype=FLOATS, reset=reset)
        if sparse.issparse(X):
            X = X.copy()
            X.sum_duplicates()
            X.eliminate_zeros()
        return X

    def counts(self, X, w):
        weighted = sparse.diags_array(w) @ X
        together = X.T @ weighted
        together = together.toarray() if sparse.issparse(together) else together
        np.fill_diagonal(together, 0)
        return together**self.power

    def predict(self, X):
        check_is_fitted(self)
        return self.scores(self.validated(X, reset=False))

    def scores(self, X):
        return np.asarray(X @ self.together_)

    def recommend(self, X, k=10, *, candidates=None, exclude_seen=True):
        check_is_fitted(self)
        self.check_k(k)
        X = self.validated(X, reset=False)
        scores = np.array(self.scores(X))
        scores[~self.allowed(candidates, X.shape)] = -np.inf
        if exclude_seen:
            scores[X.nonzero()] = -np.inf
        return self.ranked(scores, k)

    def check_k(self, k):
        if not isinstance(k, int) or k < 1:
            raise ValueError(f"k must be a positive integer; got {k!r}.")

    def ranked(self, scores, k):
        more = k - min(k, scores.shape[1])
        order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        best = np.take_along_axis(scores, order, axis=1)
        best = np.pad(best, ((0, 0), (0, more)), constant_values=-np.inf)
        order = np.pad(order, ((0, 0), (0, more)), constant_values=-1)
        return np.where(best == -np.inf, -1, order), best

    def allowed(self, candidates, shape):
        if candidates is None:
            return np.ones(shape, dtype=bool)
        if sparse.issparse(candidates):
            given = candidates.toarray() != 0
        else:
            given = self.listed(np.asarray(candidates), shape)
        if given.shape != shape:
            raise ValueError(f"candidates must fit X of shape {shape}.")
        return given

    def listed(self, ids, shape):
        if ids.dtype == bool and ids.shape in (shape, shape[1:]):
            return np.broadcast_to(ids, shape)
        if ids.ndim not in (1, 2) or ids.dtype.kind != "i" or ids.max() >= shape[1]:
            raise ValueError("candidates must be numbers of items.")
        if (ids.ndim == 1 and ids.min() < 0) or (
            ids.ndim == 2 and len(ids) != shape[0]
        ):
            raise ValueError("candidates must be numbers of items, one list a row.")
        rows = np.broadcast_to(np.arange(shape[0])[:, None], (shape[0], ids.shape[-1]))
        ids = np.broadcast_to(ids, rows.shape)
        given = np.zeros(shape, dtype=bool)
        given[rows[ids >= 0], ids[ids >= 0]] = True
        return given

    def score(self, X, y):
        return ndcg_at_k(y, self.recommend(X, 10)[0])


class PlainAlignment(BaseEstimator):
    """Least squares from the source to the target."""

    def __init__(self, ridge=1e-3, *, mode=None):
        self.ridge = ridge
        self.mode = mode

    def fit(self, X, y, sample_weight=None):
        X, Y = validate_data(self, X, y, dtype=FLOATS, multi_output=True)
        w = _check_sample_weight(sample_weight, X, dtype=X.dtype)
        self.n_target_ = Y.shape[1]
        self.map_ = self.solved(X, Y.astype(X.dtype, copy=False), w)
        return self

    def solved(self, X, Y, w):
        gram = (X.T * w) @ X + self.ridge * np.eye(X.shape[1], dtype=X.dtype)
        return np.linalg.solve(gram, (X.T * w) @ Y)

    def transform(self, X, y=None):
        check_is_fitted(self)
        X = validate_data(self, X, dtype=FLOATS, reset=False)
        mapped = X @ self.map_
        return mapped if y is None else (mapped, self.target(y))

    def target(self, y):
        Y = check_array(y, dtype=FLOATS)
        if Y.shape[1] != self.n_target_:
            raise ValueError(f"y must have {self.n_target_} features.")
        return Y


class PlainStrategy(BaseEstimator):
    """The estimator of all labelled rows."""

    def __init__(self, mode=None):
        self.mode = mode

    def fit_model(self, estimator, rows):
        return rows.fit(estimator)
