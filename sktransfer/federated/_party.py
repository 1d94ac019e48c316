"""FederatedParty: gives away states of its rows, never the rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import joblib
import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import _num_samples

from sktransfer._core.domains import check_sample_domain
from sktransfer._core.inputs import column_values, row_container
from sktransfer._core.parameters import check_value, integer
from sktransfer._core.sparse import is_sparse
from sktransfer.federated._masked_state import MaskedState
from sktransfer.federated._masks import mask_state
from sktransfer.federated._seeds import check_seeds, session_secret
from sktransfer.moments import ClassMoments, MomentState, PairMoments


class FederatedParty:
    """Rows of one owner, who gives away states of them and nothing else.

    Parameters
    ----------
    name : str
        Name of the party, without "/", different for each party. Its first rows are
        the shard ``name/0``, those of the next round ``name/1``, and so on.
    X : {array-like, sparse matrix, sparse array} of shape (n_samples, n_features)
        Rows. Arrays and CSR are kept as they are, not copied, and must not be changed
        in place: new rows go to `update`.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        Second block of columns for `PairMoments`, or classes for `ClassMoments`.
    sample_domain : int or array-like of shape (n_samples,), default=None
        Signed domain of each row, or one for all rows. States are then dicts by domain.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows.
    first_round : int, default=0
        Round of these rows, for a party that is started again.

    Attributes
    ----------
    name : str
        Name of the party.
    round : int
        Number of the current round.

    See Also
    --------
    federate : Merge the states of parties.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.federated import FederatedParty
    >>> from sktransfer.moments import Moments
    >>> party = FederatedParty("uk", np.array([[1.0], [3.0]]), sample_domain=1)
    >>> states = party.state(Moments.empty(1))
    >>> states[1].mean, sorted(states[1].shards)
    (array([2.]), ['uk/0'])
    >>> party.update(np.array([[7.0]]), sample_domain=1).state(Moments.empty(1))[1].mean
    array([7.])
    """

    def __init__(
        self,
        name: str,
        X: Any,
        y: ArrayLike | None = None,
        sample_domain: ArrayLike | None = None,
        *,
        sample_weight: ArrayLike | None = None,
        first_round: int = 0,
    ) -> None:
        if not isinstance(name, str) or not name or "/" in name:
            raise ValueError(
                f'The name of a party is a text without "/"; got {name!r}.'
            )
        self.name = name
        check_value("first_round", first_round, integer(0))
        self.round = int(first_round) - 1
        self._sessions: dict[tuple[str, str], int] = {}
        self.update(X, y, sample_domain, sample_weight=sample_weight)

    def __repr__(self) -> str:
        return f"FederatedParty({self.name!r}, round={self.round})"

    def update(
        self,
        X: Any,
        y: ArrayLike | None = None,
        sample_domain: ArrayLike | None = None,
        *,
        sample_weight: ArrayLike | None = None,
    ) -> FederatedParty:
        """Begin the next round, with new rows instead of the earlier ones.

        The receiver merges the states of all rounds.

        Parameters
        ----------
        X : {array-like, sparse matrix, sparse array} of shape (n_samples, n_features)
            New rows, none that have been in a round.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Second block of columns, or classes.
        sample_domain : int or array-like of shape (n_samples,), default=None
            Signed domain of each row, or one for all rows.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        self : FederatedParty
            The party.
        """
        X = row_container(X)
        n = _num_samples(X)
        if sample_domain is not None:
            if np.ndim(sample_domain) == 0:
                sample_domain = np.full(n, sample_domain)
            sample_domain = check_sample_domain(sample_domain, n)
        y = None if y is None else column_values(y, "y")
        if sample_weight is not None:
            sample_weight = column_values(sample_weight, "sample_weight")
        for what, values in (("y", y), ("sample_weight", sample_weight)):
            if values is not None and _num_samples(values) != n:
                raise ValueError(
                    f"{what} must have an entry for each of the {n} rows; got "
                    f"{_num_samples(values)}."
                )
        # rows of a domain are selected by index, which not all containers allow
        self._X = X if is_sparse(X) else np.asanyarray(X)
        self._y = y
        self._weight = sample_weight
        self._domain = sample_domain
        self._given: str | None = None  # what the rows were when a state was given
        self.round += 1
        return self

    def _check_unchanged(self) -> None:
        """Raise if the rows are no longer those that a state was given of."""
        rows = joblib.hash([self._X, self._y, self._weight, self._domain])
        if self._given not in (None, rows):
            raise ValueError(
                f"The rows of round {self.round} of {self.name!r} were changed in "
                "place after a state of them was given: the difference of both states "
                "could be read, and two states would bear one name. Pass the new rows "
                "to update, which begins a round."
            )
        self._given = rows

    def state(self, spec: MomentState) -> Any:
        """State of the rows of this round.

        Parameters
        ----------
        spec : MomentState
            The empty state that all parties were given. It sets kind, columns,
            arithmetic and fingerprint.

        Returns
        -------
        state : MomentState or dict of int to MomentState
            With the shard ``name/round``; by domain if there are domains.

        Raises
        ------
        ValueError
            If ``spec`` is not empty, the rows do not fit its columns or exceed its
            bound, or they were changed in place after a state of them was given.
        TypeError
            If ``spec`` is no state.
        """
        _check_spec(spec)
        self._check_unchanged()
        if self._domain is None:
            return self._state(spec, slice(None))
        domains = np.unique(self._domain).tolist()
        return {
            d: self._state(spec, np.flatnonzero(self._domain == d)) for d in domains
        }

    def masked_state(
        self,
        spec: MomentState,
        *,
        seeds: Mapping[str, bytes],
        session: str,
        domains: Iterable[int] | None = None,
    ) -> Any:
        """Masked state of the rows of this round, readable only in the sum.

        Parameters
        ----------
        spec : MomentState
            The empty state that all parties were given, in exact arithmetic.
        seeds : mapping of str to bytes
            Secret shared with each of the other parties of the session.
        session : str
            Name of the session, the same for all parties, used for one round.
        domains : iterable of int, default=None
            All domains of all parties, if rows have domains. A party sends a state for
            each domain, also for those of which it has no rows.

        Returns
        -------
        state : MaskedState or dict of int to MaskedState
            Weights, numbers of rows and sums are masked; columns, classes and names are
            not.

        Raises
        ------
        ValueError
            If the session was used for another round, the rows were changed in place
            after a state of them was given, or the seeds, the domains or the arithmetic
            do not fit.
        """
        _check_spec(spec)
        check_value("session", session, str)
        if not session:
            raise ValueError("session must be a name; got an empty text.")
        used = self._sessions.setdefault((session, repr(spec.header())), self.round)
        if used != self.round:
            raise ValueError(
                f"Session {session!r} was used for round {used}: with the same masks "
                "the difference of both rounds could be read. Name a new session."
            )
        self._check_unchanged()

        def masked(rows: Any, domain: int | None) -> MaskedState:
            return mask_state(
                self._state(spec, rows),
                party=self.name,
                seeds=seeds,
                session=session,
                domain=domain,
            )

        if self._domain is None and domains is None:
            return masked(slice(None), None)
        if self._domain is None or domains is None:
            raise ValueError(
                "domains lists the domains of all parties where rows have a "
                f"sample_domain, and only there; got {domains!r}."
            )
        domains = sorted(set(domains))
        unlisted = sorted(set(np.unique(self._domain).tolist()) - set(domains))
        if unlisted:
            raise ValueError(f"The rows have domain {unlisted[0]}, not in {domains}.")
        return {d: masked(self._rows(d), d) for d in domains}

    def reveal(
        self, *, dropped: Iterable[str], seeds: Mapping[str, bytes], session: str
    ) -> dict[str, bytes]:
        """Reveal the masks that are shared with parties that dropped out.

        The sum of the other parties can then be unmasked. If all other parties reveal
        the masks of a party that has not dropped out, its state can be unmasked too:
        make sure that it is gone.

        Parameters
        ----------
        dropped : iterable of str
            Parties that have sent no state.
        seeds : mapping of str to bytes
            Secret shared with each of the other parties of the session.
        session : str
            Name of the session.

        Returns
        -------
        revealed : dict of str to bytes
            For each party that dropped out, a secret that is valid in this session.

        Raises
        ------
        ValueError
            If a party is not in the session, or no other party would be left, so that
            the sum would be the state of this party alone.
        """
        check_seeds(self.name, seeds)
        dropped = sorted(set(dropped))
        strangers = sorted(set(dropped) - set(seeds))
        if strangers:
            raise ValueError(
                f"Parties that drop out are others of the session, {sorted(seeds)}; "
                f"got {strangers[0]!r}."
            )
        if len(dropped) == len(seeds):
            raise ValueError(
                "All other parties have dropped out: the sum would be the state of "
                f"{self.name!r} alone. Start again with other parties."
            )
        return {
            other: session_secret(seeds[other], session, self.name, other)
            for other in dropped
        }

    def _rows(self, domain: int) -> Any:
        return np.flatnonzero(self._domain == domain)

    def _state(self, spec: MomentState, rows: Any) -> MomentState:
        Y = None
        if isinstance(spec, PairMoments | ClassMoments):
            Y = None if self._y is None else self._y[rows]
        X = self._X if isinstance(rows, slice) else self._X[rows]
        w = None if self._weight is None else self._weight[rows]
        return spec.update(X, Y, w, shard=f"{self.name}/{self.round}")


def _check_spec(spec: Any) -> None:
    if not isinstance(spec, MomentState):
        got = spec.__name__ if isinstance(spec, type) else type(spec).__name__
        raise TypeError(
            "spec must be an empty state, such as Moments.empty(n_features); got "
            f"{got}."
        )
    if spec.n_rows or spec.shards:
        raise ValueError(
            f"spec must be an empty state; got one of {spec.n_rows} rows. Parties "
            "send what they add, and the receiver merges it with what it has."
        )
