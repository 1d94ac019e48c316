"""NoisyState: moments with noise, and what is read of them."""

from __future__ import annotations

import math
import uuid
import warnings
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NoReturn, Self

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from sktransfer.moments.clip import columns_of
from sktransfer.privacy._noise_gate import noise_gate
from sktransfer.privacy._noisy_format import WrittenNoisyState
from sktransfer.privacy._noisy_sums import NoisySums, Scales, each


@dataclass(frozen=True, eq=False)
class NoisyState(WrittenNoisyState):
    r"""Moments with Gaussian noise, which may be shown to anybody; immutable.

    Made by ``privatize(state, budget)``. It takes no rows, forgets none, and no second
    noise; whatever is computed from it is as private as it is. Estimators read it by
    ``fit_from_state`` as they read the state that it was made of.

    What is read is regularised by the noise alone: negative eigenvalues of a scatter or
    Gram matrix become 0, and :attr:`lift` is added to all, the spectral norm
    :math:`2 \sigma \sqrt d` of the noise. So inverses do not follow directions that
    are noise. Of two blocks of columns each is treated so, and the products of the one
    with the other stay as they are.

    Parameters
    ----------
    sums : NoisySums
        The numbers and the variances of their noise.
    kind : type
        Class of the state that it was made of.
    mu : float
        Gaussian differential privacy of the release.
    fingerprint : str, default=""
        What the columns are.
    n_left : int, default=0
        Number of columns of the first block, of `PairMoments`.
    releases : frozenset of str
        Random names of the releases: none is merged twice. The names of shards are
        left out, for they might tell of people.

    See Also
    --------
    privatize : Makes it.
    """

    sums: NoisySums
    kind: type
    mu: float
    fingerprint: str = ""
    n_left: int = 0
    releases: frozenset[str] = field(
        default_factory=lambda: frozenset([uuid.uuid4().hex])
    )

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return self.sums.products.shape[0]

    @property
    def n_right(self) -> int:
        """Number of columns of the second block, of `PairMoments`."""
        return self.n_features - self.n_left

    @property
    def weight(self) -> float:
        """Sum of the weights with noise, 1 at least."""
        return float(max(self.sums.weight, 1))

    @property
    def n_rows(self) -> int:
        """The weight as a number of rows, which is not released by itself."""
        return int(self.weight)

    @property
    def noise_(self) -> dict[str, Any]:
        """Standard deviation of the noise of an entry.

        Of the "weight", the "sums", the "products" off the diagonal and the "squares"
        on it, in the units of the rows and of their squares. Of two blocks of columns:
        a pair, and of the products (left, across, right).
        """
        unit, (weight, sums, squares, products) = self.sums.unit, self._sigmas
        one = len(sums) == 1
        found = {
            "sums": [s * unit for s in sums],
            "products": [
                p[j] * unit**2 for i, p in enumerate(products) for j in range(i, len(p))
            ],
            "squares": [s * unit**2 for s in squares],
        }
        found = {name: v[0] if one else tuple(v) for name, v in found.items()}
        return {"weight": weight, **found}

    @property
    def parts(self) -> str:
        """What was released, as named in ``privatize``."""
        pairs = len(self.sums.blocks) > 1
        return "regression" if pairs and self.sums.sums is None else "all"

    @property
    def made_of(self) -> tuple[Any, ...]:
        """Kind, blocks of columns, unit and fingerprint of what it was made of."""
        return self.kind, self.sums.blocks, self.sums.unit, self.fingerprint

    @property
    def lift(self) -> Any:
        """What is added to the diagonal of scatter and Gram matrices.

        The spectral norm of the noise of a block of columns; of single columns, its
        standard deviation. A pair where there are two blocks.
        """
        lifts = self._lifts
        return lifts[0] if len(lifts) == 1 else lifts

    @property
    def mean(self) -> NDArray[np.float64]:
        """Mean of the rows with noise, each block brought within its ``row_norm``."""
        if self.sums.sums is None:
            raise AttributeError(f"{self.kind.__name__} has no mean.")
        mean = self.sums.sums * (self.sums.unit / self.weight)
        for block, columns in zip(self.sums.blocks, self._columns, strict=True):
            length = float(linalg.norm(mean[columns]))
            mean[columns] *= block.row_norm / max(length, block.row_norm)
        return mean

    @cached_property
    def scatter(self) -> NDArray[np.float64]:
        """Squared deviations from the mean, regularised by the noise."""
        outer = np.square if self._flat else _outer
        scatter = self._regularised(self._products - self.weight * outer(self.mean))
        scatter.flags.writeable = False  # it is kept
        return scatter

    def covariance(self, ddof: float = 0) -> NDArray[np.float64]:
        """Covariance matrix, regularised by the noise.

        Parameters
        ----------
        ddof : float, default=0
            What is taken off the weight in the divisor.

        Returns
        -------
        covariance : ndarray of shape (n_features, n_features)
            The scatter over ``weight - ddof``.
        """
        self._check_has("covariance")
        return self.scatter / max(self.weight - ddof, 1.0)

    def variance(self, ddof: float = 0) -> NDArray[np.float64]:
        """Variance of each column, regularised by the noise.

        Parameters
        ----------
        ddof : float, default=0
            What is taken off the weight in the divisor.

        Returns
        -------
        variance : ndarray of shape (n_features,)
            The scatter over ``weight - ddof``.
        """
        self._check_has("variance")
        return self.scatter / max(self.weight - ddof, 1.0)

    def constant(self) -> NDArray[np.bool_]:
        """Which columns hold one value: under noise none is known to.

        Returns
        -------
        constant : ndarray of bool of shape (n_features,)
            All False.
        """
        self._check_has("constant")
        return np.zeros(self.n_features, dtype=bool)

    def gram(self) -> NDArray[np.float64]:
        """Products of the columns about 0, regularised by the noise.

        Returns
        -------
        gram : ndarray of shape (n_features, n_features)
            ``X.T @ X`` with noise, positive definite; 0 within the second block where
            ``parts`` is "regression".
        """
        self._check_has("gram")
        return self._regularised(self._products)

    def means(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean of each block.

        Returns
        -------
        left, right : ndarray of shape (n_left,), (n_right,)
            With noise.
        """
        self._check_has("means")
        return self.mean[: self.n_left], self.mean[self.n_left :]

    def scatters(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Scatter of each block.

        Returns
        -------
        left, right : ndarray of shape (n_left, n_left), (n_right, n_right)
            Blocks of the regularised scatter.
        """
        self._check_has("scatters")
        n = self.n_left
        return self.scatter[:n, :n], self.scatter[n:, n:]

    def cross_scatter(self) -> NDArray[np.float64]:
        """Products of the deviations of both blocks.

        Returns
        -------
        cross : ndarray of shape (n_left, n_right)
            Block of the regularised scatter.
        """
        self._check_has("cross_scatter")
        return self.scatter[: self.n_left, self.n_left :]

    def cross_gram(self) -> NDArray[np.float64]:
        """Products of both blocks about 0.

        Returns
        -------
        cross : ndarray of shape (n_left, n_right)
            Block of the regularised Gram matrix.
        """
        self._check_has("cross_gram")
        return self.gram()[: self.n_left, self.n_left :]

    def noise_ratio(self) -> float:
        """Noise over signal.

        Returns
        -------
        ratio : float
            Of a scatter or Gram matrix: the spectral norm of the noise over the mean
            eigenvalue, taken low by three standard deviations of its noise. Of two
            blocks, that of the left one. Inf where nothing is left of the signal.
        """
        columns, width = self._columns[0], self.sums.blocks[0].width
        squares = self._products if self._flat else self._products.diagonal()
        signal = float(squares[columns].sum())
        if self.sums.sums is not None:
            mean = self.mean[columns]
            signal -= self.weight * float(mean @ mean)
        sigma = self._sigmas.squares[0] * self.sums.unit**2
        signal -= 3 * sigma * math.sqrt(width)
        return self._lifts[0] * width / signal if signal > 0 else math.inf

    def merge(self, other: Self) -> Self:
        """State of the rows of both; the variances of the noise add up.

        Parameters
        ----------
        other : NoisyState
            Of the same kind and columns, of other rows.

        Returns
        -------
        state : NoisyState
            As private for the rows of each as its own state.

        Raises
        ------
        ValueError
            If the states do not fit, or hold the same release.
        """
        if not isinstance(other, NoisyState):
            raise ValueError(
                f"A NoisyState merges only with its like; got {type(other).__name__}."
            )
        mine, others = ((*s.made_of, s.parts) for s in (self, other))
        if mine != others:
            raise ValueError(
                "Noisy states merge over the same columns, row_norm, bound, bits and "
                "parts; got kind, blocks, unit, fingerprint and parts "
                f"{mine} and {others}."
            )
        if self.releases & other.releases:
            raise ValueError("Both states hold the same release. Merge it once.")
        return replace(
            self,
            sums=self.sums.merge(other.sums),
            mu=max(self.mu, other.mu),
            releases=self.releases | other.releases,
        )

    def warn_of_noise(self, states: Any, name: str, *, stacklevel: int = 2) -> None:
        """Warn where the gate refuses the states that an estimator is fitted from.

        Parameters
        ----------
        states : state or mapping of int to state
            What the estimator was given; this state is one of them.
        name : str
            Name of the estimator.
        stacklevel : int, default=2
            Whose line the warning names: 2 for the caller.

        Warns
        -----
        UserWarning
            If noise makes up too much of the moments.
        """
        verdict = noise_gate(states, on_refusal="ignore")
        if not verdict.accepted:
            message = f"{name}: {verdict.reason}"
            warnings.warn(message, UserWarning, stacklevel=stacklevel)

    def __repr__(self) -> str:
        return (
            f"NoisyState({self.kind.__name__}, {self.n_features} columns, weight "
            f"{self.weight:g}, mu={self.mu:.3g})"
        )

    def __getattr__(self, name: str) -> NoReturn:
        if name in ("update", "forget", "unmerge"):
            raise AttributeError(
                f"A NoisyState has no {name}: rows and noise go into the exact state, "
                "which is then privatized once. Noisy states of other rows can be "
                "merged."
            )
        if name in ("mean", "scatter") and "sums" in vars(self):
            if self.parts == "regression":
                raise AttributeError(
                    f'A release with parts="regression" has no {name}. Fit without an '
                    'intercept (fit_intercept=False), or release parts="all".'
                )
        kind = getattr(vars(self).get("kind"), "__name__", "nothing yet")
        raise AttributeError(f"A NoisyState of {kind} has no {name!r}.")

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in vars(self).items() if k != "scatter"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)

    @property
    def _flat(self) -> bool:
        return self.sums.products.ndim == 1

    @property
    def _columns(self) -> list[slice]:
        return columns_of(self.sums.blocks)

    @property
    def _products(self) -> NDArray[np.float64]:
        return self.sums.products * self.sums.unit**2

    @property
    def _sigmas(self) -> Scales:
        return each(math.sqrt, self.sums.variances)

    @property
    def _lifts(self) -> tuple[float, ...]:
        square, sigmas = self.sums.unit**2, self._sigmas
        if self._flat:
            return (sigmas.squares[0] * square,)
        return tuple(
            2 * math.sqrt(block.width) * sigmas.products[i][i] * square
            for i, block in enumerate(self.sums.blocks)
        )

    def _check_has(self, name: str) -> None:
        if not hasattr(self.kind, name):
            raise AttributeError(f"{self.kind.__name__} has no {name}().")

    def _regularised(self, S: NDArray[np.float64]) -> NDArray[np.float64]:
        if self._flat:
            return np.maximum(S, 0) + self._lifts[0]
        for columns, lift in zip(self._columns, self._lifts, strict=True):
            values, vectors = linalg.eigh(S[columns, columns])
            kept = values > 0
            part = (vectors[:, kept] * values[kept]) @ vectors[:, kept].T
            part[np.diag_indices_from(part)] += lift
            S[columns, columns] = (part + part.T) / 2
        return S


def _outer(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.outer(x, x)
