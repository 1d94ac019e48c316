"""ReadsTexts: tags of estimators whose rows are texts."""

from __future__ import annotations

from typing import Any


class ReadsTexts:
    """Mixin of estimators that take a sequence of texts, not a table of numbers."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        if tags.transformer_tags is not None:
            tags.transformer_tags.preserves_dtype = []
        return tags
