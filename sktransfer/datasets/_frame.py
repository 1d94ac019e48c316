"""The optional pandas view of a data set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sklearn.utils import Bunch

if TYPE_CHECKING:
    import pandas


def as_data_frame(columns: Mapping[str, Any]) -> pandas.DataFrame:
    """Build a DataFrame, with a clear message where pandas is missing."""
    try:
        import pandas
    except ImportError as error:
        raise ImportError(
            "as_frame=True needs pandas, which is not installed. Install it with "
            "pip install 'sktransfer[frame]', or leave as_frame out."
        ) from error
    return pandas.DataFrame(dict(columns))


def with_frame(bunch: Bunch, as_frame: bool, columns: Mapping[str, Any]) -> Bunch:
    """Add the pandas view where it is asked for."""
    if as_frame:
        bunch.frame = as_data_frame(columns)
    return bunch
