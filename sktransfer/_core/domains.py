"""Domains of rows: encoding, validation and masks of ``sample_domain``."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sktransfer._core.inputs import one_column
from sktransfer._core.labels import missing_labels

_REMEDY = "Use encode_domains(labels, target=...) to build it."


class DomainMasks(NamedTuple):
    """Boolean masks over the rows; where no domain is given, both are all true."""

    source: NDArray[np.bool_]
    target: NDArray[np.bool_]

    @property
    def shifted(self) -> bool:
        """Whether the rows tell two sides apart (``sample_domain`` was given)."""
        return not bool(np.any(self.source & self.target))


SIDES = DomainMasks._fields


def encode_domains(labels: ArrayLike, *, target: Any) -> NDArray[np.int64]:
    """Encode names of domains as the signed integers of ``sample_domain``.

    Parameters
    ----------
    labels : array-like of shape (n_samples,)
        The domain of each row: strings, integers or any hashable of one type.
    target : label or list of labels
        The domain, or domains, that the model has to serve. All others are sources.

    Returns
    -------
    sample_domain : ndarray of int64 of shape (n_samples,)
        Positive for source rows and negative for target rows. Distinct absolute
        values are distinct domains: 1, 2, ... in sorted order of the labels.

    Raises
    ------
    ValueError
        If a label is missing (None or NaN), or a target label does not occur.

    Examples
    --------
    >>> from sktransfer import encode_domains
    >>> encode_domains(["en/books", "de/music", "en/dvd"], target="de/music")
    array([ 2, -1,  3])
    """
    names = one_column(labels, "labels")
    if names.ndim != 1:
        raise ValueError(
            f"labels must be one-dimensional, one label per row; got shape "
            f"{names.shape}."
        )
    values = names.tolist()
    missing = np.flatnonzero(missing_labels(names))
    if missing.size:
        raise ValueError(
            f"labels must name a domain for every row; got a missing label in "
            f"{missing.size} row(s), the first at index {missing[0]}. "
            "Drop these rows or give them a domain."
        )
    targets = _list_of_labels(target)
    try:
        ordered = sorted(set(values))
    except TypeError:  # labels of several types
        ordered = sorted(set(values), key=lambda v: (type(v).__name__, repr(v)))
    unknown = [t for t in targets if t not in set(values)]
    if unknown or not targets:
        raise ValueError(
            f"target must be one or several of the labels {_first_values(ordered)}; "
            f"got {target!r}."
        )
    code = {value: i + 1 for i, value in enumerate(ordered)}
    code.update({t: -code[t] for t in targets})
    return np.fromiter((code[v] for v in values), dtype=np.int64, count=len(values))


def _list_of_labels(target: Any) -> list[Any]:
    if isinstance(target, str | bytes) or not isinstance(
        target, Sequence | np.ndarray | set | frozenset
    ):
        return [target]
    return list(target.tolist() if isinstance(target, np.ndarray) else target)


def _first_values(values: Sequence[Any], limit: int = 8) -> str:
    shown = ", ".join(repr(v) for v in values[:limit])
    return f"[{shown}{', ...' if len(values) > limit else ''}]"


def check_sample_domain(sample_domain: Any, n_samples: int) -> NDArray[np.int64] | None:
    """Validate ``sample_domain``; None stays None.

    Parameters
    ----------
    sample_domain : array-like of shape (n_samples,) or None
        Signed integers: positive = source, negative = target.
    n_samples : int
        Number of rows of X.

    Returns
    -------
    sample_domain : ndarray of int64 of shape (n_samples,) or None
        The domains.

    Raises
    ------
    ValueError
        If these are not integers, one for each row and none 0.

    Examples
    --------
    >>> from sktransfer.utils.validation import check_sample_domain
    >>> check_sample_domain([1.0, 1.0, -2.0], 3)
    array([ 1,  1, -2])
    """
    if sample_domain is None:
        return None
    d = one_column(sample_domain, "sample_domain")
    if d.dtype.kind == "O" and all(isinstance(v, Real) for v in d.flat):
        d = np.array(d.tolist())
    if d.ndim != 1:
        raise ValueError(
            f"sample_domain must be one-dimensional; got shape {d.shape}. {_REMEDY}"
        )
    if not _are_whole(d):
        raise ValueError(
            "sample_domain must hold signed integers, positive for source and "
            f"negative for target; got dtype {d.dtype}. {_REMEDY}"
        )
    if d.shape[0] != n_samples:
        raise ValueError(
            f"sample_domain must have one entry per row of X; got {d.shape[0]} "
            f"entries for {n_samples} rows."
        )
    d = d.astype(np.int64, copy=False)
    if np.any(d == 0):
        raise ValueError(
            "sample_domain must be positive (source) or negative (target) in every "
            f"row; got 0 in {int(np.sum(d == 0))} row(s). {_REMEDY}"
        )
    return d


def _are_whole(values: NDArray[Any]) -> bool:
    """Whether values are whole numbers that fit into 64 bits."""
    if values.dtype.kind not in "uf":
        return values.dtype.kind == "i"
    return bool(np.all((values == np.rint(values)) & (np.abs(values) < 2.0**63)))


def domain_masks(sample_domain: Any, n_samples: int) -> DomainMasks:
    """Masks of the source and of the target rows."""
    d = check_sample_domain(sample_domain, n_samples)
    if d is None:
        every = np.ones(n_samples, dtype=bool)
        return DomainMasks(every, every.copy())
    return DomainMasks(d > 0, d < 0)


def require_both_sides(masks: DomainMasks, name: str) -> None:
    """Raise if the source or the target side has no row."""
    for side, mask in zip(("source", "target"), masks):
        if not mask.any():
            sign = "positive" if side == "source" else "negative"
            raise ValueError(
                f"{name} needs rows of both sides to fit; got no {side} row (no "
                f"{sign} entry in sample_domain). Pass rows of both domains, split "
                "with TargetKFold, or leave sample_domain out where there is no "
                "shift."
            )


def target_row_masks(sample_domain: Any, n_samples: int) -> DomainMasks:
    """Masks for transform and scoring: rows without a domain are target rows."""
    d = check_sample_domain(sample_domain, n_samples)
    if d is None:
        return DomainMasks(np.zeros(n_samples, bool), np.ones(n_samples, bool))
    return DomainMasks(d > 0, d < 0)


def row_domains(domain: NDArray[np.int64] | None, n_rows: int) -> NDArray[np.int64]:
    """Signed domain of each row, 0 where none was given."""
    return np.zeros(n_rows, dtype=np.int64) if domain is None else domain
