"""Fingerprints of feature spaces."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np


def fingerprint(*parts: Any) -> str:
    """Fingerprint of a feature space, from what defines it.

    Parameters
    ----------
    *parts : object
        Everything that defines the columns: the words of a vocabulary in their order,
        the seed of a feature map, names of columns. Numbers, strings, None, arrays, and
        lists, tuples or dicts of them.

    Returns
    -------
    fingerprint : str
        64 hexadecimal digits.

    Examples
    --------
    >>> from sktransfer.moments import fingerprint
    >>> fingerprint(["good", "bad"], 0) == fingerprint(["good", "bad"], 0)
    True
    >>> fingerprint(["good", "bad"], 0) == fingerprint(["bad", "good"], 0)
    False
    """
    text = json.dumps(parts, default=_json_value, ensure_ascii=True, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _json_value(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(
        "A fingerprint is made of numbers, strings, arrays, lists and dicts; got "
        f"{type(value).__name__}."
    )
