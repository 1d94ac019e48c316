"""Times of interactions keep all their digits, and repeated pairs their newest."""

import datetime

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from sktransfer.model_selection import split_interactions
from sktransfer.recommend import (
    AutoTransferRecommender,
    BlendRecommender,
    NewItemLimiter,
    RecommenderCandidate,
    SequentialRecommender,
    TransferRecommender,
)

pd = pytest.importorskip("pandas")

START = {"seconds": 1_700_000_000, "nanoseconds": 1_700_000_000 * 10**9}


def rising_sessions(start, n=60, length=5, n_items=12, seed=0):
    """Sessions i, i + 1, ... round a ring, one unit of time apart, and what is next."""
    first = np.random.default_rng(seed).integers(0, n_items, n)
    items = (first[:, None] + np.arange(length)) % n_items
    times = np.zeros((n, n_items), dtype=np.int64)
    np.put_along_axis(times, items, start + np.arange(length)[None], axis=1)
    return times, (first + length) % n_items


def sequential():
    return SequentialRecommender("rules", decay=0.1, window=1)


MODELS = {
    "alone": sequential,
    "in a TransferRecommender": lambda: TransferRecommender(sequential()),
    "in a BlendRecommender": lambda: BlendRecommender([sequential()]),
    "in both": lambda: TransferRecommender(BlendRecommender([sequential()])),
    "in a NewItemLimiter": lambda: NewItemLimiter(sequential()),
}


@pytest.mark.parametrize("form", ["dense", "csr_array", "coo_matrix"])
@pytest.mark.parametrize("start", START)
@pytest.mark.parametrize("model", MODELS)
def test_next_items_by_whole_times(model, start, form):
    times, after = rising_sessions(START[start])
    X = times if form == "dense" else getattr(sparse, form)(times)
    items, _ = MODELS[model]().fit(X).recommend(X, 1)
    assert_array_equal(items[:, 0], after)


@pytest.mark.parametrize("model", MODELS)
def test_a_repeated_pair_is_at_its_newest_time(model):
    times, after = rising_sessions(START["seconds"])
    row, item = np.nonzero(times)
    when = times[row, item]
    # each event again, earlier, so that sums of times would turn the order round
    early = when - 100 - 3 * np.arange(when.size)
    log = sparse.coo_array(
        (np.r_[when, early], (np.r_[row, row], np.r_[item, item])), shape=times.shape
    )
    items, _ = MODELS[model]().fit(log).recommend(log, 1)
    assert_array_equal(items[:, 0], after)


@pytest.mark.parametrize(
    "form",
    [np.asarray, pd.DataFrame, lambda a: a.astype(object)],
    ids=["array", "frame", "objects"],
)
@pytest.mark.parametrize("model", ["alone", "in both"])
def test_dates_are_times(model, form):
    times, after = rising_sessions(START["seconds"])
    dates = times.astype("datetime64[s]")
    dates[times == 0] = "NaT"
    X = form(dates)
    items, _ = MODELS[model]().fit(X).recommend(X, 1)
    assert_array_equal(items[:, 0], after)


def test_dates_are_no_strengths():
    dates = np.full((4, 4), "2024-01-01", dtype="datetime64[D]")
    with pytest.raises(TypeError, match="strengths of interactions; got dates"):
        BlendRecommender().fit(dates)


class TestSplit:
    """`split_interactions` by time."""

    u, i = [0, 0, 0, 0], [0, 0, 1, 2]
    t = 1.7e9 + np.array([0, 1, 10, 20])

    def log(self, values):
        return sparse.coo_array((values, (self.u, self.i)), shape=(1, 3))

    @pytest.mark.parametrize("dtype", [np.float64, np.int64])
    def test_the_newest_item_is_held_out(self, dtype):
        time = self.log(self.t.astype(dtype))
        for X in (time, self.log(np.ones(4))):
            X_in, X_out = split_interactions(X, last=1, time=time)
            assert X_out.nonzero()[1].tolist() == [2]
            assert X_in.nonzero()[1].tolist() == [0, 1]
        assert split_interactions(time, last=1, time=time)[0][0, 0] == self.t[1]

    def test_repeated_entries_of_csr(self):
        X = sparse.csr_array((self.t, self.i, [0, 4]), shape=(1, 3))
        _, X_out = split_interactions(X, last=1, time=X)
        assert X_out.nonzero()[1].tolist() == [2]
        assert X.nnz == 4

    def test_nanoseconds_keep_their_order(self):
        time = (2**60 + np.array([[2, 0, 1, 3]]))[:, ::-1]
        _, X_out = split_interactions(np.ones((1, 4)), last=1, time=time)
        assert X_out.nonzero()[1].tolist() == [0]
        _, X_out = split_interactions(np.ones((1, 4)), last=2, time=time)
        assert X_out.nonzero()[1].tolist() == [0, 3]

    def test_pairs_repeated_256_times_do_not_wrap(self):
        for dtype in (np.int8, np.uint8, bool):
            X = sparse.coo_array(
                (np.ones(257, dtype), (np.zeros(257, int), [0] * 256 + [1])),
                shape=(1, 2),
            )
            X_in, X_out = split_interactions(X, random_state=0)
            assert_array_equal((X_in + X_out).toarray(), [[256, 1]])

    @pytest.mark.parametrize("dtype", [np.float16, ">f8", ">i4", bool, object])
    def test_dtypes_that_scipy_does_not_take(self, dtype):
        X = np.array([[1, 1, 0, 1], [0, 1, 1, 1]])
        parts = split_interactions(X.astype(dtype), random_state=0)
        for part, expected in zip(parts, split_interactions(X, random_state=0)):
            assert_array_equal(part.toarray(), expected.toarray())

    def test_dates(self):
        time = np.array(
            [["2024-01-03", "2024-01-01", "NaT"], ["NaT", "1970-01-01", "2024-01-02"]],
            dtype="datetime64[D]",
        )
        X = ~np.isnat(time)
        for when in (time, pd.DataFrame(time.astype("datetime64[ns]"))):
            _, X_out = split_interactions(X, last=1, time=when)
            assert_array_equal(X_out.toarray(), [[1, 0, 0], [0, 0, 1]])
            for since in (
                datetime.datetime(2024, 1, 2),
                pd.Timestamp("2024-01-02"),
                np.datetime64("2024-01-02"),
            ):
                X_in, X_out = split_interactions(X, since=since, time=when)
                assert_array_equal(X_out.toarray(), [[1, 0, 0], [0, 0, 1]])
                assert_array_equal(X_in.toarray(), [[0, 1, 0], [0, 1, 0]])

    def test_dates_and_numbers_are_not_compared(self):
        X = np.ones((1, 2))
        with pytest.raises(ValueError, match="since must be a number"):
            split_interactions(X, since=np.datetime64("2024-01-01"), time=X)
        dates = np.full((1, 2), "2024-01-01", dtype="datetime64[D]")
        with pytest.raises(ValueError, match="since must be a date"):
            split_interactions(X, since=1.7e9, time=dates)


class TestAuto:
    """Times of AutoTransferRecommender."""

    candidates = (
        RecommenderCandidate("blend", BlendRecommender()),
        RecommenderCandidate("sequences", sequential(), time=True),
    )

    @pytest.mark.parametrize("form", ["int64", "repeated", "dates"])
    def test_the_order_is_found(self, form):
        times, after = rising_sessions(START["nanoseconds"], n=120)
        X = (times != 0).astype(float)
        when = times
        if form == "repeated":
            row, item = np.nonzero(times)
            value = times[row, item]
            early = value - 100 - 3 * np.arange(value.size)
            pairs = (np.r_[row, row], np.r_[item, item])
            when = sparse.coo_array((np.r_[value, early], pairs), shape=X.shape)
        if form == "dates":
            when = times.astype("datetime64[ns]")
            when[times == 0] = "NaT"
        model = AutoTransferRecommender(self.candidates).fit(X, time=when)
        assert model.best_name_ == "sequences"
        items, _ = model.recommend(X, 1, time=when)
        assert_array_equal(items[:, 0], after)

    def test_times_below_0_are_refused(self):
        times, _ = rising_sessions(5)
        time = sparse.csr_array(times)
        time.data -= 8
        with pytest.raises(ValueError, match="time must be above 0"):
            AutoTransferRecommender(self.candidates).fit(times != 0, time=time)
