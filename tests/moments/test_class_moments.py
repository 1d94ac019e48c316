"""Moments by class: those of the rows of each class, and forged files refused."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from test_state_bytes import forged

from sktransfer.moments import ClassMoments, Moments, StateFormatError
from sktransfer.privacy import privatize

EXACT = {"arithmetic": "exact", "bound": 16.0}
CLASSES = ["b", "a", "c"]


@pytest.fixture
def rows(rng):
    X = rng.normal(size=(60, 3)).clip(-9, 9)
    y = rng.choice(["a", "b"], size=60)
    X[y == "a"] += 2
    return X, y, rng.integers(0, 3, size=60).astype(float)


@pytest.mark.parametrize("options", [{}, EXACT])
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_each_class_has_the_moments_of_its_rows(rows, form, options):
    X, y, w = rows
    state = ClassMoments.empty(3, classes=CLASSES, **options)
    state = state.update(form(X), y, sample_weight=w)
    for name in CLASSES:
        own = Moments.empty(3, **options)
        own = own.update(form(X)[y == name], sample_weight=w[y == name])
        assert_array_equal(state.of(name).mean, own.mean)
        assert_array_equal(state.of(name).scatter, own.scatter)
    assert_array_equal(state.weights(), [w[y == name].sum() for name in CLASSES])
    assert_allclose(state.means()[1], state.of("a").mean)
    whole = Moments.empty(3, **options).update(X, sample_weight=w)
    assert state.n_rows == whole.n_rows
    assert_allclose(state.pooled().scatter, whole.scatter, atol=1e-9)
    # total scatter = within + between the classes
    D = state.means() - whole.mean
    between = D.T @ (state.weights()[:, None] * D)
    assert_allclose(state.within_scatter() + between, whole.scatter, atol=1e-9)


@pytest.mark.parametrize("options", [{}, EXACT])
def test_merge_and_forget(rows, options):
    X, y, w = rows
    empty = ClassMoments.empty(3, classes=CLASSES, **options)
    first, rest = slice(0, 20), slice(20, 60)
    a = empty.update(X[first], y[first], sample_weight=w[first], shard="1")
    b = empty.update(X[rest], y[rest], sample_weight=w[rest], shard="2")
    both = a.merge(b)
    whole = empty.update(X, y, sample_weight=w)
    gone = both.forget(X[rest], y[rest], sample_weight=w[rest], shard="2")
    for x, expected in ((both, whole), (gone, a), (empty.merge(a), a)):
        for name in CLASSES:
            assert_allclose(x.of(name).mean, expected.of(name).mean, atol=1e-9)
            assert_allclose(x.of(name).scatter, expected.of(name).scatter, atol=1e-9)
            if options:
                assert_array_equal(x.of(name).scatter, expected.of(name).scatter)
    assert both.shards == {"1", "2"}
    assert gone.shards == {"1"}
    again = pickle.loads(pickle.dumps(both))
    assert_array_equal(again.of("a").scatter, both.of("a").scatter)
    with pytest.raises(ValueError, match="with their classes and weights"):
        a.unmerge(empty.update(X[:1], ["c"]))
    with pytest.raises(ValueError, match="shard '1' already"):
        both.update(X[:1], y[:1], shard="1")


def test_what_is_no_class_is_refused(rows):
    X, y, _ = rows
    empty = ClassMoments.empty(3, classes=CLASSES)
    with pytest.raises(ValueError, match="got 'd' in row 1"):
        empty.update(X[:2], ["a", "d"])
    with pytest.raises(ValueError, match="class of each of the 60 rows; got none"):
        empty.update(X)
    with pytest.raises(ValueError, match=r"got shape \(2,\)"):
        empty.update(X, y[:2])
    with pytest.raises(ValueError, match="The classes are"):
        empty.of("d")
    with pytest.raises(ValueError, match="each once"):
        ClassMoments.empty(3, classes=["a", "a"])
    with pytest.raises(ValueError, match="strings or integers"):
        ClassMoments.empty(3, classes=[0.5])
    with pytest.raises(ValueError, match="takes no row_norm"):
        ClassMoments.empty(3, classes=CLASSES, arithmetic="exact", row_norm=1.0)
    with pytest.raises(ValueError, match="no noisy form"):
        privatize(empty, None)
    with pytest.raises(ValueError, match="merges only with its like"):
        empty.merge(ClassMoments.empty(3, classes=["a", "b", "c"]))
    numbers = ClassMoments.empty(3, classes=[3, 1])
    assert numbers.update(X[:2], np.array([1, 3])).weights().tolist() == [1, 1]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"classes": "ab"}, "list of different names"),
        ({"classes": ["a", "a", "b"]}, "list of different names"),
        ({"classes": ["a", 1, "b"]}, "list of different names"),
        ({"classes": ["a", "b"]}, "There are 2 classes"),
        ({"rows_of_classes": None}, "There are 3 classes"),
        ({"rows_of_classes": [30, 30, -1]}, "n_rows is a whole number"),
        ({"n_rows": 61}, "n_rows is a whole number"),
        ({"weight": 59.0}, "The classes weigh"),
        ({"weights_of_classes": [1.0, 2.0, float("inf")]}, "no number of a header"),
    ],
)
def test_forged_files_are_refused(rows, fields, message):
    X, y, _ = rows
    data = ClassMoments.empty(3, classes=CLASSES).update(X, y).to_bytes()
    with pytest.raises(StateFormatError, match=message):
        ClassMoments.from_bytes(forged(data, **fields))
