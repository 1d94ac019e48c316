"""Whether anything links texts of two languages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import FunctionTransformer

from sktransfer._core.inputs import take_rows
from sktransfer.crosslingual import CrossLingualMapper
from sktransfer.embedding import EmbeddingVectorizer, EncoderFeatures
from sktransfer.text.checks import is_text
from sktransfer.text.languages import language_of

_LINKS = (
    CrossLingualMapper,
    EmbeddingVectorizer,
    EncoderFeatures,
    FunctionTransformer,
)
MAX_TEXTS = 1000  # of each side, to tell its language


def languages_apart(
    models: Sequence[Any], X: Any, domain: NDArray[np.int64]
) -> str | None:
    """Why candidates without a dictionary cannot serve these texts, else None."""
    if not is_text(X) or any(map(_linking_parts, models)):
        return None
    told = []
    for rows in (np.flatnonzero(domain > 0), np.flatnonzero(domain < 0)):
        texts = take_rows(X, rows[:: -(-rows.size // MAX_TEXTS)])
        told.append(language_of(texts))
    if None in told or told[0] == told[1]:
        return None
    return (
        f"the source texts are in {told[0]!r}, the target texts in {told[1]!r}, and "
        "nothing links them: give a dictionary, an empty one where the languages are "
        "related (crosslingual_candidates)"
    )


def links_in_doubt(models: Sequence[Any]) -> str | None:
    """What fitted mappers say of texts that hardly anything links, else None."""
    parts = [part for model in models for part in _linking_parts(model)]
    doubts = [getattr(part, "link_doubt_", None) for part in parts]
    if not doubts or None in doubts:
        return None
    return f"nothing links the texts of both languages. {doubts[0]}"


def _linking_parts(model: Any) -> list[Any]:
    """Parts of a candidate that may bring two languages together.

    Counts of words do not: what scikit-learn and this package make of texts without a
    dictionary, vectors or a function of the user.
    """
    mapper = getattr(model, "mapper_", getattr(model, "mapper", None))
    return [part for part in _leaves(model) + _leaves(mapper) if _may_link(part)]


def _leaves(part: Any) -> list[Any]:
    """The parts of pipelines, unions and views, or the part itself."""
    for name in ("steps", "transformer_list", "views_", "views"):
        inner = getattr(part, name, None)
        if isinstance(inner, list | tuple):
            parts = [each[1] if isinstance(each, tuple) else each for each in inner]
            return [leaf for each in parts for leaf in _leaves(each)]
    return [part]


def _may_link(part: Any) -> bool:
    if part is None or isinstance(part, str):
        return False
    package = type(part).__module__.partition(".")[0]
    return package not in ("sklearn", "sktransfer") or isinstance(part, _LINKS)
