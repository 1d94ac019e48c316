"""Splitters over the target rows."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score, cross_validate

from sktransfer.model_selection import TargetKFold, TargetShuffleSplit
from sktransfer.transfer import TransferClassifier

SPLITTERS = [
    TargetKFold(3),
    TargetKFold(4, shuffle=True, random_state=1),
    TargetShuffleSplit(5, random_state=0),
    TargetShuffleSplit(5, test_size=7, train_size=5, random_state=0),
]


@pytest.fixture
def domains(rng):
    return rng.permutation(np.repeat([1, 2, -3, -4], [20, 15, 30, 25]))


@pytest.mark.parametrize("splitter", SPLITTERS, ids=str)
def test_sources_always_train_and_tests_are_target_rows(splitter, domains):
    folds = list(splitter.split(np.zeros(90), groups=domains))
    assert len(folds) == splitter.get_n_splits()
    for train, test in folds:
        assert np.isin(np.flatnonzero(domains > 0), train).all()
        assert (domains[test] < 0).all()
        assert np.intersect1d(train, test).size == 0
        assert_array_equal(train, np.unique(train))
        assert_array_equal(test, np.unique(test))


@pytest.mark.parametrize("shuffle", [False, True])
def test_every_target_row_is_tested_once(domains, shuffle):
    splitter = TargetKFold(4, shuffle=shuffle, random_state=0 if shuffle else None)
    tested = np.concatenate([t for _, t in splitter.split(domains, groups=domains)])
    assert_array_equal(np.sort(tested), np.flatnonzero(domains < 0))


@pytest.mark.parametrize("splitter", SPLITTERS[:3], ids=str)
def test_each_fold_has_its_share_of_every_class_and_domain(splitter, domains, rng):
    y = rng.choice(["a", "b", "c"], p=[0.6, 0.3, 0.1], size=90)
    target = domains < 0
    for _, test in splitter.split(y, y, domains):
        share = test.size / target.sum()
        for d in (-3, -4):
            for label in "abc":
                stratum = (domains == d) & (y == label)
                assert abs(stratum[test].sum() - share * stratum.sum()) <= 1 + 1e-9


def test_a_class_rarer_than_the_folds_is_no_error():
    y = np.array([0] * 9 + [1])
    folds = list(TargetKFold(5).split(y, y, np.full(10, -1)))
    assert sorted(np.concatenate([t for _, t in folds])) == list(range(10))


def test_order_of_rows_does_not_change_fold_sizes(domains, rng):
    y = rng.integers(2, size=90)
    order = rng.permutation(90)
    sizes = [t.size for _, t in TargetKFold(4).split(y, y, domains)]
    again = [t.size for _, t in TargetKFold(4).split(y, y[order], domains[order])]
    assert sizes == again


def test_without_domains_every_row_is_split():
    with pytest.warns(UserWarning, match=r"every row is tested.*\. Pass groups"):
        folds = list(TargetKFold(2).split(np.zeros((6, 2))))
    assert [t.tolist() for _, t in folds] == [[0, 2, 4], [1, 3, 5]]


@pytest.mark.parametrize(
    "y",
    [
        np.linspace(0, 1, 10),
        np.array([0.0, np.nan] * 5),
        np.array(["a", None] * 5, dtype=object),
        np.zeros((10, 1)),
        np.zeros((10, 2)),
    ],
    ids=["continuous", "nan", "none", "column", "two columns"],
)
def test_any_labels_can_be_split(y):
    folds = list(TargetKFold(5).split(np.zeros(10), y, np.full(10, -1)))
    assert all(test.size == 2 for _, test in folds)


def test_train_size_counts_target_rows(domains):
    for train_size, n in [(0, 0), (5, 5), (0.4, 22), (None, 44)]:
        splitter = TargetShuffleSplit(3, train_size=train_size, random_state=0)
        for train, test in splitter.split(domains, groups=domains):
            assert (domains[train] < 0).sum() == n
            assert test.size == 11


def test_random_state_decides_the_splits(domains):
    def tests(state):
        splitter = TargetShuffleSplit(3, random_state=state)
        return [t.tolist() for _, t in splitter.split(domains, groups=domains)]

    assert tests(0) == tests(0)
    assert tests(0) != tests(1)
    assert len({tuple(t) for t in tests(0)}) == 3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: TargetKFold(1), "n_splits must be an integer of at least 2; got 1"),
        (lambda: TargetKFold(2.5), r"got 2\.5"),
        (lambda: TargetKFold(3, random_state=0), "no effect with shuffle=False"),
        (lambda: TargetShuffleSplit(0), "at least 1; got 0"),
    ],
)
def test_bad_parameters_are_explained(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("splitter", "message"),
    [
        (TargetKFold(7), "at least 7 target rows; got 6"),
        (TargetShuffleSplit(test_size=0), "test_size must be"),
        (TargetShuffleSplit(test_size=1.5), r"got 1\.5"),
        (TargetShuffleSplit(test_size=9), r"\[1, 6\]; got 9"),
        (TargetShuffleSplit(train_size="half"), "got 'half'"),
        (TargetShuffleSplit(test_size=4, train_size=3), "ask for 7 of 6 target rows"),
    ],
)
def test_bad_splits_are_explained(splitter, message):
    d = np.repeat([1, -1], 6)
    with pytest.raises(ValueError, match=message):
        list(splitter.split(d, groups=d))


@pytest.mark.parametrize("routing", [False, True])
def test_cross_validation_scores_the_target(routing, rng):
    X = rng.normal(size=(80, 3))
    d = np.repeat([1, -2], 40)
    y = np.where(d > 0, X[:, 0] > 0, X[:, 0] < 0)  # the target has the opposite rule
    with config_context(enable_metadata_routing=routing):
        model = TransferClassifier(LogisticRegression(C=10))
        if routing:
            extra = {"params": {"sample_domain": d}}
        else:
            extra = {"params": {"sample_domain": d}, "groups": d}
        result = cross_validate(model, X, y, cv=TargetKFold(4), **extra)
        again = cross_val_score(model, X, y, cv=TargetKFold(4), **extra)
    assert result["test_score"].mean() < 0.1
    assert_array_equal(result["test_score"], again)
