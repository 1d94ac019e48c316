"""PrivacyBudget: how much privacy loss is allowed, and how much is spent."""

from __future__ import annotations

import math
import os
import threading
from typing import Any, NamedTuple, NoReturn

from sktransfer._core.parameters import check_value, number
from sktransfer.privacy._gdp import gdp_epsilon, gdp_mu
from sktransfer.privacy._ledger_file import LedgerFile, PrivacyBudgetError

_TOLERANCE = 1e-9  # ten shares of 0.1 add up to more than 1 in binary


class Release(NamedTuple):
    """An entry of the ledger of a `PrivacyBudget`.

    Parameters
    ----------
    label : str
        Name of the release.
    share : float
        Share of the budget that was spent on it.
    mu : float
        Gaussian differential privacy of the release.
    epsilon : float
        Epsilon of this release alone, at the delta of the budget.
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
    [2]_, and is spent in shares of :math:`\mu^2`. Shares add up.

    Parameters
    ----------
    epsilon : float
        Largest privacy loss, above 0. With 1, the odds of any guess about a person
        change by a factor of e at most, for somebody who sees all releases.
    delta : float
        Probability of a larger loss; well below one over the number of people.
    path : str or path-like, default=None
        File of the ledger. Charges of earlier processes count as spent, and processes
        that run at the same time may share the file. A charge is written before any
        noise is drawn. None: the ledger is kept in the memory of this process.

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
        All releases so far.

    See Also
    --------
    noise_gate : Whether a noisy state is worth adapting with.

    Notes
    -----
    One budget is for one set of people. Domains without common people have a budget
    each. For a person who is in two domains, the privacy losses of both add up.

    Neighbouring data sets differ by one user: with `rows_per_user=1`, by one row.

    A budget cannot be copied or pickled, and is refused in forked processes, because
    each copy would spend it again. Without ``path`` it lives as long as the process.
    With it, every process opens the same file by ``PrivacyBudget(epsilon, delta,
    path=path)``. If the file is deleted or replaced by an older one, the budget is
    spent again: keep it where the rows are.

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
        """All releases so far; with a file, those of all processes."""
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
            Share of the budget, above 0 and at most 1.

        Returns
        -------
        mu : float
            ``sqrt(share)`` times that of the budget, rounded down.

        Raises
        ------
        ValueError
            If the share is not a number above 0 and at most 1.
        """
        check_value("share", share, number(above=0, most=1))
        # by the tolerance: shares of 1 + 1e-9 in all stay within mu
        return self._mu * math.sqrt(share * (1 - 2 * _TOLERANCE))

    def charge(self, share: float = 1.0, *, label: str = "") -> float:
        """Spend a share of the budget, before noise is drawn.

        Parameters
        ----------
        share : float, default=1.0
            Share of the budget, above 0; shares add up.
        label : str, default=""
            Name of the release, for the ledger.

        Returns
        -------
        mu : float
            Gaussian differential privacy of the release, ``sqrt(share)`` times that of
            the budget.

        Raises
        ------
        PrivacyBudgetError
            If less is left, the budget was made in another process, or its file cannot
            be read. Then nothing is charged.
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
