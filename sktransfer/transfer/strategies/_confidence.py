"""How sure a teacher is of the rows of each side, and a warning where that falls."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.inputs import take_rows
from sktransfer.transfer.strategies._rows import TrainingRows

_MIN_ROWS = 200  # of each side, below which a mean says little
_LARGEST_FALL = 0.05


def mean_confidence(
    teacher: Any, rows: TrainingRows, target: NDArray[np.intp]
) -> dict[str, float]:
    """Mean probability of the predicted class by side; empty without probabilities."""
    if not hasattr(teacher, "predict_proba") or rows.domain is None:
        return {}
    sides = {
        "source": np.flatnonzero(rows.labelled & ~rows.target),
        "target": target,
    }
    if min(side.size for side in sides.values()) < _MIN_ROWS:
        return {}
    return {
        name: float(teacher.predict_proba(take_rows(rows.mapped, side)).max(1).mean())
        for name, side in sides.items()
    }


def warn_of_weak_link(confidence: dict[str, float]) -> None:
    """Warn where the teacher is much less sure of the target than of the source."""
    if not confidence:
        return
    source, target = confidence["source"], confidence["target"]
    if source - target > _LARGEST_FALL:
        warnings.warn(
            "Part of what decides in the source is lost on the way to the target: the "
            f"teacher gives the class it predicts {target:.2f} on target rows and "
            f"{source:.2f} on labelled source rows, in the mean, so about "
            f"{100 * (source - target):.0f} of its predictions in 100 more may be "
            "wrong; the student regains some. A better dictionary, an encoder as "
            "a second view (MultiViewMapper) or a few labels of the target "
            "help; labels of the other language may serve better the other way round.",
            UserWarning,
            stacklevel=2,
        )
