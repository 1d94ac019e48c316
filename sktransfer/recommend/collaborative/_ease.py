"""EASE: every item from all others by one ridge regression in closed form."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sktransfer._core.logs.interactions import HALF_LIFE, Interactions
from sktransfer._core.parameters import check_parameters, number
from sktransfer.moments import GramMoments, Moments
from sktransfer.moments.by_domain import check_state
from sktransfer.recommend._learning_on import LearningOn, RowsSoFar
from sktransfer.recommend._logs import refuse_half_life
from sktransfer.recommend._scores import ItemWeightsRecommender
from sktransfer.recommend.collaborative._ease_weights import (
    add_item_gram,
    centred_ease_weights,
    ease_weights,
    invert_spd,
    item_gram,
)


def _about_mean(state: Any) -> bool:
    return issubclass(getattr(state, "kind", type(state)), Moments)


def _centred(state: Any) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Scatter, which may be written to, mean and weight."""
    return np.array(state.scatter, order="C"), state.mean, state.weight


def _weight_and_rows(X: Any, w: NDArray[np.floating] | None) -> tuple[float, int]:
    """Weight and number of rows that count."""
    if w is None:
        return float(X.shape[0]), X.shape[0]
    return float(w.sum(dtype=np.float64)), int(np.count_nonzero(w))


def _unless_equal(w: NDArray[np.floating]) -> NDArray[np.floating] | None:
    """Weights of rows, None where all are 1: no weighted copy of X is needed."""
    return None if (w == 1).all() else w


class EASERecommender(ItemWeightsRecommender, LearningOn):
    r"""Linear item-item recommender with a closed form.

    Each item is regressed on all others with a squared penalty [1]_:

    .. math:: \min_B \|X - XB\|_F^2 + \lambda \|B\|_F^2
              \quad \text{s.t. } \operatorname{diag}(B) = 0,

    solved by :math:`B_{ij} = -P_{ij} / P_{jj}`, :math:`P = (X^\top W X + \lambda
    I)^{-1}`, where W holds the weights of the rows. The scores of a user are her row
    of X times B.

    Parameters
    ----------
    l2 : float, default=300.0
        Strength :math:`\lambda` of the penalty, in the unit of squared entries of X:
        for 0/1 interactions, a number of users.
    half_life : float or None, default=None
        Age at which an interaction counts half, in the unit of the times of the
        Interactions that `fit` needs then: days where these are dates. None: all
        count the same.

    Attributes
    ----------
    item_weights_ : ndarray of shape (n_items, n_items)
        The weights B; column j scores item j.
    rcond_ : float
        Estimate of the reciprocal condition number of the penalised Gram matrix; of
        the penalised scatter, if fitted from `Moments`.
    gram_ : ndarray of shape (n_items, n_items)
        Gram matrix of the rows so far; set by `partial_fit` of matrices only.
    state_ : GramMoments or Moments
        The same as a state that merges with those of other rows, after `partial_fit` or
        of a log; what `fit_from_state` was given.
    n_features_in_ : int
        Number of items.
    feature_names_in_ : ndarray of shape (n_items,)
        Names of the items, where X has string column names.

    See Also
    --------
    TransferRecommender : Learns from the rows of several markets.
    sktransfer.model_selection.split_interactions : Holds out interactions.

    Notes
    -----
    Rows are users or sessions, columns are items, and the values of X are used as they
    are: turn ratings into ``X != 0`` where only the interaction counts. One dense
    matrix of items by items is held, in the dtype of X (integers become float32): 4
    bytes a pair for float32, 0.4 GB for 10,000 items; `partial_fit` keeps the Gram
    matrix beside the weights, so two. Time grows with the cube of the number of items
    and hardly with the number of rows.

    References
    ----------
    .. [1] H. Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> from sktransfer import EASERecommender
    >>> X = csr_array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 1, 1], [0, 0, 1, 1]])
    >>> model = EASERecommender(l2=1.0).fit(X)
    >>> items, scores = model.recommend(csr_array([[1, 0, 0, 0], [0, 0, 0, 1]]), k=1)
    >>> items
    array([[1],
           [2]])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "l2": [number(above=0)],
        "half_life": [HALF_LIFE, None],
    }

    _weights: NDArray[np.floating] | None  # None: to be computed from the products
    _state: Any
    _seen: tuple[float, int]  # weight and number of rows

    def __init__(self, l2: float = 300.0, *, half_life: float | None = None) -> None:
        self.l2 = l2
        self.half_life = half_life

    def fit_interactions(self, X: Any, sample_weight: NDArray[np.floating]) -> None:
        """Compute the item-item weights.

        Parameters
        ----------
        X : {ndarray, CSR matrix} of shape (n_rows, n_items)
            Interactions of users or sessions.
        sample_weight : ndarray of shape (n_rows,)
            Weights of the rows.
        """
        self._forget_products()
        w = _unless_equal(sample_weight)
        self._seen = _weight_and_rows(X, w)
        gram = item_gram(X, w)
        self._weights, self._scale, self.rcond_ = ease_weights(gram, self.l2)

    def partial_fit(
        self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None
    ) -> EASERecommender:
        """Learn from more rows: a stream, or what has happened since a log was read.

        The result is that of `fit` on all rows together, in any order. Rows of matrices
        are added to the Gram matrix, which is kept in their place. A log is kept, so
        that rows of returning users can be continued, and the products of its items are
        summed again. The weights are computed when they are next used.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_items) or Interactions
            A matrix: interactions of more users, in the columns of the first call. A
            log: what has happened since. Users that the log of `fit` has are found by
            their ids, and their rows continued; others become further rows, unknown
            items further columns. Of a pair with several ratings the later call counts;
            where ratings age, the newest by time. Further markets are sources, unless
            the later log names them as its `target`, or neither log names any.
        y : object, default=None
            Not learned from.
        sample_weight : array-like of shape (n_rows,), default=None
            Non-negative weights of the rows. None: 1, and of a returning user the
            weight that her row has; else the new weight counts for all of her row.

        Returns
        -------
        self : EASERecommender
            The recommender.

        Raises
        ------
        ValueError
            If a matrix has other columns, or follows a log, or a log a matrix.

        Warns
        -----
        UserWarning
            If `fit` to a matrix came first, which keeps no Gram matrix, and recovering
            it from the weights loses digits. Begin with `partial_fit`.
        """
        if isinstance(X, Interactions) or hasattr(self, "log_"):
            return self._partial_fit(X, y, sample_weight)
        check_parameters(self)
        refuse_half_life(self, "partial_fit adds rows, and those before would age.")
        if hasattr(self, "_weights"):
            X = self._validate_interactions(X, reset=False)
            if isinstance(getattr(self, "_state", None), Moments):
                self._state = self._state.update(X, sample_weight=sample_weight)
                self._weights = None
                return self
            if not hasattr(self, "gram_"):
                self.gram_ = self._start_gram()
            X = X.astype(self.gram_.dtype, copy=False)
        else:
            X = self._validate_fit(X, y)
            self.gram_ = np.zeros((X.shape[1], X.shape[1]), dtype=X.dtype)
            self._seen, self._rows = (0.0, 0), RowsSoFar()
        w = _unless_equal(self._row_weights(X, sample_weight))
        weight, n_rows = _weight_and_rows(X, w)
        self._seen = self._seen[0] + weight, self._seen[1] + n_rows
        add_item_gram(self.gram_, X, w)
        self._weights = self._state = None
        return self

    def _learn_on(
        self, X: Any, sample_weight: NDArray[np.floating], items: NDArray[np.int64]
    ) -> None:
        self._seen = _weight_and_rows(X, sample_weight)
        self._weights = None

    def fit_from_state(self, state: Any) -> EASERecommender:
        """Fit from products of the items of rows that were read elsewhere.

        Of counts and other interactions, which are mostly 0, take `GramMoments`: they
        are cheap for sparse rows. Of columns with offsets, whose means are a thousand
        deviations or more, take `Moments`: products about 0 lose the digits of the
        deviations, and these are about the mean. Both give the same weights but for
        rounding.

        Parameters
        ----------
        state : GramMoments or Moments
            Of the items, such as ``state_`` after `partial_fit`, or those of several
            markets merged; exact, noisy or not.

        Returns
        -------
        self : EASERecommender
            The fitted recommender; `partial_fit` goes on from here where the state is
            not noisy.

        Raises
        ------
        ValueError
            If it is another kind of state, or holds no rows.
        """
        check_parameters(self)
        refuse_half_life(self, "A state has no times.")
        check_state(state, (GramMoments, Moments), "EASERecommender")
        if state.weight == 0:
            raise ValueError("EASERecommender needs rows; the state holds none.")
        self._forget_products()
        for name in ("feature_names_in_", "log_"):
            self.__dict__.pop(name, None)
        self.n_features_in_, self._one_item = state.n_features, False
        self._state, self._seen = state, (state.weight, state.n_rows)
        self._rows = RowsSoFar()
        solution: Any
        if _about_mean(state):
            solution = centred_ease_weights(*_centred(state), self.l2)
        else:
            solution = ease_weights(state.gram(), self.l2)
        self._weights, self._scale, self.rcond_ = solution
        return self

    @property
    def state_(self) -> Any:
        """Moments of the items; after `partial_fit` or `fit_from_state`."""
        if getattr(self, "_state", None) is not None:
            return self._state
        if hasattr(self, "gram_"):
            gram = self.gram_
        elif hasattr(self, "log_"):
            gram = self._gram_of_log()
        else:
            raise AttributeError(
                "fit to a matrix keeps no Gram matrix, so there is no state_. Use "
                "partial_fit."
            )
        weight, n_rows = self._seen
        return GramMoments.from_gram(gram, weight=weight, n_rows=n_rows)

    def _gram_of_log(self) -> NDArray[np.floating]:
        X = self._validate_interactions(self.log_, reset=True)  # as fit weighs it
        return item_gram(X, self._rows.sample_weight)

    def _forget_products(self) -> None:
        for name in ("gram_", "_state"):
            self.__dict__.pop(name, None)

    @property
    def item_weights_(self) -> NDArray[np.floating]:
        """Item-item weights; computed at the first use after `partial_fit`."""
        if self._weights is None:
            solution: Any
            if hasattr(self, "gram_"):
                solution = ease_weights(self.gram_.copy(), self.l2)
            elif hasattr(self, "log_"):
                solution = ease_weights(self._gram_of_log(), self.l2)
            else:
                solution = centred_ease_weights(*_centred(self._state), self.l2)
            self._weights, self._scale, self.rcond_ = solution
        return self._weights

    def _start_gram(self) -> NDArray[np.floating]:
        """The Gram matrix of the state, or from the weights of `fit`."""
        state = getattr(self, "_state", None)
        if state is not None:
            if not hasattr(state, "update"):
                raise ValueError(
                    f"{type(state).__name__} takes no more rows. Begin with a new "
                    "EASERecommender."
                )
            return state.gram()
        weights = self.item_weights_
        eps = np.finfo(weights.dtype).eps
        if eps > 1e-3 * self.rcond_**2:
            warnings.warn(
                "fit keeps no Gram matrix, and recovering it from the weights loses "
                f"digits in {weights.dtype} (rcond {self.rcond_:.1g}). Begin "
                "with partial_fit on a new EASERecommender, or pass X as float64.",
                UserWarning,
                stacklevel=3,
            )
        P = weights * -self._scale
        np.fill_diagonal(P, self._scale)
        invert_spd(P)
        P.flat[:: P.shape[0] + 1] -= self.l2
        return P
