"""all_estimators finds every public estimator, by what it can do."""

import pytest

import sktransfer
import sktransfer.base
from sktransfer.utils.discovery import all_estimators


def names(type_filter=None):
    return [name for name, _ in all_estimators(type_filter)]


def test_names_are_sorted_and_belong_to_their_classes():
    found = all_estimators()
    assert names() == sorted(names())
    assert len(set(names())) == len(found) > 40
    assert all(cls.__name__ == name for name, cls in found)


def test_bases_are_no_estimators():
    assert not set(names()) & set(sktransfer.base.__all__)


@pytest.mark.parametrize(
    ("kind", "some", "others"),
    [
        ("weighter", {"KMMInstanceWeighter", "LabelShiftInstanceWeighter"}, {"CORAL"}),
        ("mapper", {"CORAL", "TransferFeatureSelector"}, {"Procrustes", "PLSA"}),
        (
            "recommender",
            {"EASERecommender", "TransferRecommender"},
            {"SequenceEncoder"},
        ),
        ("alignment", {"Procrustes", "KernelAlignment"}, {"SubspaceAlignment"}),
        ("strategy", {"Pooling", "Distillation"}, {"TransferClassifier"}),
        ("word_space", {"AlignedEmbeddings", "WordSpaceUnion"}, {"Procrustes"}),
        ("classifier", {"TransferClassifier"}, {"TransferRegressor"}),
        ("regressor", {"TransferRegressor"}, {"TransferClassifier"}),
        ("transformer", {"CORAL", "PLSA"}, {"KMMInstanceWeighter"}),
    ],
)
def test_kinds_are_told_by_what_a_class_can_do(kind, some, others):
    assert some <= set(names(kind))
    assert not others & set(names(kind))


def test_every_kind_has_classes_that_end_in_its_name():
    for name in names():
        for ending, kind in (("Weighter", "weighter"), ("Recommender", "recommender")):
            if name.endswith(ending):
                assert name in names(kind)


def test_several_kinds_are_joined():
    both = names(["weighter", "mapper"])
    assert both == sorted(names("weighter") + names("mapper"))


@pytest.mark.parametrize("bad", ["weigher", ["mapper", "weigher"]])
def test_unknown_kinds_are_refused(bad):
    with pytest.raises(ValueError, match=r"got \['weigher'\]"):
        all_estimators(bad)


def test_what_is_exported_at_the_top_is_found():
    exported = {
        name
        for name in sktransfer.__all__
        if isinstance(getattr(sktransfer, name), type)
    }
    exported -= {"Interactions"}  # which is data
    assert set(names()) == exported | set(names("strategy"))
