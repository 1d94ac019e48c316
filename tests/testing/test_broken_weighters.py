"""Each law of weighters catches the weighter that breaks it."""

import numpy as np
import plain_parts
import pytest
from laws import broken_laws, names_of_laws
from plain_parts import PlainWeighter, both_sides, source_mask
from scipy import sparse

from sktransfer.testing import check_weighter, weighter_checks_generator


class Changed(PlainWeighter):
    """Weights that are changed after `fit`, where there are domains."""

    def fit(self, X, y=None, sample_domain=None):
        super().fit(X, y, sample_domain)
        if sample_domain is not None:
            self.change(np.asarray(sample_domain), y)
        return self


class MeanOfTwo(Changed):
    def change(self, d, y):
        self.weights_[d > 0] *= 2


class NegativeWeights(Changed):
    def change(self, d, y):
        i = np.flatnonzero(d > 0)[:2]
        self.weights_[i] = self.weights_[i].sum() + 1, -1


class TargetOfTwo(Changed):
    def change(self, d, y):
        self.weights_[d < 0] = 2


class ZeroWithoutDomains(PlainWeighter):
    def fit(self, X, y=None, sample_domain=None):
        super().fit(X, y, sample_domain)
        if sample_domain is None:
            self.weights_[::2] = 0
        return self


class BlindToTheTarget(PlainWeighter):
    def difference(self, X, source):
        return 3.0 * (np.arange(X.shape[1]) == 0)


class EarlyRowsFirst(Changed):
    def change(self, d, y):
        w = self.weights_[d > 0] * np.linspace(1.1, 1, (d > 0).sum())
        self.weights_[d > 0] = w / w.mean()
        self.largest_ = self.weights_.max()


class MeanOfStoredEntries(PlainWeighter):
    def difference(self, X, source):
        if not sparse.issparse(X):
            return super().difference(X, source)
        stored = [(X[side] != 0).sum(axis=0) for side in (~source, source)]
        sums = [np.ravel(X[side].sum(axis=0)) for side in (~source, source)]
        one, other = (s / np.maximum(np.ravel(n), 1) for s, n in zip(sums, stored))
        return one - other


class AlwaysFloat64(PlainWeighter):
    def fit(self, X, y=None, sample_domain=None):
        super().fit(X, y, sample_domain)
        self.weights_ = self.weights_.astype(np.float64)
        return self


class SmallTypesWrap(plain_parts.SmallTypesWrap, PlainWeighter):
    pass


class FlagsAreMasks(plain_parts.FlagsAreNumbers, PlainWeighter):
    pass


class LastOfRepeatedEntries(plain_parts.RepeatedEntriesCountTwice, PlainWeighter):
    pass


class ListsAreColumns(plain_parts.ListsAreReversed, PlainWeighter):
    pass


class Nameless(PlainWeighter):
    def fit(self, X, y=None, sample_domain=None):
        super().fit(X, y, sample_domain)
        vars(self).pop("feature_names_in_", None)
        return self


class ReadsTargetLabels(Changed):
    def change(self, d, y):
        labels = np.asarray(y, dtype=object)
        new = set(labels[d < 0]) - set(labels[d > 0]) - {None}
        w = self.weights_[d > 0] ** (1 + len(new))
        self.weights_[d > 0] = w / w.mean()


class LooksUnderTheMask(Changed):
    def change(self, d, y):
        if isinstance(y, np.ma.MaskedArray):
            w = self.weights_[d > 0] ** np.sum(y.data == "bad")
            self.weights_[d > 0] = w / w.mean()


class NoIntegers(PlainWeighter):
    def fit(self, X, y=None, sample_domain=None):
        if getattr(y, "dtype", None) == np.int64:
            raise TypeError("Labels must be names.")
        return super().fit(X, y, sample_domain)


class DomainAsQuantity(Changed):
    def change(self, d, y):
        w = self.weights_[d > 0] * d[d > 0]
        self.weights_[d > 0] = w / w.mean()


class ZeroIsTarget(PlainWeighter):
    def source(self, sample_domain, n_rows):
        d = np.asarray(sample_domain)
        if d.dtype.kind == "i":
            d = np.where(d == 0, -1, d)
        return both_sides(source_mask(d, n_rows))


class OneSideWillDo(PlainWeighter):
    def source(self, sample_domain, n_rows):
        source = source_mask(sample_domain, n_rows)
        if source.all() or not source.any():
            source = np.arange(n_rows) % 2 == 0
        return source


class NaNForOneRow(Changed):
    def change(self, d, y):
        if (d > 0).sum() == 1:
            self.weights_[d > 0] = np.nan


class WritesToDomains(PlainWeighter):
    def fit(self, X, y=None, sample_domain=None):
        if getattr(sample_domain, "dtype", None) == np.int64:
            sample_domain += np.sign(sample_domain)  # the weights stay
        return super().fit(X, y, sample_domain)


class NeedsToWrite(PlainWeighter):
    def fit(self, X, y=None, sample_domain=None):
        if sparse.issparse(X) and X.format == "csr":
            X.data *= 1.0
        return super().fit(X, y, sample_domain)


class ResolvesParameters(PlainWeighter):
    def fit(self, X, y=None, sample_domain=None):
        self.mode = "auto"
        return super().fit(X, y, sample_domain)


class KeysOfPairs(PlainWeighter):
    def fit(self, X, y=None, sample_domain=None):
        self.losses_ = {(0.1, 2): 0.5}
        return super().fit(X, y, sample_domain)


class KeepsLambda(PlainWeighter):
    def fit(self, X, y=None, sample_domain=None):
        self.function_ = lambda x: x
        return super().fit(X, y, sample_domain)


class WarmStart(PlainWeighter):
    def difference(self, X, source):
        self.n_fits_ = getattr(self, "n_fits_", 0) + 1
        return super().difference(X, source) / self.n_fits_


class KeepsTheDirection(PlainWeighter):
    def difference(self, X, source):
        kept = getattr(self, "kept_", np.zeros(0))
        if kept.size != X.shape[1]:
            self.kept_ = super().difference(X, source)
        return self.kept_


class KeepsWeightsOfAsManyRows(Changed):
    def change(self, d, y):
        old = getattr(self, "old_weights_", np.zeros(0))
        self.old_weights_ = self.weights_.copy()
        if old.size == d.size:
            self.weights_ = old


class RawScores(PlainWeighter):
    def score_samples(self, X):
        return 100 * self.raw(self.validated(X, reset=False))


class ScoresByOtherRows(PlainWeighter):
    def score_samples(self, X):
        scores = super().score_samples(X)
        return scores / max(scores.max(), 1)


class SparseScoresOfOne(PlainWeighter):
    def score_samples(self, X):
        scores = super().score_samples(X)
        return np.ones_like(scores) if sparse.issparse(X) else scores


class AnyNumberOfFeatures(PlainWeighter):
    def score_samples(self, X):
        n = X.shape[1]
        scores = np.exp(self.strength * (X @ self.direction_[:n])) / self.scale_
        return np.minimum(scores, self.largest_)


class NotRouted(PlainWeighter):
    __metadata_request__fit = {"sample_domain": None}  # noqa: RUF012


class NeedsAllLabels(PlainWeighter):
    def fit(self, X, y=None, sample_domain=None):
        if y is not None and any(label is None for label in y):
            raise ValueError("Every row needs a label.")
        return super().fit(X, y, sample_domain)


BROKEN = [
    ("check_unit_mean", MeanOfTwo),
    ("check_unit_mean", NegativeWeights),
    ("check_unit_mean", TargetOfTwo),
    ("check_without_domains", ZeroWithoutDomains),
    ("check_equal_domains", BlindToTheTarget),
    ("check_row_order", EarlyRowsFirst),
    ("check_sparse_equals_dense", MeanOfStoredEntries),
    ("check_float32", AlwaysFloat64),
    ("check_frames", Nameless),
    ("check_number_types", SmallTypesWrap),
    ("check_boolean", FlagsAreMasks),
    ("check_repeated_entries", LastOfRepeatedEntries),
    ("check_containers", ListsAreColumns),
    ("check_missing_labels", LooksUnderTheMask),
    ("check_target_labels_unread", ReadsTargetLabels),
    ("check_label_types", NoIntegers),
    ("check_domain_names", DomainAsQuantity),
    ("check_bad_domains", ZeroIsTarget),
    ("check_one_side_alone", OneSideWillDo),
    ("check_one_row_sides", NaNForOneRow),
    ("check_input_is_kept", WritesToDomains),
    ("check_input_is_kept", NeedsToWrite),
    ("check_parameters", ResolvesParameters),
    ("check_pickle", KeepsLambda),
    ("check_keys", KeysOfPairs),
    ("check_refit", WarmStart),
    ("check_refit", KeepsTheDirection),
    ("check_refit", KeepsWeightsOfAsManyRows),
    ("check_score_samples", RawScores),
    ("check_score_samples", ScoresByOtherRows),
    ("check_sparse_scores", SparseScoresOfOne),
    ("check_n_features", AnyNumberOfFeatures),
    ("check_routing", NotRouted),
    ("check_transfer_classifier", NeedsAllLabels),
]


def test_a_plain_weighter_keeps_all_laws():
    check_weighter(PlainWeighter())


# what else a broken weighter breaks
SIDE_EFFECTS = {
    WritesToDomains: {"check_bad_domains"},
    KeepsLambda: {"check_score_samples"},
    MeanOfStoredEntries: {"check_sparse_scores"},
    NegativeWeights: {"check_row_order", "check_transfer_classifier"},
    NeedsAllLabels: {"check_missing_labels", "check_target_labels_unread"},
}


@pytest.mark.parametrize(("law", "weighter"), BROKEN)
def test_a_broken_weighter_is_caught_by_its_law(law, weighter):
    assert broken_laws(weighter_checks_generator(weighter()), only=law) == {law}


@pytest.mark.slow
@pytest.mark.parametrize(("law", "weighter"), BROKEN)
def test_and_by_no_other(law, weighter):
    expected = {law} | SIDE_EFFECTS.get(weighter, set())
    assert broken_laws(weighter_checks_generator(weighter())) == expected


def test_every_law_has_caught_a_weighter():
    laws = names_of_laws("weighter", weighter_checks_generator, BROKEN)
    assert {law for law, _ in BROKEN} == laws
