"""Encoders of single columns of a table, for TableVectorizer."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.base import BaseEstimator
from sklearn.feature_extraction.text import TfidfTransformer, TfidfVectorizer
from sklearn.preprocessing import OneHotEncoder, QuantileTransformer

from sktransfer.text import ScriptNgramCounter, WordTokenizer
from sktransfer.text.forms import Tokenizer
from sktransfer.text.segmentation import WordSegmenter, has_unsplit_words

DATE_PARTS = ("", "month", "day", "weekday", "hour")
_MANY = 300  # texts of which rare words and n-grams are left out
_MISSING = "missing"


class NumberEncoder(BaseEstimator):
    """Numbers on one scale; a missing one is the mean, or the middle rank."""

    def __init__(self, scale: str, indicator: bool) -> None:
        self.scale = scale
        self.indicator = indicator

    def fit(self, values: NDArray[np.float64]) -> Self:
        """Learn the scale of each column of numbers."""
        spread = np.nanmax(values, axis=0) - np.nanmin(values, axis=0)
        self.kept_ = np.flatnonzero(spread > 0)
        kept = values[:, self.kept_]
        if self.scale == "rank" and self.kept_.size:
            n_known = np.count_nonzero(~np.isnan(kept[:, 0]))
            self.ranks_ = QuantileTransformer(
                n_quantiles=min(1000, n_known), subsample=100_000, random_state=0
            ).fit(kept)
        # the square of a large number overflows, that of its share of the largest not
        largest = np.nanmax(np.abs(kept), axis=0, initial=0)
        self.unit_ = np.where(largest > 0, largest, 1.0)
        self.mean_ = np.nanmean(kept / self.unit_, axis=0)
        std = np.nanstd(kept / self.unit_, axis=0)
        self.std_ = np.where(std > 0, std, 1.0)
        return self

    def transform(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Scale, fill what is missing, and flag it."""
        kept = values[:, self.kept_]
        if not self.kept_.size:
            found = kept
        elif self.scale == "rank":
            found = np.nan_to_num(self.ranks_.transform(kept), nan=0.5)
        else:
            found = np.nan_to_num((kept / self.unit_ - self.mean_) / self.std_)
        if not self.indicator:
            return found
        return np.column_stack([found, np.isnan(values[:, :1])])

    def names(self, name: str, parts: tuple[str, ...] = ("",)) -> list[str]:
        """Names of the features."""
        found = [f"{name}_{p}" if (p := parts[k]) else name for k in self.kept_]
        return [*found, f"{name}_{_MISSING}"] if self.indicator else found


def date_parts(days: NDArray[np.float64]) -> NDArray[np.float64]:
    """Days since 1970, month, day of the month, day of the week (Monday 0), hour."""
    known = ~np.isnan(days)
    found = np.full((len(days), len(DATE_PARTS)), np.nan)
    whole = np.floor(days[known])
    when = whole.astype("datetime64[D]")
    month = when.astype("datetime64[M]")
    found[known] = np.column_stack(
        [
            days[known],
            month.astype(int) % 12 + 1,
            (when - month).astype(int) + 1,
            (whole + 3) % 7,  # 1970 began on a Thursday
            (days[known] - whole) * 24 // 1,
        ]
    )
    return found


class CategoryEncoder(BaseEstimator):
    """One column for each level that is not rare; unknown levels are zeros."""

    def __init__(self, max_levels: int, min_frequency: int) -> None:
        self.max_levels = max_levels
        self.min_frequency = min_frequency

    def fit(self, values: NDArray[Any]) -> Self:
        """Find the levels; missing is one, where it occurs."""
        self.levels_ = OneHotEncoder(
            handle_unknown="ignore",
            min_frequency=self.min_frequency,
            max_categories=self.max_levels,
            sparse_output=False,
        ).fit(_levels(values))
        return self

    def transform(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Flag the level of each row."""
        with config_context(transform_output="default"):
            return self.levels_.transform(_levels(values))

    def names(self, name: str) -> list[str]:
        """Names of the features."""
        return self.levels_.get_feature_names_out([name]).tolist()


def _levels(values: NDArray[Any]) -> NDArray[Any]:
    # a level of that name means the same
    filled = [_MISSING if v is None else v for v in values]
    return np.array(filled, dtype=object)[:, None]


class TextEncoder(BaseEstimator):
    """Tf-idf of words and word pairs, and of character n-grams."""

    def __init__(self, tokenizer: Tokenizer | None, max_features: int) -> None:
        self.tokenizer = tokenizer
        self.max_features = max_features

    def fit(self, values: NDArray[Any]) -> Self:
        """Find the words and the n-grams."""
        texts = _texts(values)
        rare = 3 if len(texts) >= _MANY else 1
        self.words_ = self.ngrams_ = None
        words = TfidfVectorizer(
            tokenizer=self.tokenizer or text_tokenizer(texts),
            token_pattern=None,
            ngram_range=(1, 2),
            sublinear_tf=True,
            min_df=rare,
            max_features=self.max_features,
        )
        try:
            self.words_ = words.fit(texts)
        except ValueError:  # no words that occur often enough
            self.words_ = None
        counter = ScriptNgramCounter(min_df=rare)
        counts = counter.fit_transform(texts)
        self.weights_ = None
        self.columns_ = np.arange(counts.shape[1])
        if counts.shape[1]:
            total = np.asarray(counts.sum(axis=0)).ravel()
            frequent = np.argsort(-total, kind="stable")[: self.max_features]
            self.columns_ = np.sort(frequent)
            self.ngrams_ = counter
            self.weights_ = TfidfTransformer(sublinear_tf=True)
            self.weights_.fit(counts[:, self.columns_])
        return self

    def transform(self, values: NDArray[Any]) -> list[Any]:
        """Sparse blocks of features; a missing text is an empty one."""
        texts, blocks = _texts(values), []
        if self.words_ is not None:
            blocks.append(self.words_.transform(texts))
        if self.ngrams_ is not None and self.weights_ is not None:
            counts = self.ngrams_.transform(texts)[:, self.columns_]
            blocks.append(self.weights_.transform(counts))
        return blocks

    def names(self, name: str) -> list[str]:
        """Names of the features."""
        found = []
        if self.words_ is not None:
            found += self.words_.get_feature_names_out().tolist()
        if self.ngrams_ is not None:
            ngrams = self.ngrams_.get_feature_names_out()[self.columns_]
            found += [f"char {n!r}" for n in ngrams]
        return [f"{name}_{f}" for f in found]


def text_tokenizer(texts: list[str]) -> Tokenizer:
    """Words, marks and negated words; learned where words have no spaces between."""
    if has_unsplit_words(texts):
        return WordSegmenter().fit(texts)
    return WordTokenizer()


def _texts(values: NDArray[Any]) -> list[str]:
    return ["" if v is None else v for v in values]
