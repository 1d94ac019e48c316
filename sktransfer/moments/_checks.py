"""Checks of parameters."""

from __future__ import annotations

from numbers import Integral
from typing import Any


def check_whole(name: str, value: Any, least: int) -> None:
    """Refuse what is no whole number, or too small a one.

    Parameters
    ----------
    name : str
        Name of the parameter.
    value : object
        What was passed.
    least : int
        Smallest number that is allowed.

    Raises
    ------
    ValueError
        If it is not an integer of ``least`` or more.
    """
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not whole or value < least:
        raise ValueError(
            f"{name} must be an integer of {least} or more; got {value!r}."
        )
