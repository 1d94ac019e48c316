"""Rows clipped to a public length: no row is longer, rounding included."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sktransfer.moments import (
    ColumnMoments,
    GramMoments,
    Moments,
    MomentState,
    PairMoments,
    StateFormatError,
)
from sktransfer.moments.format import pack_state

KINDS = [Moments, ColumnMoments, GramMoments]


def state(kind, X, bits=12, row_norm=1.5, **options):
    empty = kind.empty(
        X.shape[1], arithmetic="exact", bits=bits, row_norm=row_norm, **options
    )
    return empty.update(X)


@settings(max_examples=300, deadline=None)
@given(
    row=arrays(np.float64, 5, elements=st.floats(-1e6, 1e6)),
    bits=st.integers(2, 24),
    row_norm=st.floats(0.01, 50),
)
def test_no_row_is_longer_than_its_limit(row, bits, row_norm):
    found = state(Moments, row[None], bits, row_norm).sums
    assert found.products.trace() <= found.norm_limits[0]
    # the limit itself is that of the length, and no more
    exact = (row_norm / found.unit) ** 2
    assert exact <= found.norm_limits[0] <= exact * (1 + 1e-8) + 1
    same = state(Moments, sparse.csr_array(row[None]), bits, row_norm).sums
    assert_array_equal(found.products, same.products)
    assert_array_equal(found.sums, same.sums)


def test_rounding_up_is_taken_back_where_it_makes_a_row_too_long():
    # two bits: the unit is half the bound, and each entry would round up to 2 units
    row = np.full((1, 4), 0.5)  # length 1, each entry half a unit
    found = state(Moments, row, bits=2, row_norm=1.0, bound=2.0).sums
    assert found.norm_limits == (2,)
    assert found.products.trace() <= 2


def test_short_rows_stay_and_long_ones_keep_their_direction(rng):
    X = rng.normal(size=(40, 3))
    norms = np.linalg.norm(X, axis=1, keepdims=True)
    clipped = X / np.maximum(norms / 1.5, 1)
    for form in (np.asarray, sparse.csr_array):
        found = state(Moments, form(X), bits=20)
        assert_allclose(found.gram(), clipped.T @ clipped, atol=1e-4)
        assert_allclose(found.mean, clipped.mean(axis=0), atol=1e-5)


def test_users_with_no_more_items_than_the_bound_count_in_full():
    X = sparse.csr_array(np.tril(np.ones((7, 7))))
    found = state(GramMoments, X[:5], bits=20, row_norm=np.sqrt(5), bound=1.0)
    assert_array_equal(found.gram(), (X[:5].T @ X[:5]).toarray())
    assert state(GramMoments, X[6:], row_norm=np.sqrt(5), bound=1.0).gram().trace() < 5


def test_entries_are_cut_off_at_the_bound():
    found = state(Moments, np.array([[3.0, 4.0]]), bits=20, row_norm=5.0, bound=3.5)
    assert_allclose(found.mean, [3, 3.5], atol=1e-5)


def test_blocks_of_pairs_are_clipped_by_themselves():
    X, Y = np.array([[3.0, 4.0]]), np.array([[0.0, 2.0]])
    empty = PairMoments.empty((2, 2), arithmetic="exact", bits=20, row_norm=(1.0, 3.0))
    for form in (np.asarray, sparse.csr_array):
        left, right = empty.update(form(X), form(Y)).means()
        assert_allclose(left, [0.6, 0.8], atol=1e-5)
        assert_allclose(right, [0, 2], atol=1e-5)


def test_extreme_rows():
    X = np.array([[1e300, 1e300], [3.0, 4.0], [0.0, 0.0], [1e-300, 0.0]])
    half = np.sqrt(0.5)
    for form in (np.asarray, sparse.csr_array):
        found = state(Moments, form(X), bits=20, row_norm=1.0)
        assert_allclose(found.mean * 4, [half + 0.6, half + 0.8], atol=1e-5)
    for bad in (np.nan, np.inf):
        with pytest.raises(ValueError, match="finite"):
            state(Moments, np.array([[bad, 1.0]]))
    assert state(Moments, np.ones((0, 2))).weight == 0


def test_rows_weigh_no_more_than_the_public_weight():
    empty = Moments.empty(2, arithmetic="exact", row_norm=1.0, max_weight=3)
    empty.update(np.ones((2, 2)), sample_weight=[3, 1])
    with pytest.raises(ValueError, match="max_weight=3"):
        empty.update(np.ones((2, 2)), sample_weight=[4, 1])


@pytest.mark.parametrize("kind", KINDS)
def test_clipped_states_are_stored_merged_and_forgotten(kind, rng):
    X = rng.normal(size=(30, 4))
    whole = state(kind, X)
    again = MomentState.from_bytes(whole.to_bytes())
    assert again.sums.settings == whole.sums.settings
    assert_array_equal(again.sums.products, whole.sums.products)
    left = again.forget(X[:10])
    assert_array_equal(left.sums.products, state(kind, X[10:]).sums.products)
    assert left.blank().sums.blocks == whole.sums.blocks
    with pytest.raises(ValueError, match="same arithmetic"):
        whole.merge(state(kind, X, row_norm=1.6))


def test_stored_pairs_keep_both_lengths(rng):
    empty = PairMoments.empty((2, 3), arithmetic="exact", row_norm=(1.0, 2.0))
    whole = empty.update(rng.normal(size=(9, 2)), rng.normal(size=(9, 3)))
    again = PairMoments.from_bytes(whole.to_bytes())
    assert again.sums.blocks == whole.sums.blocks == ((2, 1.0), (3, 2.0))


@pytest.mark.parametrize(
    "change",
    [
        {"row_norm": 1.0},
        {"row_norm": [[2, 1.0, 3]]},
        {"row_norm": [[2, 1]]},
        {"row_norm": [[True, 1.0]]},
        {"row_norm": [[2, 1e300]]},
        {"row_norm": [[2, -1.0]]},
        {"row_norm": [[3, 1.0]]},
        {"row_norm": [[1, 1.0], [1, 1.0]]},
        {"row_norm": [[2, 0.1]]},
        {"row_norm": None},
        {"max_weight": 0},
        {"weight": 41},
    ],
)
def test_files_that_lie_about_lengths_are_refused(change):
    whole = state(Moments, np.ones((40, 2)))
    header = whole.header() | change
    with pytest.raises(StateFormatError):
        Moments.from_bytes(pack_state(header, list(whole.sums.arrays().values()), None))


def test_pairs_in_a_file_have_the_blocks_of_their_columns():
    empty = PairMoments.empty((1, 2), arithmetic="exact", row_norm=(1.0, 1.0))
    arrays = list(empty.sums.arrays().values())
    for blocks in ([[2, 1.0], [1, 1.0]], [[3, 1.0]]):
        header = empty.header() | {"row_norm": blocks}
        with pytest.raises(StateFormatError, match="both blocks"):
            PairMoments.from_bytes(pack_state(header, arrays, None))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"row_norm": 0.0}, "row_norm"),
        ({"row_norm": "1", "bound": 1.0}, "row_norm"),
        ({"row_norm": 1e9, "bound": 1.0}, "row_norm"),
        ({"row_norm": 1.0, "max_weight": 0}, "max_weight"),
        ({"row_norm": 1.0, "arithmetic": "float64"}, "exact"),
        ({"row_norm": -1.0}, "row_norm"),
    ],
)
def test_limits_out_of_range(options, message):
    with pytest.raises(ValueError, match=message):
        Moments.empty(2, **{"arithmetic": "exact"} | options)
    with pytest.raises(ValueError, match="two lengths"):
        PairMoments.empty((2, 2), arithmetic="exact", row_norm=1.0)
