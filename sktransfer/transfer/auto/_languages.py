"""Whether anything links texts of two languages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.inputs import take_rows
from sktransfer.crosslingual import CrossLingualMapper
from sktransfer.text.checks import is_text
from sktransfer.text.languages import language_of

MAX_TEXTS = 1000  # of each side, to tell its language


def languages_apart(
    models: Sequence[Any], X: Any, domain: NDArray[np.int64]
) -> str | None:
    """Why candidates without a dictionary cannot serve these texts, else None."""
    mappers = [getattr(model, "mapper", None) for model in models]
    if not is_text(X) or any(
        isinstance(part, CrossLingualMapper) for m in mappers for part in _steps(m)
    ):
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
    """What a fitted mapper says of texts that hardly anything links, else None."""
    for model in models:
        for part in _steps(getattr(model, "mapper_", None)):
            doubt = getattr(part, "link_doubt_", None)
            if doubt is not None:
                return f"nothing links the texts of both languages. {doubt}"
    return None


def _steps(mapper: Any) -> list[Any]:
    """A mapper, or the steps of a pipeline of them."""
    return [part for _, part in getattr(mapper, "steps", [(None, mapper)])]
