"""Each law of alignments catches the alignment that breaks it."""

import numpy as np
import pytest
from laws import broken_laws, names_of_laws
from plain_parts import PlainAlignment

from sktransfer.testing import alignment_checks_generator, check_alignment


class NotAligned(PlainAlignment):
    def solved(self, X, Y, w):
        return np.eye(X.shape[1], Y.shape[1], dtype=X.dtype)


class MoreAlone(PlainAlignment):
    def transform(self, X, y=None):
        return super().transform(X, y) if y is not None else 2 * super().transform(X)


class CentredByChunk(PlainAlignment):
    def target(self, y):
        Y = super().target(y)
        return Y - Y.mean(axis=0) if len(Y) < 10 else Y


class AnyNumberOfFeatures(PlainAlignment):
    def target(self, y):
        y = np.hstack([y, y])[:, : self.n_target_]
        return super().target(y)


class CutsThePairs(PlainAlignment):
    def fit(self, X, y, sample_weight=None):
        n = min(len(X), len(y))
        return super().fit(X[:n], y[:n], sample_weight)


class IgnoresWeights(PlainAlignment):
    def solved(self, X, Y, w):
        return super().solved(X, Y, np.ones_like(w))


class FirstPair(PlainAlignment):
    def solved(self, X, Y, w):
        return super().solved(X, Y, w) * X.dtype.type(
            1 + 0.01 * X[0, 0] * (len(X) == 64)
        )


class AlwaysFloat64(PlainAlignment):
    def target(self, y):
        return super().target(y).astype(np.float64)


class NeedsToWrite(PlainAlignment):
    def fit(self, X, y, sample_weight=None):
        if isinstance(y, np.ndarray):
            y *= 1.0
        return super().fit(X, y, sample_weight)


class ResolvesParameters(PlainAlignment):
    def fit(self, X, y, sample_weight=None):
        self.mode = "auto"
        return super().fit(X, y, sample_weight)


class KeysOfPairs(PlainAlignment):
    def fit(self, X, y, sample_weight=None):
        self.losses_ = {(0.1, 2): 0.5}
        return super().fit(X, y, sample_weight)


class KeepsLambda(PlainAlignment):
    def fit(self, X, y, sample_weight=None):
        self.function_ = lambda x: x
        return super().fit(X, y, sample_weight)


class WarmStart(PlainAlignment):
    def solved(self, X, Y, w):
        self.n_fits_ = getattr(self, "n_fits_", 0) + 1
        return super().solved(X, Y, w) / X.dtype.type(self.n_fits_)


class AddsToOldMap(PlainAlignment):
    def solved(self, X, Y, w):
        new = super().solved(X, Y, w)
        old = getattr(self, "map_", np.zeros((0, 0)))
        return (new + old) / 2 if old.shape == new.shape else new


BROKEN = [
    ("check_pairs_meet", NotAligned),
    ("check_one_side", MoreAlone),
    ("check_sides_of_several_sizes", CentredByChunk),
    ("check_n_features", AnyNumberOfFeatures),
    ("check_unequal_pairs", CutsThePairs),
    ("check_sample_weight", IgnoresWeights),
    ("check_row_order", FirstPair),
    ("check_float32", AlwaysFloat64),
    ("check_input_is_kept", NeedsToWrite),
    ("check_parameters", ResolvesParameters),
    ("check_pickle", KeepsLambda),
    ("check_keys", KeysOfPairs),
    ("check_refit", WarmStart),
    ("check_refit", AddsToOldMap),
]


def test_a_plain_alignment_keeps_all_laws():
    check_alignment(PlainAlignment())


@pytest.mark.parametrize(("law", "alignment"), BROKEN)
def test_a_broken_alignment_is_caught_by_its_law_alone(law, alignment):
    assert broken_laws(alignment_checks_generator(alignment())) == {law}


def test_every_law_has_caught_an_alignment():
    laws = names_of_laws("alignment", alignment_checks_generator, BROKEN)
    assert {law for law, _ in BROKEN} == laws
