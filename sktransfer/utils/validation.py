"""Checks of parameters and of ``sample_domain``, for parts of your own."""

from sktransfer._core.domains import check_sample_domain
from sktransfer._core.parameters import (
    check_parameters,
    check_value,
    integer,
    number,
    one_of,
)

__all__ = [
    "check_parameters",
    "check_sample_domain",
    "check_value",
    "integer",
    "number",
    "one_of",
]
