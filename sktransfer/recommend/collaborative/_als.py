"""ALSRecommender: factors of users and items from implicit feedback."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.preprocessing import normalize
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from sktransfer._core.logs.interactions import HALF_LIFE
from sktransfer._core.parameters import integer, number
from sktransfer._core.progress import in_rounds
from sktransfer._core.sparse import multiply_rows, with_data
from sktransfer.recommend._learning_on import LearningOn
from sktransfer.recommend.collaborative._als_solver import (
    Whitened,
    solve_rows,
    start_factors,
    whiten,
)


class ALSRecommender(LearningOn):
    r"""Factors of users and items by exact alternating least squares.

    Interactions are preferences held with more or less confidence [1]_:

    .. math:: \min_{U, V} \sum_u w_u \Big( \sum_i c_{ui} (p_{ui} - u_u^\top v_i)^2
              + \lambda \|u_u\|^2 \Big) + \lambda \sum_i \|v_i\|^2,

    over all pairs, with :math:`p_{ui} = 1` where :math:`x_{ui} > 0`, else 0, and
    :math:`c_{ui} = 1 + \alpha |x_{ui}|`. Users and items are solved in turn, each row
    exactly. Whoever is served is folded in: her factors are the solution for her row,
    so users need not be known.

    Parameters
    ----------
    n_factors : int, default=64
        Length of the factors. More than the number of items add nothing; beyond 512
        they are left out.
    alpha : float, default=10.0
        Confidence :math:`\alpha` that a unit of interaction adds.
    l2 : float, default=10.0
        Strength :math:`\lambda` of the penalty.
    max_iter : int, default=15
        Largest number of iterations, each a solution of all users and all items.
    tol : float, default=5e-3
        Stop when an iteration lowers the objective by less than this share. Rankings
        settle well before the objective does; 0 makes all iterations.
    random_state : int, RandomState instance or None, default=0
        Starts the search of the singular vectors that the items begin with, where
        there are more than 512 items.
    half_life : float or None, default=None
        Age at which an interaction counts half, in the unit of the times of the
        Interactions that `fit` needs then: days where these are dates. None: all
        count the same.

    Attributes
    ----------
    item_factors_ : ndarray of shape (n_items, n_factors)
        Factors of the items; 0 for items that nobody took.
    objective_ : ndarray of shape (n_iterations,)
        Value of the objective after the users of each iteration were solved.
    n_iter_ : int
        Number of iterations made.
    n_features_in_ : int
        Number of items.
    feature_names_in_ : ndarray of shape (n_items,)
        Names of the items, where X has string column names.

    See Also
    --------
    EASERecommender : Often ranks better where items are at most some 10,000.
    LocalEASERecommender : Sparse item-item weights for many items.

    Notes
    -----
    Items start at the leading singular vectors of the interactions, which saves most of
    the iterations that a random start needs. Rows of similar length are solved
    together, in coordinates in which the Gram matrix of all factors plus the penalty is
    the identity. There a row's own interactions change few directions by much, so that
    some steps of conjugate gradients solve it to the precision of the dtype; where they
    do not, the system is factorised, one of n equations for a row of n interactions
    where n is below the number of factors.

    A negative value is a dislike, held with the confidence of its size. An empty row
    has factors 0, and so scores 0 for all items. Factors of users are not kept;
    `user_factors` computes them for any rows.

    Memory is that of the interactions, three times, and of the factors.

    `partial_fit` folds in: users are solved given the items so far, then each item that
    the new rows hold, new or known, given all users. Both solutions are exact, and the
    objective never rises; the factors of other items stay. That is a part of an
    iteration, not `fit` on all rows: ``exact_partial_fit_`` is False. `objective_` and
    `n_iter_` remain those of `fit`.

    References
    ----------
    .. [1] Y. Hu, Y. Koren and C. Volinsky, "Collaborative Filtering for Implicit
           Feedback Datasets", ICDM 2008.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> from sktransfer import ALSRecommender
    >>> X = csr_array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 1, 1], [0, 0, 1, 1]])
    >>> model = ALSRecommender(n_factors=2, l2=0.1).fit(X)
    >>> items, scores = model.recommend(csr_array([[1, 0, 0, 0], [0, 0, 0, 1]]), k=1)
    >>> items
    array([[1],
           [2]])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_factors": [integer(1)],
        "alpha": [number(above=0)],
        "l2": [number(above=0)],
        "max_iter": [integer(1)],
        "tol": [number(0)],
        "random_state": ["random_state"],
        "half_life": [HALF_LIFE, None],
    }

    def __init__(
        self,
        n_factors: int = 64,
        *,
        alpha: float = 10.0,
        l2: float = 10.0,
        max_iter: int = 15,
        tol: float = 5e-3,
        random_state: int | np.random.RandomState | None = 0,
        half_life: float | None = None,
    ) -> None:
        self.n_factors = n_factors
        self.alpha = alpha
        self.l2 = l2
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state
        self.half_life = half_life

    def fit_interactions(self, X: Any, sample_weight: NDArray[np.floating]) -> None:
        """Compute the factors of the items.

        Parameters
        ----------
        X : {ndarray, CSR matrix} of shape (n_rows, n_items)
            Interactions of users or sessions.
        sample_weight : ndarray of shape (n_rows,)
            Weights of the rows.
        """
        w = sample_weight
        if not w.all():
            X, w = X[w > 0], w[w > 0]
        C, target = self._confidence(X)
        weight = np.repeat(w, np.diff(C.indptr))
        by_item = _transposed(C, C.data * weight)
        target_by_item = _transposed(C, target * weight).data
        Y = self._start(C, target, w)
        whole = (target * weight).sum(dtype=np.float64)  # the loss of factors 0
        objective: list[float] = []
        try:
            for _ in in_rounds(range(self.max_iter), "round of least squares"):
                items = whiten(Y, Y.T @ Y, self.l2)
                U, gain = solve_rows(C, target, items)
                penalty = self.l2 * np.square(Y, dtype=np.float64).sum()
                objective.append(whole - (w * gain).sum(dtype=np.float64) + penalty)
                U = U @ items.transform.T
                users = whiten(U, U.T @ (U * w[:, None]), self.l2)
                Y, _ = solve_rows(by_item, target_by_item, users)
                Y = Y @ users.transform.T
                if _settled(objective, self.tol):
                    break
            self._items = whiten(Y, Y.T @ Y, self.l2)
        except np.linalg.LinAlgError:
            raise ValueError(
                f"l2={self.l2:g} is too small for alpha={self.alpha:g} and the "
                f"interactions in {X.dtype}: a system of equations is singular. Raise "
                "l2, lower alpha, scale X down, or pass X as float64."
            ) from None
        self.item_factors_ = Y
        self.objective_ = np.array(objective)
        self.n_iter_ = len(objective)

    def _learn_on(
        self, X: Any, sample_weight: NDArray[np.floating], items: NDArray[np.int64]
    ) -> None:
        """Solve all users given the items so far, then the items of the new rows."""
        Y = self.item_factors_
        Y = np.pad(Y, ((0, X.shape[1] - Y.shape[0]), (0, 0)))
        w = sample_weight.astype(Y.dtype, copy=False)
        C, target = self._confidence(sparse.csr_array(X).astype(Y.dtype, copy=False))
        U = solve_rows(C, target, whiten(Y, Y.T @ Y, self.l2))[0]
        U = U @ self._items.transform.T
        weight = np.repeat(w, np.diff(C.indptr))
        by_item = _transposed(C, C.data * weight)[items]
        target_by_item = _transposed(C, target * weight)[items].data
        users = whiten(U, U.T @ (U * w[:, None]), self.l2)
        Y[items] = solve_rows(by_item, target_by_item, users)[0] @ users.transform.T
        self._items = whiten(Y, Y.T @ Y, self.l2)
        self.item_factors_ = Y

    @property
    def exact_partial_fit_(self) -> bool:
        """Whether `partial_fit` on parts equals `fit` on all rows: it folds in."""
        return False

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        if "_items" in state:  # their factors are those below, in other coordinates
            state["_items"] = state["_items"].transform
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        if "_items" in state:
            T = state["_items"]
            state = {**state, "_items": Whitened(state["item_factors_"] @ T, T)}
        super().__setstate__(state)

    def _confidence(self, X: Any) -> tuple[Any, NDArray[np.floating]]:
        """Confidence beyond that of all pairs, and confidence times preference."""
        C = sparse.csr_array(X, copy=True)
        C.eliminate_zeros()
        liked = C.data > 0
        np.abs(C.data, out=C.data)
        C.data *= self.alpha
        # below, the entry would count as none, above, its square overflows
        smallest, largest = np.finfo(C.dtype).tiny, np.sqrt(np.finfo(C.dtype).max)
        if C.nnz and not smallest <= C.data.min() <= C.data.max() <= largest:
            raise ValueError(
                f"alpha * |X| must lie between {smallest:.2g} and {largest:.2g} in "
                f"{C.dtype}; got {C.data.min():.2g} to {C.data.max():.2g}. Scale X, or "
                "pass (X != 0)."
            )
        return C, np.where(liked, 1 + C.data, 0).astype(C.dtype, copy=False)

    def _start(
        self, C: Any, target: NDArray[np.floating], w: NDArray[np.floating]
    ) -> NDArray[np.floating]:
        signs = with_data(C, np.where(target > 0, 1, -1).astype(C.dtype))
        return start_factors(
            multiply_rows(signs, np.sqrt(w)),
            self.n_factors,
            check_random_state(self.random_state),
        )

    def user_factors(self, X: Any) -> NDArray[np.floating]:
        """Factors of rows, given the items: users are folded in.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_items)
            Interactions of users, who need not be users seen in `fit`.

        Returns
        -------
        factors : ndarray of shape (n_rows, n_factors)
            Their products with ``item_factors_`` are the scores; 0 for empty rows.
        """
        check_is_fitted(self)
        X = self._validate_interactions(X, reset=False)
        return self._fold_in(X) @ self._items.transform.T

    def _fold_in(self, X: Any) -> NDArray[np.floating]:
        """Whitened factors of rows."""
        X = X.astype(self.item_factors_.dtype, copy=False)
        return solve_rows(*self._confidence(X), self._items)[0]

    def score_items(self, X: Any) -> NDArray[np.floating]:
        """Score all items for some rows.

        Parameters
        ----------
        X : {ndarray, CSR matrix} of shape (n_rows, n_items)
            What the users to serve have interacted with so far.

        Returns
        -------
        scores : ndarray of shape (n_rows, n_items)
            Products of the factors of rows and items.
        """
        return self._fold_in(X) @ self._items.factors.T

    @property
    def symmetric_similarity_(self) -> bool:
        """Whether similarities of items are symmetric: cosines are."""
        return True

    def _similar_scores(self, rows: Any) -> NDArray[np.floating]:
        """Cosines of the factors of items, 0 for items that nobody took."""
        factors = normalize(self.item_factors_)
        return factors[rows.indices] @ factors.T

    def _contributions(self, X: Any, item: int) -> NDArray[np.float64]:
        r"""Terms of :math:`z_k^\top (I + A^\top A)^{-1} \sum_j t_j z_j`."""
        C, target = self._confidence(X.astype(self.item_factors_.dtype, copy=False))
        Z = self._items.factors.astype(np.float64)
        taken = Z[C.indices]
        system = np.eye(Z.shape[1]) + (taken.T * C.data) @ taken
        contributions = np.zeros(X.shape[1])
        contributions[C.indices] = target * (taken @ np.linalg.solve(system, Z[item]))
        return contributions


def _settled(objective: list[float], tol: float) -> bool:
    if len(objective) < 2:
        return False
    before, now = objective[-2:]
    return before - now <= tol * before


def _transposed(C: Any, data: NDArray[np.floating]) -> sparse.csr_array:
    """CSR of the transpose of a matrix of other values."""
    return with_data(C, data).T.tocsr()
