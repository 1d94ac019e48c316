"""NoisyState: moments with noise, from which estimators are fitted."""

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

from sktransfer.moments.column_blocks import column_slices
from sktransfer.moments.format import StateFormatError, pack_state, unpack_state
from sktransfer.privacy._noise_gate import noise_gate
from sktransfer.privacy._noisy_format import numbers_header, read_fields
from sktransfer.privacy._noisy_sums import NoisySums, Scales, map_scales


@dataclass(frozen=True, eq=False)
class NoisyState:
    r"""Moments with Gaussian noise, which may be shown to anybody; immutable.

    ``privatize(state, budget)`` makes it. No rows can be added or forgotten, and no
    more noise. Whatever is computed from it is as private as it is. Estimators are
    fitted from it by ``fit_from_state``, as from the exact state.

    Scatter and Gram matrices are regularised according to the noise: negative
    eigenvalues become 0, and :attr:`noise_ridge`, the spectral norm
    :math:`2 \sigma \sqrt d` of the noise, is added to all. Inverses then do not follow
    directions that are noise. With two blocks of columns, each block is regularised by
    itself, and the products of one block with the other stay as they are.

    Parameters
    ----------
    sums : NoisySums
        Sums with noise, and the variances of the noise.
    kind : type
        Class of the exact state.
    mu : float
        Gaussian differential privacy of the release.
    fingerprint : str, default=""
        Fingerprint of the columns.
    n_left : int, default=0
        Number of columns of the first block, for `PairMoments`.
    releases : frozenset of str
        Random names of the releases. No release is merged twice. The names of shards
        are left out, for they might tell something about people.

    See Also
    --------
    privatize : Make a noisy state from an exact one.
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
        """Number of columns of the second block, for `PairMoments`."""
        return self.n_features - self.n_left

    @property
    def weight(self) -> float:
        """Sum of the weights with noise, at least 1."""
        return float(max(self.sums.weight, 1))

    @property
    def n_rows(self) -> int:
        """The weight as an integer; the number of rows itself is not released."""
        return int(self.weight)

    @property
    def noise_(self) -> dict[str, Any]:
        """Standard deviation of the noise of one entry.

        A dict with "weight", "sums", "products" (entries off the diagonal) and
        "squares" (on the diagonal), in the units of the rows and of their squares. With
        two blocks of columns, sums and squares have a pair of values, and products
        three: left, across, right.
        """
        unit, (weight, sums, squares, products) = self.sums.unit, self._sigmas
        found = {
            "sums": [s * unit for s in sums],
            "products": [
                p[j] * unit**2 for i, p in enumerate(products) for j in range(i, len(p))
            ],
            "squares": [s * unit**2 for s in squares],
        }
        noise: dict[str, Any] = {"weight": weight}
        for name, values in found.items():
            noise[name] = values[0] if len(sums) == 1 else tuple(values)
        return noise

    @property
    def parts(self) -> str:
        """Which moments were released: ``parts`` of `privatize`."""
        pairs = len(self.sums.blocks) > 1
        return "regression" if pairs and self.sums.sums is None else "all"

    @property
    def origin(self) -> tuple[Any, ...]:
        """Kind, blocks of columns, unit and fingerprint of the exact state."""
        return self.kind, self.sums.blocks, self.sums.unit, self.fingerprint

    @property
    def noise_ridge(self) -> Any:
        """Number that is added to the diagonal of scatter and Gram matrices.

        It is the spectral norm of the noise of a block of columns, or for
        `ColumnMoments` its standard deviation. A pair where there are two blocks.
        """
        ridges = self._noise_ridges
        return ridges[0] if len(ridges) == 1 else ridges

    @property
    def mean(self) -> NDArray[np.float64]:
        """Mean of the rows with noise, each block clipped to its ``row_norm``."""
        if self.sums.sums is None:
            raise AttributeError(f"{self.kind.__name__} has no mean.")
        mean = self.sums.sums * (self.sums.unit / self.weight)
        for block, columns in zip(self.sums.blocks, self._columns, strict=True):
            length = float(linalg.norm(mean[columns]))
            mean[columns] *= block.row_norm / max(length, block.row_norm)
        return np.asarray(mean, dtype=np.float64)

    @cached_property
    def scatter(self) -> NDArray[np.float64]:
        """Squared deviations from the mean, regularised by the noise."""
        mean = self.mean
        squared = mean**2 if self._flat else np.outer(mean, mean)
        scatter = self._regularised(self._products - self.weight * squared)
        scatter.flags.writeable = False  # it is kept
        return scatter

    def covariance(self, ddof: float = 0) -> NDArray[np.float64]:
        """Covariance matrix, regularised by the noise.

        Parameters
        ----------
        ddof : float, default=0
            Subtracted from the weight in the divisor.

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
            Subtracted from the weight in the divisor.

        Returns
        -------
        variance : ndarray of shape (n_features,)
            The scatter over ``weight - ddof``.
        """
        self._check_has("variance")
        return self.scatter / max(self.weight - ddof, 1.0)

    def constant(self) -> NDArray[np.bool_]:
        """Which columns are known to hold one value: none, because of the noise.

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
            Spectral norm of the noise of the scatter or Gram matrix, over a low
            estimate of its mean eigenvalue: three standard deviations below what was
            released. With two blocks, that of the left one. Inf where no signal is
            left.
        """
        columns, width = self._columns[0], self.sums.blocks[0].width
        squares = self._products if self._flat else self._products.diagonal()
        signal = float(squares[columns].sum())
        if self.sums.sums is not None:
            mean = self.mean[columns]
            signal -= self.weight * float(mean @ mean)
        sigma = self._sigmas.squares[0] * self.sums.unit**2
        signal -= 3 * sigma * math.sqrt(width)
        return self._noise_ridges[0] * width / signal if signal > 0 else math.inf

    def merge(self, other: Self) -> Self:
        """State of the rows of both; the variances of the noise add up.

        Parameters
        ----------
        other : NoisyState
            Of the same kind and columns, of other rows.

        Returns
        -------
        state : NoisyState
            For the rows of each state, as private as that state.

        Raises
        ------
        ValueError
            If the states do not fit, or hold the same release.
        """
        if not isinstance(other, NoisyState):
            raise ValueError(
                f"A NoisyState merges only with its like; got {type(other).__name__}."
            )
        mine, others = ((*s.origin, s.parts) for s in (self, other))
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
        """Warn if `noise_gate` refuses the states that an estimator is fitted from.

        Parameters
        ----------
        states : state or mapping of int to state
            States that the estimator was given; this state is one of them.
        name : str
            Name of the estimator.
        stacklevel : int, default=2
            Level of the caller that the warning names; 2: the direct caller.

        Warns
        -----
        UserWarning
            If noise makes up too much of the moments.
        """
        verdict = noise_gate(states, on_refusal="ignore")
        if not verdict.accepted:
            message = f"{name}: {verdict.reason}"
            warnings.warn(message, UserWarning, stacklevel=stacklevel)

    def to_bytes(self, *, key: bytes | None = None) -> bytes:
        """Write the state: a JSON header, raw numbers and a checksum, no pickle.

        Parameters
        ----------
        key : bytes, default=None
            Secret that writer and reader share, as in :meth:`MomentState.to_bytes`.

        Returns
        -------
        data : bytes
            As private as the state.
        """
        header = {
            "kind": "NoisyState",
            "of": self.kind.__name__,
            "fingerprint": self.fingerprint,
            "n_left": self.n_left,
            "releases": sorted(self.releases),
            **numbers_header(self.sums, self.mu),
        }
        return pack_state(header, list(self.sums.arrays().values()), key)

    @classmethod
    def from_bytes(
        cls, data: Any, *, max_features: int = 20_000, key: bytes | None = None
    ) -> Self:
        """Read a noisy state, and check all of it.

        Parameters
        ----------
        data : bytes-like
            Bytes that :meth:`to_bytes` has written.
        max_features : int, default=20_000
            States with more columns are refused.
        key : bytes, default=None
            Secret that the state was written with.

        Returns
        -------
        state : NoisyState
            The state that was written.

        Raises
        ------
        StateFormatError
            If the bytes are damaged, were written with another key, or hold no noisy
            state.
        """
        header, body = unpack_state(data, key)
        if header.get("kind") != "NoisyState":
            raise StateFormatError(
                f"NoisyState was to be read; got {header.get('kind')!r:.99}."
            )
        return cls(**read_fields(header, body, max_features))

    def __repr__(self) -> str:
        return (
            f"NoisyState({self.kind.__name__}, {self.n_features} columns, weight "
            f"{self.weight:g}, mu={self.mu:.3g})"
        )

    def __getattr__(self, name: str) -> NoReturn:
        if name in ("update", "forget", "unmerge", "privatize"):
            raise AttributeError(
                f"A NoisyState has no {name}: rows and noise go into the exact state, "
                "which is then privatized once, privatize(state.update(rows), budget). "
                "Noisy states of other rows can be merged."
            )
        if name in ("mean", "scatter") and "sums" in vars(self):
            if self.parts == "regression":
                raise AttributeError(
                    f'A release with parts="regression" has no {name}. Fit without an '
                    'intercept (fit_intercept=False), or release parts="all".'
                )
        kind = getattr(vars(self).get("kind"), "__name__", "an unknown kind")
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
        return column_slices(self.sums.blocks)

    @property
    def _products(self) -> NDArray[np.float64]:
        return np.asarray(self.sums.products * self.sums.unit**2, dtype=np.float64)

    @property
    def _sigmas(self) -> Scales:
        return map_scales(math.sqrt, self.sums.variances)

    @property
    def _noise_ridges(self) -> tuple[float, ...]:
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
        """Negative eigenvalues become 0, and `noise_ridge` is added to all."""
        if self._flat:
            return np.asarray(np.maximum(S, 0) + self._noise_ridges[0])
        for columns, ridge in zip(self._columns, self._noise_ridges, strict=True):
            values, vectors = linalg.eigh(S[columns, columns])
            kept = values > 0
            block = (vectors[:, kept] * values[kept]) @ vectors[:, kept].T
            block[np.diag_indices_from(block)] += ridge
            S[columns, columns] = (block + block.T) / 2
        return S
