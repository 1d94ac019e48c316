"""reduce_states: blocks, order, tree and processes do not matter."""

import gc
import os
import pickle
import signal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sktransfer.moments import (
    ClassMoments,
    ColumnMoments,
    GramMoments,
    Moments,
    PairMoments,
    csr_chunks,
    merge_all,
    reduce_states,
)

EXACT = {"arithmetic": "exact", "bound": 9.0}


def assert_same_bits(a, b):
    assert type(a) is type(b)
    assert (a.n_rows, a.weight, a.shards) == (b.n_rows, b.weight, b.shards)
    for x, y in zip(a.sums.arrays().values(), b.sums.arrays().values(), strict=True):
        assert_array_equal(x, y)


@pytest.fixture(scope="module")
def X():
    return np.random.default_rng(0).normal(size=(60, 3)).clip(-9, 9)


@settings(max_examples=200, deadline=None)
@given(
    cuts=st.lists(st.integers(0, 60), max_size=12),
    split_every=st.integers(2, 9),
    seed=st.integers(0, 99),
)
def test_blocks_order_and_tree_do_not_matter(X, cuts, split_every, seed):
    blocks = np.split(X, sorted(cuts))
    np.random.default_rng(seed).shuffle(blocks)
    empty = Moments.empty(3, **EXACT)
    state = reduce_states(iter(blocks), empty, split_every=split_every)
    assert_same_bits(state, empty.update(X))


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8, 9, 17, 30])
@pytest.mark.parametrize("split_every", [2, 3, 4, 100])
def test_streamed_tree_is_the_tree_of_groups(X, n, split_every):
    # in float64, where the order of merges is seen in the last bits
    blocks = np.array_split(X, n)
    streamed = reduce_states(iter(blocks), Moments.empty(3), split_every=split_every)
    states = [Moments.empty(3).update(block) for block in blocks]
    while len(states) > 1:
        starts = range(0, len(states), split_every)
        states = [merge_all(states[i : i + split_every]) for i in starts]
    assert_same_bits(streamed, states[0])


def test_streamed_tree_holds_one_state_a_level(X):
    def held():
        return sum(isinstance(thing, ColumnMoments) for thing in gc.get_objects())

    before, seen = held(), []

    def make(block):
        if block == 4**3 - 2:
            seen.append(held() - before)
        return ColumnMoments.empty(3).update(X)

    state = reduce_states(range(4**3 - 1), make, split_every=4)
    assert seen[0] <= 3 + 1  # and the newest
    assert state.n_rows == 60 * (4**3 - 1)


def test_processes_give_the_bits_of_one(X):
    blocks = np.array_split(X, 11)
    one = reduce_states(blocks, Moments.empty(3))
    assert_same_bits(reduce_states(iter(blocks), Moments.empty(3), n_jobs=2), one)


def test_generator_is_read_as_needed(X):
    read = []

    def blocks():
        for i in range(100):
            read.append(i)
            yield X[:1]

    def stop_at_tenth(block):
        if len(read) == 10:
            raise RuntimeError("tenth")
        return Moments.empty(3).update(block)

    with pytest.raises(RuntimeError, match="tenth"):
        reduce_states(blocks(), stop_at_tenth)
    assert len(read) == 10


def test_dicts_are_merged_by_key(X):
    domains = np.arange(60) % 3 - 1

    def by_domain(rows):
        empty = Moments.empty(3, **EXACT)
        found = np.unique(domains[rows]).tolist()
        return {d: empty.update(X[rows][domains[rows] == d]) for d in found}

    states = reduce_states(np.array_split(np.arange(60), 40), by_domain)
    assert list(states) == [-1, 0, 1]
    for d, state in states.items():
        assert_same_bits(state, Moments.empty(3, **EXACT).update(X[domains == d]))


def test_tuples_and_sparse_blocks_and_paths(X, tmp_path):
    pairs = [(X[:30], X[:30, :1]), (X[30:], X[30:, :1])]
    state = reduce_states(pairs, PairMoments.empty((3, 1)))
    assert_allclose(state.cross_gram(), X.T @ X[:, :1])
    counts = sparse.random_array((50, 4), density=0.3, rng=0)
    state = reduce_states(csr_chunks(counts, 7), GramMoments.empty(4))
    assert_allclose(state.gram(), (counts.T @ counts).toarray())
    paths = [tmp_path / f"{i}.npy" for i in range(3)]
    for path in paths:
        np.save(path, X)

    def read(path):
        return Moments.empty(3, **EXACT).update(np.load(path))

    assert reduce_states(paths, read).n_rows == 180


@pytest.mark.parametrize(
    "empty",
    [
        Moments.empty(300),
        GramMoments.empty(300, fingerprint="f"),
        ColumnMoments.empty(300, **EXACT),
        Moments.empty(300, row_norm=2.0, **EXACT),
        PairMoments.empty((200, 100), row_norm=(2.0, 1.0), **EXACT),
    ],
    ids=lambda state: type(state).__name__,
)
def test_pickle_of_an_empty_state_holds_no_zeros(empty):
    data = pickle.dumps(empty)
    assert len(data) < 1000
    block = np.ones((2, 300))
    if isinstance(empty, PairMoments):
        block = block[:, :200], block[:, 200:]
    again, once = (reduce_states([block], e) for e in (pickle.loads(data), empty))
    assert again.to_bytes() == once.to_bytes()


def test_a_shard_that_comes_twice_is_refused(X):
    def make(block):
        return Moments.empty(3).update(block, shard="monday")

    with pytest.raises(ValueError, match="holds shard 'monday' already"):
        reduce_states([X, X], make)


class KillOnce:
    """Kills its process the first time that it gets the block."""

    def __init__(self, path):
        self.path = path

    def __call__(self, block):
        if block[0, 0] == 5 and not os.path.exists(self.path):
            open(self.path, "w").close()
            os.kill(os.getpid(), signal.SIGKILL)
        return Moments.empty(1, **EXACT).update(block)


@pytest.mark.filterwarnings("ignore:A worker stopped while some jobs:UserWarning")
@pytest.mark.slow
def test_killed_process_of_joblib(tmp_path):
    blocks = [np.full((1, 1), float(i)) for i in range(9)]
    state = reduce_states(blocks, KillOnce(str(tmp_path / "1")), n_jobs=2)
    assert_same_bits(state, Moments.empty(1, **EXACT).update(np.vstack(blocks)))
    with pytest.raises(RuntimeError):
        reduce_states(blocks, KillOnce(str(tmp_path / "2")), n_jobs=2, retries=0)


def test_no_block():
    empty = Moments.empty(3)
    assert reduce_states([], empty) is empty
    with pytest.raises(ValueError, match="needs a block at least; got none"):
        reduce_states([], lambda block: empty)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"backend": "spark"}, ValueError, "backend must be one of"),
        (
            {"split_every": 1},
            ValueError,
            "split_every must be an integer of",
        ),
        (
            {"split_every": 2.5},
            ValueError,
            "split_every must be an integer of",
        ),
        ({"retries": -1}, ValueError, "retries must be an integer of at least 0"),
        ({"blocks": "rows.csv"}, TypeError, "got the path 'rows.csv'"),
        ({"blocks": np.ones((4, 3))}, TypeError, r"one array of shape \(4, 3\)"),
        ({"blocks": sparse.eye_array(3)}, TypeError, "csr_chunks"),
        ({"blocks": 7}, TypeError, "got int"),
        ({"blocks": {1: np.ones((2, 3))}}, TypeError, "got one dict"),
        ({"make_state": Moments}, TypeError, r"Pass Moments.empty\(...\)"),
        ({"make_state": "sum"}, TypeError, "make_state must be a function"),
        ({"make_state": lambda b: b}, TypeError, "must return a MomentState"),
        ({"make_state": lambda b: {1: b}}, TypeError, "a dict with ndarray"),
    ],
)
def test_errors(arguments, error, message):
    arguments = {"blocks": [np.ones((2, 3))], "make_state": Moments.empty(3)}.__or__(
        arguments
    )
    with pytest.raises(error, match=message):
        reduce_states(arguments.pop("blocks"), arguments.pop("make_state"), **arguments)


def test_a_path_is_a_block_of_all_columns_of_a_file(X, tmp_path):
    pytest.importorskip("pandas")
    paths = [tmp_path / f"{i}.csv" for i in range(3)]
    for path, part in zip(paths, np.split(X, [20, 20]), strict=True):
        np.savetxt(path, part, "%.17g", ",", header="a,b,c", comments="")
    empty = Moments.empty(3, **EXACT)
    for blocks in (paths, map(str, paths)):  # the second file has no rows
        assert_same_bits(reduce_states(blocks, empty), empty.update(X))
    with pytest.raises(ValueError, match=r"0\.csv': X must be .* 2 columns.*columns="):
        reduce_states(paths, Moments.empty(2))
    with pytest.raises(FileNotFoundError, match=r"nothing\.csv"):
        reduce_states([tmp_path / "nothing.csv"], empty)


def test_one_frame_is_no_list_of_blocks():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1.0, 2.0]})
    with pytest.raises(TypeError, match=r"got one DataFrame. Pass a list"):
        reduce_states(frame, Moments.empty(1))
    assert reduce_states([frame, frame], Moments.empty(1)).n_rows == 4


def test_state_with_rows_is_no_beginning(X):
    with pytest.raises(ValueError, match=r"must be empty.*got one of 60 rows"):
        reduce_states([X], Moments.empty(3).update(X))


def test_dict_for_one_block_alone():
    state = ColumnMoments.empty(1)
    with pytest.raises(TypeError, match="for every block or for none"):
        reduce_states([state, {1: state}], lambda block: block)


@pytest.mark.slow
def test_moments_of_classes_travel_as_well(X):
    y = np.where(X[:, 0] > 0, "good", "bad")
    empty = ClassMoments.empty(X.shape[1], classes=["bad", "good"])
    # an empty state travels without its zeros, each class of it
    wide = ClassMoments.empty(1000, classes=["bad", "good"])
    assert len(pickle.dumps(wide)) < 2000
    blocks = [(X[:20], y[:20]), (X[20:], y[20:])]
    states = [reduce_states(blocks, empty, n_jobs=n) for n in (1, 2)]
    for name in empty.classes:
        assert_array_equal(states[0].of(name).scatter, states[1].of(name).scatter)
        assert states[0].of(name).n_rows == np.sum(y == name)
