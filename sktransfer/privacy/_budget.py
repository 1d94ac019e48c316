"""PrivacyBudget: what may be told about one set of people, and what has been told."""

from __future__ import annotations

import math
import os
import threading
from numbers import Real
from typing import Any, NamedTuple, NoReturn

from sktransfer.privacy._gdp import gdp_epsilon, gdp_mu
from sktransfer.privacy._ledger_file import LedgerFile, PrivacyBudgetError

_TOLERANCE = 1e-9  # ten shares of 0.1 add up to more than 1 in binary


class Release(NamedTuple):
    """An entry of the ledger of a `PrivacyBudget`.

    Parameters
    ----------
    label : str
        What was released.
    share : float
        Share of the budget that it took.
    mu : float
        Its Gaussian differential privacy.
    epsilon : float
        The epsilon of it alone, at the delta of the budget.
    """

    label: str
    share: float
    mu: float
    epsilon: float


class PrivacyBudget:
    r"""Budget of differential privacy, charged before any noise is drawn.

    A release with Gaussian noise is :math:`\mu`-GDP [1]_, where :math:`\mu` is the
    sensitivity over the standard deviation of the noise; several about the same people
    are :math:`\sqrt{\sum \mu_i^2}`-GDP together, which is exact, not a bound. So the
    budget holds the :math:`\mu` that stands for (epsilon, delta) by the formula of
    [2]_, and is spent in shares of :math:`\mu^2`, which add up.

    Parameters
    ----------
    epsilon : float
        Largest privacy loss, above 0. At 1, what somebody who sees all releases holds
        for likely about a person changes by a factor of e at most.
    delta : float
        Probability of a larger loss; well below one over the number of people.
    path : str or path-like, default=None
        File that the ledger is kept in. If there is one, what earlier processes have
        charged is spent; processes that run at the same time may share it. A charge is
        in the file before anything is drawn. None: the ledger is that of this process.

    Attributes
    ----------
    epsilon, delta : float
        As given.
    mu : float
        Gaussian differential privacy of the whole budget.
    spent : float
        Share that is spent, from 0 to 1.
    remaining : float
        Share that is left.
    spent_epsilon : float
        Epsilon of all releases so far, at delta.
    ledger : tuple of Release
        What was released.

    See Also
    --------
    noise_gate : Whether a noisy state is worth adapting with.

    Notes
    -----
    One budget stands for one set of people. Domains that share nobody have a budget
    each: whoever is in one of them is told of by its releases alone. A person who is
    in two domains draws on both, and the epsilons add up at least.

    Neighbours are data with and without one row, or one user where a row is a user.

    A budget is neither copied nor pickled, and is refused in forked processes: each
    copy would spend it again. Without ``path`` it lives as long as the process does.
    With it, every process opens the same file by ``PrivacyBudget(epsilon, delta,
    path=path)``. Whoever deletes the file, or puts back an older one, spends the budget
    again: keep it where the rows are.

    References
    ----------
    .. [1] J. Dong, A. Roth, W. J. Su, "Gaussian differential privacy", Journal of the
           Royal Statistical Society B 84(1), 2022.
    .. [2] B. Balle, Y.-X. Wang, "Improving the Gaussian mechanism for differential
           privacy", ICML 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.moments import Moments
    >>> from sktransfer.privacy import PrivacyBudget, privatize
    >>> budget = PrivacyBudget(epsilon=3.0, delta=1e-6)
    >>> rows = np.random.default_rng(0).normal(size=(1000, 2))
    >>> state = Moments.empty(2, arithmetic="exact", row_norm=3.0).update(rows)
    >>> noisy = privatize(state, budget, share=0.5, label="moments of May")
    >>> budget.remaining
    0.5
    >>> print(budget)
    PrivacyBudget(epsilon=3, delta=1e-06): 50 % spent
      50 %  epsilon 2.05 alone  moments of May
    """

    def __init__(
        self,
        epsilon: float,
        delta: float,
        *,
        path: str | os.PathLike[str] | None = None,
    ) -> None:
        self._mu = gdp_mu(epsilon, delta)
        self._epsilon, self._delta = float(epsilon), float(delta)
        self._ledger: list[Release] = []
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._file = None
        if path is not None:
            self._file = LedgerFile(path, self._epsilon, self._delta)

    @property
    def epsilon(self) -> float:
        """Largest privacy loss."""
        return self._epsilon

    @property
    def delta(self) -> float:
        """Probability of a larger loss."""
        return self._delta

    @property
    def mu(self) -> float:
        """Gaussian differential privacy of the whole budget."""
        return self._mu

    @property
    def ledger(self) -> tuple[Release, ...]:
        """What was released so far, by all processes where there is a file."""
        if self._file is None:
            return tuple(self._ledger)
        return tuple(self._release(*charged) for charged in self._file.read())

    @property
    def spent(self) -> float:
        """Share that is spent, from 0 to 1."""
        return min(math.fsum(release.share for release in self.ledger), 1.0)

    @property
    def remaining(self) -> float:
        """Share that is left."""
        return 1.0 - self.spent

    @property
    def spent_epsilon(self) -> float:
        """Epsilon of all releases so far together, at delta."""
        return gdp_epsilon(self._mu * math.sqrt(self.spent), self._delta)

    def mu_of(self, share: float) -> float:
        """Gaussian differential privacy of a share.

        Parameters
        ----------
        share : float
            Above 0 and at most 1.

        Returns
        -------
        mu : float
            ``sqrt(share)`` times that of the budget, rounded down.

        Raises
        ------
        ValueError
            If it is no such number.
        """
        number = isinstance(share, Real) and not isinstance(share, bool)
        if not number or not 0 < share <= 1:
            raise ValueError(
                f"share must be a number above 0 and at most 1; got {share!r}."
            )
        # by the tolerance: shares of 1 + 1e-9 in all stay within mu
        return self._mu * math.sqrt(share * (1 - 2 * _TOLERANCE))

    def charge(self, share: float = 1.0, *, label: str = "") -> float:
        """Spend a share, before anything is drawn.

        Parameters
        ----------
        share : float, default=1.0
            Share of the budget, above 0; shares add up.
        label : str, default=""
            What is released.

        Returns
        -------
        mu : float
            Gaussian differential privacy of the release, ``sqrt(share)`` times that of
            the budget.

        Raises
        ------
        PrivacyBudgetError
            If less is left, this is not the process of the budget, or its file cannot
            be read. Nothing is charged then.
        ValueError
            If the share is not a number above 0 and at most 1.
        """
        mu = self.mu_of(share)
        if os.getpid() != self._process:
            raise PrivacyBudgetError(
                "The budget belongs to another process, which does not see what is "
                "spent here. Send the exact state there, and privatize it there; or "
                "keep the ledger in a file, PrivacyBudget(epsilon, delta, path=...), "
                "and open it here."
            )
        release = self._release(str(label), float(share))
        with self._lock:
            if self._file is None:
                self._check_left(share, self._ledger)
                self._ledger.append(release)
            else:
                with self._file.locked():
                    charged = self._file.read()
                    self._check_left(share, [self._release(*c) for c in charged])
                    self._file.write([*charged, release[:2]])
        return mu

    def _release(self, label: str, share: float) -> Release:
        mu = self.mu_of(share)
        return Release(label, share, mu, gdp_epsilon(mu, self._delta))

    def _check_left(self, share: float, ledger: list[Release]) -> None:
        spent = math.fsum(release.share for release in ledger)
        if spent + share > 1 + _TOLERANCE:
            raise PrivacyBudgetError(
                f"A share of {share:g} is asked for and {max(1 - spent, 0):.3g} is "
                f"left of epsilon={self._epsilon:g}; nothing was drawn. Ask for less, "
                "or use what was released."
            )

    def __repr__(self) -> str:
        return f"PrivacyBudget(epsilon={self._epsilon:g}, delta={self._delta:g})"

    def __str__(self) -> str:
        lines = [f"{self!r}: {self.spent:.0%} spent".replace("%", " %")]
        lines += [
            f"  {r.share:.0%}  epsilon {r.epsilon:.2f} alone  {r.label}".replace(
                "%", " %", 1
            )
            for r in self.ledger
        ]
        return "\n".join(lines)

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "A PrivacyBudget is neither copied nor pickled: the copy would spend it "
            "again. Pass the object itself."
        )

    def __copy__(self) -> NoReturn:
        self.__reduce__()

    def __deepcopy__(self, memo: Any) -> NoReturn:
        self.__reduce__()
