"""Mean matching: weights that give the source rows the mean of the target."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from sktransfer._core.domains import check_sample_domain, domain_masks
from sktransfer._core.parameters import check_parameters, integer, number
from sktransfer._core.sparse import is_sparse
from sktransfer.moments import ColumnMoments, Moments
from sktransfer.moments.by_domain import check_state
from sktransfer.weighting._base import InstanceWeighter
from sktransfer.weighting.mean_matching._kmm_solver import kmm_weights

_MOST_OFFSET = 1e4  # squared: a hundred times the spread


def mean_matching_weights(
    Z: Any,
    mean: NDArray[np.float64],
    *,
    B: float,
    eps: float | None,
    center: bool,
    tol: float,
    max_iter: int,
) -> tuple[NDArray[np.float64], Any]:
    r"""Weights of rows whose weighted mean is nearest to a given one.

    .. math:: \min_\beta \Big\| \tfrac1n \sum_i \beta_i z_i - \mu \Big\|^2
              \quad \text{s.t. } 0 \le \beta_i \le B \bar\beta,\;
              |\bar\beta - 1| \le \epsilon .
    """
    sparse_rows = is_sparse(Z)
    Z = (sparse.csr_array(Z) if sparse_rows else Z).astype(np.float64, copy=False)
    n = Z.shape[0]
    kappa = np.zeros(n) if center else n * (Z @ mean)
    if center and not sparse_rows:
        Z = Z - mean
    elif center:  # columns without a zero are measured from the mean beforehand
        Z = Z.copy()
        Z.sum_duplicates()
        full = np.bincount(Z.indices, minlength=mean.size) == n
        Z.data -= np.where(full, mean, 0.0)[Z.indices]
        mean = np.where(full, 0.0, mean)
    square = Z.power(2) if sparse_rows else Z * Z
    trace = float(square.sum())

    def matvec(beta: NDArray[np.float64]) -> NDArray[np.float64]:
        return Z @ (Z.T @ beta)

    if center and sparse_rows:
        trace += n * float(mean @ mean) - 2 * float((Z @ mean).sum())

        def matvec(beta: NDArray[np.float64]) -> NDArray[np.float64]:
            residual = Z.T @ beta - mean * beta.sum()
            return Z @ residual - mean @ residual

    if trace <= 0:
        return np.ones(n), None  # nothing to match by
    free = 1 - n**-0.5 if eps is None else eps
    return kmm_weights(
        matvec,
        kappa,
        trace=trace,
        B=B,
        eps=0.0 if center else free,
        tol=tol,
        max_iter=max_iter,
        rounding=4 * float(np.finfo(np.float64).eps),
    )


class MeanMatchingInstanceWeighter(InstanceWeighter):
    r"""Weights that give the source rows the mean of the target rows.

    Kernel mean matching [1]_ in the columns as they are: put a feature map before it
    (``RBFSampler``, ``Nystroem``, an embedding), and it matches the kernel mean of that
    map. Of the target it reads the mean alone, so the target's rows may come in chunks,
    by :meth:`partial_fit`, or be elsewhere, see :meth:`fit_from_state`. With
    :math:`\mu` that mean, the weights are :math:`\beta / \bar\beta` of the solution of

    .. math:: \min_\beta \Big\| \tfrac1n \sum_i \beta_i x_i - \mu \Big\|^2
              \quad \text{s.t. } 0 \le \beta_i \le B \bar\beta,\;
              |\bar\beta - 1| \le \epsilon .

    Parameters
    ----------
    B : float, default=10.0
        Upper bound of the weights, at least 1.
    eps : float or None, default=0.0
        How far the mean of beta may lie from 1, in [0, 1). 0: the weighted rows have
        the mean of the target, or one as near as B allows. None takes ``(sqrt(n) - 1) /
        sqrt(n)``, as the paper advises, for the features of a kernel; see Notes. Of no
        effect where ``center`` is True.
    center : bool, default=False
        Measure the columns from the mean of the target, and `tol` by their distances
        from it. True suits raw columns with offsets, such as prices around 1000. False
        suits the features of a kernel, of which small differences are noise.
    tol : float, default=1e-3
        Stop once the objective is certified to lie within this share of the minimum.
    max_iter : int, default=5000
        Largest number of steps.
    flatten : float or "auto", default=None
        Power of the weights, from 0 to 1; "auto": chosen by the effective sample size.

    Attributes
    ----------
    weights_ : ndarray of shape (n_samples,)
        Weights of source rows, of mean 1; target rows have 1.
    effective_sample_size_ : float
        Number of equally weighted source rows that are worth as much.
    flatten_ : float
        Power that was used.
    dual_gap_ : float
        Certified relative distance of the objective from the minimum of that problem.
    n_iter_ : int
        Number of steps.
    state_ : ColumnMoments or Moments
        Of the target rows.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where they are all strings.

    See Also
    --------
    KMMInstanceWeighter : With the whole kernel, or landmarks that it chooses.
    sktransfer.moments.ColumnMoments : What the target sends.

    Notes
    -----
    With ``eps=0``, a flag (0 or 1) of share p in the source and q in the target has
    weights :math:`(1 - q) / (1 - p)` and :math:`q / p`, its density ratio, if B is no
    less; so have the columns of a one-hot encoding.

    With a larger `eps` the weighted rows have the mean :math:`\mu / \bar\beta`.
    Features of a kernel such as "rbf" hold :math:`\bar\beta` near 1, as constants lie
    near their span. Columns in general do not: rows of zeros, for example, never change
    the objective, so that a flag keeps part of the source's share.

    References
    ----------
    .. [1] J. Huang et al., "Correcting sample selection bias by unlabeled data", NIPS
           2006.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.moments import ColumnMoments
    >>> from sktransfer.weighting import MeanMatchingInstanceWeighter
    >>> source = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> target = ColumnMoments.empty(1).update(np.array([[2.0], [3.0]]))
    >>> weighter = MeanMatchingInstanceWeighter(tol=1e-8)
    >>> w = weighter.fit_from_state(source, target).weights_
    >>> (w @ source / w.sum()).round(2)
    array([2.5])
    """

    __metadata_request__partial_fit: ClassVar[dict[str, bool]] = {"sample_domain": True}

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **InstanceWeighter._parameter_constraints,
        "B": [number(1)],
        "eps": [number(0, below=1), None],
        "center": ["boolean"],
        "tol": [number(above=0)],
        "max_iter": [integer(1)],
    }

    def __init__(
        self,
        *,
        B: float = 10.0,
        eps: float | None = 0.0,
        center: bool = False,
        tol: float = 1e-3,
        max_iter: int = 5000,
        flatten: float | str | None = None,
    ) -> None:
        self.B = B
        self.eps = eps
        self.center = center
        self.tol = tol
        self.max_iter = max_iter
        self.flatten = flatten

    def raw_weights(
        self, X: Any, y: Any, sample_domain: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Weights under which the source rows have the mean of the target.

        Parameters
        ----------
        X, y, sample_domain : array-like
            Rows, labels (ignored) and domains, as checked by `fit`; the mean is that
            of ``state_``.

        Returns
        -------
        weights : ndarray of shape (n_source,)
            Not negative, with mean 1.
        """
        Z = X[np.flatnonzero(sample_domain > 0)]
        if not np.any(Z.data if is_sparse(Z) else Z):
            return np.ones(Z.shape[0])  # nothing to match by
        mean = np.asarray(self.state_.mean)
        if not self.center:
            self._warn_of_offsets(Z, mean)
        weights, solution = mean_matching_weights(
            Z,
            mean,
            B=self.B,
            eps=self.eps,
            center=self.center,
            tol=self.tol,
            max_iter=self.max_iter,
        )
        if solution is not None:
            self.dual_gap_, self.n_iter_ = solution.gap, solution.n_iter
        return weights

    def partial_fit(
        self, X: Any, y: Any = None, sample_domain: ArrayLike | None = None
    ) -> Self:
        """Add the target rows of a chunk, and weight its source rows.

        The weights of a source row depend on the others, so ``weights_`` are those of
        the chunk, against all target rows so far: give the target's chunks first, and
        all source rows last, or to :meth:`fit_from_state` with ``state_``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows of any domains; one side may be missing.
        y : None
            Ignored.
        sample_domain : array-like of shape (n_samples,), default=None
            Signed integers, positive = source and negative = target. None: all rows
            are both, and their weights are 1.

        Returns
        -------
        self : MeanMatchingInstanceWeighter
            ``weights_`` has a weight for each row of the chunk.

        Raises
        ------
        ValueError
            If source rows come before any target row, or the columns are others.
        """
        check_parameters(self)
        held = getattr(self, "state_", None)
        X = self._validate_rows(X, reset=held is None)
        domain = check_sample_domain(sample_domain, X.shape[0])
        if held is None:
            held = ColumnMoments.empty(X.shape[1])
        self.state_ = self._with_target_rows(held, X, domain)
        self._forget_solution()
        if domain is not None and not np.any(domain > 0):  # target rows alone
            self._shifted = True
            self.weights_ = np.ones(X.shape[0], dtype=X.dtype)
            self.effective_sample_size_, self.flatten_ = 0.0, 1.0
            return self
        self._weight_rows(X, y, domain)
        return self

    def fit_from_state(self, X: Any, state: Any) -> Self:
        """Weight source rows by the mean of target rows that are elsewhere.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Source rows.
        state : ColumnMoments or Moments
            Of the target rows, over the same columns; exact, noisy or not.

        Returns
        -------
        self : MeanMatchingInstanceWeighter
            Fitted; ``weights_`` has a weight for each row of X.

        Raises
        ------
        ValueError
            If it is another kind of state, holds no rows, or has other columns.
        """
        check_parameters(self)
        X = self._validate_rows(X)
        check_state(state, (ColumnMoments, Moments), type(self).__name__)
        if state.weight <= 0 or state.n_features != X.shape[1]:
            raise ValueError(
                f"The state must hold target rows over the {X.shape[1]} columns of X; "
                f"got total weight {state.weight:g} and {state.n_features} columns."
            )
        self.state_ = state
        self._forget_solution()
        self._weight_rows(X, None, np.ones(X.shape[0], dtype=np.int64))
        return self

    def _begin_fit(
        self, X: Any, y: Any, sample_domain: NDArray[np.int64] | None
    ) -> None:
        nothing = ColumnMoments.empty(X.shape[1])
        self.state_ = self._with_target_rows(nothing, X, sample_domain)

    def _with_target_rows(
        self, state: Any, X: Any, sample_domain: NDArray[np.int64] | None
    ) -> Any:
        """The state with the target rows of X added."""
        rows = np.flatnonzero(domain_masks(sample_domain, X.shape[0]).target)
        if rows.size:
            state = state.update(X[rows])
        if state.weight <= 0:
            raise ValueError(
                "Source rows are weighted by the mean of the target, and no target row "
                "has come yet. Give chunks with target rows first."
            )
        return state

    def _forget_solution(self) -> None:
        for name in ("dual_gap_", "n_iter_", "flatten_"):
            self.__dict__.pop(name, None)

    def _warn_of_offsets(self, Z: Any, mean: NDArray[np.float64]) -> None:
        """Warn where the offset of the columns hides the differences of the rows."""
        spread = float(ColumnMoments.empty(Z.shape[1]).update(Z).variance().sum())
        offset = float(mean @ mean)
        if offset > _MOST_OFFSET * spread > 0:
            warnings.warn(
                f"The columns lie {(offset / spread) ** 0.5:.0f} times as far from 0 "
                "as the rows from each other, so the weights hardly depend on them. "
                "Set center=True, or scale the columns first.",
                UserWarning,
                stacklevel=6,
            )
