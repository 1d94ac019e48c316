"""How parts of a transfer estimator are fitted and called, with domains and weights.

A part is a mapper, a weighter or an estimator, alone or as a Pipeline. Training and
scoring both use these functions, so that a part sees the same domains in both.
"""

from sktransfer._core.parts.estimator import copy_features, fit_estimator
from sktransfer._core.parts.labelled import bare_step
from sktransfer._core.parts.mapper import fit_mapper
from sktransfer._core.parts.pipelines import (
    call_part,
    fit_part,
    last_step,
    map_rows,
    open_pipeline,
    reads_texts,
    takes_domain,
)
from sktransfer._core.parts.weighter import fit_weights

__all__ = [
    "bare_step",
    "call_part",
    "copy_features",
    "fit_estimator",
    "fit_mapper",
    "fit_part",
    "fit_weights",
    "last_step",
    "map_rows",
    "open_pipeline",
    "reads_texts",
    "takes_domain",
]
