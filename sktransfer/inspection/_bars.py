"""Horizontal bars with names, as the displays draw them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def horizontal_bars(
    ax: Any,
    owner: str,
    names: Sequence[str],
    lengths: NDArray[np.floating],
    label: str,
    **options: Any,
) -> tuple[Any, Any]:
    """Draw bars from 0, the first one on top."""
    if ax is None:
        try:
            from matplotlib import pyplot
        except ImportError as error:
            raise ImportError(
                f"{owner} draws with matplotlib, which is not installed. Install it by "
                "`pip install sktransfer[plot]`."
            ) from error
        ax = pyplot.subplots()[1]
    places = np.arange(lengths.size)
    bars = ax.barh(places, lengths, **options)
    ax.set_yticks(places, list(names))
    ax.invert_yaxis()
    ax.axvline(0, color="black", linewidth=0.8)
    ax.set_xlabel(label)
    return ax, bars
