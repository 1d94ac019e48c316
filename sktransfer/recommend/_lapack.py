"""LAPACK routines by name and dtype."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scipy.linalg import get_lapack_funcs


def lapack_routine(name: str, dtype: Any) -> Callable[..., Any]:
    """A routine of LAPACK, such as "posv", for arrays of a dtype."""
    # a list for a list of names, which the stubs do not know
    routines: Any = get_lapack_funcs((name,), dtype=dtype)
    return routines[0]
