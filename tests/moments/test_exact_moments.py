"""Exact states: one bit pattern in whatever order, and forgetting without a trace."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from threadpoolctl import threadpool_limits

from sktransfer.moments import (
    ColumnMoments,
    GramMoments,
    Moments,
    PairMoments,
    merge_all,
)

KINDS = [Moments, ColumnMoments, GramMoments]
OPTIONS = {"arithmetic": "exact", "bound": 9.0, "bits": 20}

rows = st.integers(0, 9).flatmap(
    lambda n: arrays(np.float64, (n, 3), elements=st.floats(-9, 9, width=32))
)


def state(kind, X, w=None, **options):
    return kind.empty(X.shape[1], **OPTIONS | options).update(X, sample_weight=w)


def assert_same_bits(a, b):
    assert type(a) is type(b)
    assert (a.n_rows, a.weight, a.shards) == (b.n_rows, b.weight, b.shards)
    for x, y in zip(a.sums.arrays().values(), b.sums.arrays().values(), strict=True):
        assert_array_equal(x, y)


@pytest.mark.slow  # test_laws_of_kinds has this law too, of fewer examples
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=350, deadline=None)
@given(a=rows, b=rows, c=rows)
def test_merging_is_a_group(kind, a, b, c):
    a, b, c = (state(kind, x) for x in (a, b, c))
    assert_same_bits(a.merge(b), b.merge(a))
    assert_same_bits(a.merge(b).merge(c), a.merge(b.merge(c)))
    assert_same_bits(a.merge(kind.empty(3, **OPTIONS)), a)
    assert_same_bits(a.merge(b).unmerge(b), a)


@pytest.mark.slow  # test_laws_of_kinds has this law too, of fewer examples
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=350, deadline=None)
@given(a=rows, b=rows, data=st.data())
def test_forgotten_rows_leave_no_trace(kind, a, b, data):
    w = data.draw(arrays(np.int64, len(b), elements=st.integers(0, 3)))
    both = state(kind, a).update(b, sample_weight=w)
    assert_same_bits(both.forget(b, sample_weight=w), state(kind, a))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n_shards", [1, 2, 7, 100])
def test_shards_order_tree_and_threads_do_not_matter(kind, n_shards, rng):
    X = rng.normal(size=(400, 3)).clip(-9, 9)
    parts = np.array_split(X[rng.permutation(400)], n_shards)
    with threadpool_limits(1):
        whole = state(kind, X)
    with threadpool_limits(2):
        states = [state(kind, part) for part in parts]
    while len(states) > 1:  # a random tree
        i, j = sorted(rng.choice(len(states), 2, replace=False))
        second = states.pop(j)
        states[i] = states[i].merge(second)
    assert_same_bits(states[0], whole)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bits", [2, 12, 24])
def test_sums_are_those_of_rounded_rows_in_python_integers(kind, bits, rng):
    X = rng.normal(size=(50, 3)).clip(-9, 9)
    w = rng.integers(1, 5, size=50)
    unit = 9.0 / 2 ** (bits - 1)
    Q = np.rint(X / unit).astype(int).astype(object)
    expected = Q.T @ (w[:, None] * Q)
    if kind is ColumnMoments:
        expected = expected.diagonal()
    for form in (np.asarray, sparse.csr_array, sparse.csc_matrix, np.float32):
        if form is np.float32 and bits == 24:
            continue  # as many digits as float32 itself
        got = state(kind, form(X), w, bits=bits).sums
        if form is np.float32:
            assert np.abs(got.products - expected).max() <= 2 ** (2 * bits) * 1e-5
            continue
        assert (got.products == expected).all()
        assert (got.sums == w @ Q).all()
        assert_array_equal(got.gram(), expected.astype(float) * unit**2)


@pytest.mark.parametrize("kind", [Moments, ColumnMoments])
@pytest.mark.parametrize("heaviest", [1, 6, 50_000])
def test_products_of_more_rows_than_float64_holds(rng, kind, heaviest):
    """Of 20 bits, products of 2**15 rows have 53; a row may weigh more than that."""
    X = rng.uniform(-9, 9, size=(30 if heaviest > 6 else 80_000, 4))
    w = rng.integers(1, heaviest + 1, size=len(X))
    Q = np.rint(X / (9.0 / 2**19)).astype(np.int64)
    products = Q.T @ (w[:, None] * Q)
    found = state(kind, X, None if heaviest == 1 else w)
    if kind is ColumnMoments:
        products = products.diagonal()
    assert_array_equal(found.sums.products, products)
    assert_array_equal(found.sums.sums, w @ Q)
    assert found.weight == w.sum()


def test_mean_and_scatter_are_those_of_the_rounded_rows(rng):
    # near the bound, where products about 0 would cancel nine of their digits
    X = 9 - rng.uniform(0, 1e-3, size=(1000, 3))
    w = rng.integers(1, 4, size=1000)
    unit = 9.0 / 2**19
    Q = np.rint(X / unit).astype(np.longdouble) * unit
    mean = w @ Q / w.sum()
    scatter = (Q - mean).T @ (w[:, None] * (Q - mean))
    got = state(Moments, X, w)
    assert_allclose(got.mean, mean.astype(float), rtol=1e-15)
    assert_allclose(got.scatter, scatter.astype(float), rtol=1e-10)
    columns = state(ColumnMoments, X, w)
    assert_allclose(columns.scatter, got.scatter.diagonal(), rtol=1e-14)


def test_close_to_float64_where_bits_are_many(rng):
    X = rng.normal(size=(500, 3)).clip(-9, 9)
    exact, plain = state(Moments, X, bits=24), Moments.empty(3).update(X)
    assert_allclose(exact.covariance(), plain.covariance(), atol=1e-5)
    assert_allclose(exact.mean, plain.mean, atol=1e-6)


def test_what_does_not_fit_is_refused():
    empty = Moments.empty(2, **OPTIONS)
    with pytest.raises(ValueError, match=r"from -9 to 9; got 9\.5"):
        empty.update(np.array([[1.0, 9.5]]))
    with pytest.raises(ValueError, match="got nan"):
        empty.update(np.array([[1.0, np.nan]]))
    with pytest.raises(ValueError, match="got -inf"):
        empty.update(sparse.csr_array([[1.0, -np.inf]]))
    with pytest.raises(ValueError, match=r"whole numbers as sample_weight; got 0\.5"):
        empty.update(np.ones((1, 2)), sample_weight=[0.5])
    with pytest.raises(ValueError, match="of total weight 33554"):
        empty.update(np.ones((2, 2)), sample_weight=[2.0**24, 2.0**24])
    full = empty.update(np.ones((1, 2)), sample_weight=[2.0**24])
    with pytest.raises(ValueError, match="Use fewer bits"):
        full.merge(full)
    with pytest.raises(ValueError, match="needs bound"):
        Moments.empty(2, arithmetic="exact")
    with pytest.raises(ValueError, match="bits must be an integer from 2 to 24"):
        Moments.empty(2, arithmetic="exact", bound=1.0, bits=25)
    with pytest.raises(ValueError, match="alone; got 1"):
        Moments.empty(2, bound=1.0)
    with pytest.raises(ValueError, match="arithmetic must be one of"):
        Moments.empty(2, arithmetic="decimal")
    with pytest.raises(ValueError, match="same arithmetic"):
        empty.merge(Moments.empty(2))
    with pytest.raises(ValueError, match="same arithmetic"):
        empty.merge(Moments.empty(2, **OPTIONS | {"bits": 19}))


@pytest.mark.parametrize("options", [{}, OPTIONS])
def test_shards_and_columns_are_looked_after(options):
    empty = Moments.empty(2, fingerprint="words", **options)
    a = empty.update(np.ones((3, 2)), shard="de")
    b = empty.update(np.zeros((2, 2)), shard="fr")
    both = a.merge(b)
    assert both.shards == {"de", "fr"}
    for twice in (lambda: both.merge(a), lambda: a.update([[1, 1]], shard="de")):
        with pytest.raises(ValueError, match="shard 'de' already"):
            twice()
    assert both.forget(np.ones((3, 2)), shard="de").shards == {"fr"}
    with pytest.raises(ValueError, match=r"got \['us'\], which are not"):
        both.forget(np.ones((3, 2)), shard="us")
    with pytest.raises(ValueError, match="to take off"):
        b.unmerge(empty.update(np.ones((3, 2))))
    with pytest.raises(ValueError, match="fingerprints are 'words' and ''"):
        a.merge(Moments.empty(2, **options))
    pickled = pickle.loads(pickle.dumps(both))
    assert_same_bits(pickled, both)
    assert pickled.fingerprint == "words"
    assert not pickled.sums.arrays().popitem()[1].flags.writeable


@pytest.mark.parametrize("empty", [
    kind.empty(2, **options) for kind in KINDS for options in ({}, OPTIONS)
])  # fmt: skip
def test_rows_that_were_never_added_cannot_be_forgotten(empty):
    whole = empty.update(np.array([[1.0, 0.0], [0.5, 1.0]]))
    with pytest.raises(
        ValueError, match=r"do not fit those of the state in column [01]"
    ):
        whole.forget(np.array([[0.0, 5.0]]))
    assert whole.forget(np.array([[0.5, 1.0]])).n_rows == 1


@pytest.mark.parametrize("options", [{}, OPTIONS])
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_pairs_are_the_blocks_of_the_joint_moments(rng, options, form):
    X, Y = rng.normal(size=(30, 3)).clip(-9, 9), rng.normal(size=(30, 2)).clip(-9, 9)
    w = rng.integers(1, 4, size=30)
    pairs = PairMoments.empty((3, 2), **options)
    pairs = pairs.update(form(X), Y, sample_weight=w)
    joint = Moments.empty(5, **options).update(np.hstack([X, Y]), sample_weight=w)
    assert_allclose(np.hstack(pairs.means()), joint.mean)
    assert_allclose(pairs.scatters()[0], joint.scatter[:3, :3], atol=1e-12)
    assert_allclose(pairs.scatters()[1], joint.scatter[3:, 3:], atol=1e-12)
    assert_allclose(pairs.cross_scatter(), joint.scatter[:3, 3:], atol=1e-12)
    assert_allclose(pairs.cross_gram(), joint.gram()[:3, 3:], atol=1e-12)
    gone = pairs.forget(form(X[:20]), Y[:20], sample_weight=w[:20])
    rest = PairMoments.empty((3, 2), **options)
    rest = rest.update(X[20:], Y[20:], sample_weight=w[20:])
    assert_allclose(gone.cross_scatter(), rest.cross_scatter(), atol=1e-11)
    assert merge_all([pairs]) is pairs


def test_pairs_refuse_what_is_no_pair():
    empty = PairMoments.empty((2, 1))
    with pytest.raises(ValueError, match="got X alone"):
        empty.update(np.ones((3, 2)))
    with pytest.raises(ValueError, match="got 3 and 2"):
        empty.update(np.ones((3, 2)), np.ones(2))
    with pytest.raises(ValueError, match="2 and 1 columns merges only"):
        empty.merge(PairMoments.empty((1, 2)))
    with pytest.raises(ValueError, match="has one block of columns"):
        Moments.empty(2).update(np.ones((3, 2)), np.ones(3))
    with pytest.raises(ValueError, match="as a tuple; got 3"):
        PairMoments.empty(3)
    with pytest.raises(ValueError, match="needs a state at least"):
        merge_all([])
