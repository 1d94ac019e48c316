"""Each law of mappers catches the mapper that breaks it."""

import numpy as np
import plain_parts
import pytest
from laws import broken_laws, names_of_laws
from plain_parts import PlainMapper, both_sides, source_mask
from scipy import sparse

from sktransfer.testing import check_mapper, mapper_checks_generator


class NaNInOneRow(PlainMapper):
    def fit(self, X, y=None, sample_domain=None):
        self.largest_ = np.inf
        return super().fit(X, y, sample_domain)

    def ratio(self, X, source):
        self.largest_ = X[:, [0]].max()
        return super().ratio(X, source)

    def scaled(self, X, source):
        Z = super().scaled(X, source)
        first = X[:, [0]].toarray() if sparse.issparse(X) else X[:, [0]]
        Z[np.flatnonzero(first.ravel() == self.largest_)] = np.nan
        return Z


class DomainsNeeded(PlainMapper):
    def fit(self, X, y=None, sample_domain=None):
        return super().fit(X, y, np.asarray(sample_domain))


class SourceByDefault(PlainMapper):
    def transform(self, X, sample_domain=None):
        if sample_domain is None:
            sample_domain = np.ones(X.shape[0], dtype=int)
        return super().transform(X, sample_domain)


class CentredByChunk(PlainMapper):
    def scaled(self, X, source):
        Z = super().scaled(X, source)
        largest = abs(Z).max()
        return Z / largest if largest > 0 else Z


class AnotherFitTransform(PlainMapper):
    def fit_transform(self, X, y=None, sample_domain=None):
        return 1.5 * super().fit_transform(X, y, sample_domain)


class OtherTarget(PlainMapper):
    def ratio(self, X, source):
        return 2 * super().ratio(X, source)


class FirstRows(PlainMapper):
    def ratio(self, X, source):
        return super().ratio(X, source) ** (1 + 0.01 * X[[0]].sum())


class MeanOfStoredEntries(PlainMapper):
    def ratio(self, X, source):
        ratio = super().ratio(X, source)
        return ratio * (X.nnz / np.prod(X.shape)) if sparse.issparse(X) else ratio


class AlwaysFloat64(PlainMapper):
    def scaled(self, X, source):
        return super().scaled(X, source).astype(np.float64)


class SmallTypesWrap(plain_parts.SmallTypesWrap, PlainMapper):
    pass


class FlagsAreMasks(plain_parts.FlagsAreNumbers, PlainMapper):
    pass


class LastOfRepeatedEntries(plain_parts.RepeatedEntriesCountTwice, PlainMapper):
    pass


class ListsAreColumns(plain_parts.ListsAreReversed, PlainMapper):
    pass


class Nameless(PlainMapper):
    def fit(self, X, y=None, sample_domain=None):
        super().fit(X, y, sample_domain)
        vars(self).pop("feature_names_in_", None)
        return self


class ReadsTargetLabels(PlainMapper):
    def fit(self, X, y=None, sample_domain=None):
        super().fit(X, y, sample_domain)
        if y is not None and sample_domain is not None:
            d, labels = np.asarray(sample_domain), np.asarray(y, dtype=object)
            new = set(labels[d < 0]) - set(labels[d > 0]) - {None}
            self.scale_ = self.scale_ * (1 + len(new))
        return self


class LooksUnderTheMask(PlainMapper):
    def fit(self, X, y=None, sample_domain=None):
        super().fit(X, y, sample_domain)
        if isinstance(y, np.ma.MaskedArray):
            self.scale_ = self.scale_ * (1 + np.sum(y.data == "bad"))
        return self


class NoIntegers(PlainMapper):
    def fit(self, X, y=None, sample_domain=None):
        if getattr(y, "dtype", None) == np.int64:
            raise TypeError("Labels must be names.")
        return super().fit(X, y, sample_domain)


class DomainAsQuantity(PlainMapper):
    def fit(self, X, y=None, sample_domain=None):
        super().fit(X, y, sample_domain)
        if sample_domain is not None:
            self.scale_ = self.scale_ * np.abs(sample_domain).max()
        return self


class ZeroIsTarget(PlainMapper):
    def source(self, sample_domain, n_rows):
        d = np.asarray(sample_domain)
        if d.dtype.kind == "i":
            d = np.where(d == 0, -1, d)
        return both_sides(source_mask(d, n_rows))


class CutsDomains(PlainMapper):
    def transform(self, X, sample_domain=None):
        if sample_domain is not None:
            sample_domain = np.resize(sample_domain, X.shape[0])
        return super().transform(X, sample_domain)


class OneSideWillDo(PlainMapper):
    def source(self, sample_domain, n_rows):
        source = source_mask(sample_domain, n_rows)
        if source.all() or not source.any():
            source = np.arange(n_rows) % 2 == 0
        return source


class NaNForOneRow(PlainMapper):
    def ratio(self, X, source):
        ratio = super().ratio(X, source)
        return ratio * np.nan if source.sum() == 1 else ratio


class WritesToDomains(PlainMapper):
    def fit(self, X, y=None, sample_domain=None):
        if getattr(sample_domain, "dtype", None) == np.int64:
            sample_domain += np.sign(sample_domain)
        return super().fit(X, y, sample_domain)


class NeedsToWrite(PlainMapper):
    def scaled(self, X, source):
        if sparse.issparse(X):
            X.data *= 1.0
        return super().scaled(X, source)


class ResolvesParameters(PlainMapper):
    def fit(self, X, y=None, sample_domain=None):
        self.mode = "auto"
        return super().fit(X, y, sample_domain)


class KeysOfPairs(PlainMapper):
    def fit(self, X, y=None, sample_domain=None):
        self.losses_ = {(0.1, 2): 0.5}
        return super().fit(X, y, sample_domain)


class KeepsLambda(PlainMapper):
    def fit(self, X, y=None, sample_domain=None):
        self.function_ = lambda x: x
        return super().fit(X, y, sample_domain)


class WarmStart(PlainMapper):
    def ratio(self, X, source):
        self.n_fits_ = getattr(self, "n_fits_", 0) + 1
        return super().ratio(X, source) ** (1 / self.n_fits_)


class KeepsTheRatio(PlainMapper):
    def ratio(self, X, source):
        kept = getattr(self, "kept_", np.zeros(0))
        if kept.size != X.shape[1]:
            self.kept_ = super().ratio(X, source)
        return self.kept_


class OneNameForAll(PlainMapper):
    def get_feature_names_out(self, input_features=None):
        return np.array(["x"] * self.n_features_in_, dtype=object)


class AnyNumberOfFeatures(PlainMapper):
    def validated(self, X, reset):
        if not reset and X.shape[1] < self.n_features_in_:
            X = np.hstack([X, X[:, :1]])
        return super().validated(X, reset)


class NotRouted(PlainMapper):
    __metadata_request__transform = {"sample_domain": None}  # noqa: RUF012


class NeedsAllLabels(PlainMapper):
    def fit(self, X, y=None, sample_domain=None):
        if y is not None and any(label is None for label in y):
            raise ValueError("Every row needs a label.")
        return super().fit(X, y, sample_domain)


BROKEN = [
    ("check_one_row_each", NaNInOneRow),
    ("check_without_domains", DomainsNeeded),
    ("check_rows_without_domain", SourceByDefault),
    ("check_rows_alone", CentredByChunk),
    ("check_fit_transform", AnotherFitTransform),
    ("check_equal_domains", OtherTarget),
    ("check_row_order", FirstRows),
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
    ("check_transform_domains", CutsDomains),
    ("check_one_side_alone", OneSideWillDo),
    ("check_one_row_sides", NaNForOneRow),
    ("check_input_is_kept", WritesToDomains),
    ("check_input_is_kept", NeedsToWrite),
    ("check_parameters", ResolvesParameters),
    ("check_pickle", KeepsLambda),
    ("check_keys", KeysOfPairs),
    ("check_refit", WarmStart),
    ("check_refit", KeepsTheRatio),
    ("check_feature_names", OneNameForAll),
    ("check_n_features", AnyNumberOfFeatures),
    ("check_routing", NotRouted),
    ("check_transfer_classifier", NeedsAllLabels),
]
# what else a broken mapper breaks
SIDE_EFFECTS = {
    WritesToDomains: {"check_bad_domains"},
    DomainAsQuantity: {"check_containers"},
    MeanOfStoredEntries: {"check_repeated_entries"},
    NaNInOneRow: {"check_one_row_sides", "check_transfer_classifier"},
    AnotherFitTransform: {"check_routing", "check_transfer_classifier"},
    NeedsAllLabels: {"check_missing_labels", "check_target_labels_unread"},
}


def test_a_plain_mapper_keeps_all_laws():
    check_mapper(PlainMapper())


@pytest.mark.parametrize(("law", "mapper"), BROKEN)
def test_a_broken_mapper_is_caught_by_its_law(law, mapper):
    assert broken_laws(mapper_checks_generator(mapper()), only=law) == {law}


@pytest.mark.slow
@pytest.mark.parametrize(("law", "mapper"), BROKEN)
def test_and_by_no_other(law, mapper):
    expected = {law} | SIDE_EFFECTS.get(mapper, set())
    assert broken_laws(mapper_checks_generator(mapper())) == expected


def test_every_law_has_caught_a_mapper():
    laws = names_of_laws("mapper", mapper_checks_generator, BROKEN)
    assert {law for law, _ in BROKEN} == laws
