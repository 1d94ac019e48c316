"""reduce_states on Dask: without a cluster, on one, and on one that loses workers."""

import builtins
import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from joblib import parallel_config
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.model_selection import GridSearchCV, KFold

from sktransfer.model_selection import split_interactions
from sktransfer.moments import GramMoments, Moments, reduce_states
from sktransfer.recommend import EASERecommender

dask = pytest.importorskip("dask")

EXACT = {"arithmetic": "exact", "bound": 9.0}
EMPTY = Moments.empty(3, **EXACT)


def assert_same_bits(a, b):
    assert (a.n_rows, a.weight, a.shards) == (b.n_rows, b.weight, b.shards)
    for x, y in zip(a.sums.arrays().values(), b.sums.arrays().values(), strict=True):
        assert_array_equal(x, y)


@pytest.fixture(scope="module")
def blocks():
    X = np.random.default_rng(0).normal(size=(60, 3)).clip(-9, 9)
    return np.array_split(X, 11)


@pytest.mark.parametrize("split_every", [2, 3, 4, 20])
@pytest.mark.parametrize("scheduler", ["sync", "threads"])
def test_plain_scheduler_gives_the_bits_of_joblib(blocks, split_every, scheduler):
    with dask.config.set(scheduler=scheduler):
        for empty in (EMPTY, Moments.empty(3)):  # float64: the same tree
            state = reduce_states(
                blocks, empty, backend="dask", split_every=split_every
            )
            expected = reduce_states(blocks, empty, split_every=split_every)
            assert_same_bits(state, expected)


def test_delayed_blocks_dicts_and_bags(blocks):
    expected = reduce_states(blocks, EMPTY)
    with dask.config.set(scheduler="sync"):
        delayed = [dask.delayed(np.copy)(block) for block in blocks]
        assert_same_bits(reduce_states(delayed, EMPTY, backend="dask"), expected)
        pairs = [(block, None) for block in delayed]
        assert_same_bits(reduce_states(pairs, EMPTY, backend="dask"), expected)
        bag = pytest.importorskip("dask.bag")
        items = bag.from_sequence(blocks, npartitions=4)
        assert_same_bits(reduce_states(items, EMPTY, backend="dask"), expected)
        few = items.filter(lambda block: block[0, 0] > 0)  # some partitions are empty
        some = [block for block in blocks if block[0, 0] > 0]
        state = reduce_states(few, EMPTY, backend="dask")
        assert_same_bits(state, reduce_states(some, EMPTY))
        none = items.filter(lambda block: False)
        assert reduce_states(none, EMPTY, backend="dask") is EMPTY
        states = reduce_states(
            range(5), lambda i: {i % 2: EMPTY.update(blocks[i])}, backend="dask"
        )
        assert_same_bits(states[1], EMPTY.update(np.vstack([blocks[1], blocks[3]])))
    assert reduce_states([], EMPTY, backend="dask") is EMPTY


def test_dask_arrays_and_frames_are_given_by_parts(blocks):
    array = pytest.importorskip("dask.array").from_array(blocks[0], chunks=(2, 3))
    for backend in ("dask", "joblib"):
        with pytest.raises(TypeError, match=r"got a Dask Array. Pass its parts"):
            reduce_states(array, EMPTY, backend=backend)
    parts = list(array.to_delayed().ravel())
    with dask.config.set(scheduler="sync"):
        state = reduce_states(parts, EMPTY, backend="dask")
    assert_same_bits(state, EMPTY.update(blocks[0]))
    with pytest.raises(TypeError, match=r'a Delayed of Dask.*Use backend="dask"'):
        reduce_states(parts, EMPTY)


def test_errors_of_blocks_arrive(blocks):
    with dask.config.set(scheduler="sync"):
        with pytest.raises(TypeError, match="must return a MomentState"):
            reduce_states(blocks, lambda block: block, backend="dask")
        with pytest.raises(ValueError, match="values from -9 to 9"):
            reduce_states([blocks[0] * 99], EMPTY, backend="dask")


def test_without_dask(blocks, monkeypatch):
    real = builtins.__import__

    def fake(name, *args, **kwargs):
        if name.split(".")[0] in hidden:
            raise ImportError(name)
        return real(name, *args, **kwargs)

    hidden = ["distributed"]
    monkeypatch.setattr(builtins, "__import__", fake)
    with dask.config.set(scheduler="sync"):
        state = reduce_states(blocks, EMPTY, backend="dask")
    assert_same_bits(state, reduce_states(blocks, EMPTY))
    hidden.append("dask")
    with pytest.raises(ImportError, match=r"sktransfer\[dask\]"):
        reduce_states(blocks, EMPTY, backend="dask")


# a cluster of two processes, each with a nanny that starts it again


@pytest.fixture
def client(tmp_path):
    # one for each test: a nanny of distributed 2026.8 that has seen both workers die
    # several times may never start one again
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address=None,
            local_directory=str(tmp_path / "dask"),
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        client.wait_for_workers(2)
        yield client


class SlowState:
    """State of a block, which leaves a trace that it was made."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, seed):
        time.sleep(0.05)
        open(os.path.join(self.folder, f"{seed}-{os.getpid()}"), "w").close()
        X = np.random.default_rng(seed).normal(size=(50, 20)).clip(-9, 9)
        return GramMoments.empty(20, **EXACT).update(X, shard=str(seed))


def kill_in_the_middle(client, folder, both):
    """Kill after a third of the blocks, when states are on the workers."""
    pids = list(client.run(os.getpid).values())
    assert len(pids) == 2

    def wait_and_kill():
        while len(os.listdir(folder)) < 20:
            time.sleep(0.01)
        for pid in pids if both else pids[:1]:
            os.kill(pid, signal.SIGKILL)

    thread = threading.Thread(target=wait_and_kill)
    thread.start()
    return thread


@pytest.mark.slow
def test_cluster_gives_the_bits_of_one_process(client, blocks):
    expected = reduce_states(blocks, EMPTY)
    assert_same_bits(reduce_states(blocks, EMPTY, backend="dask"), expected)
    futures = client.map(np.copy, blocks, pure=False)
    assert_same_bits(reduce_states(futures, EMPTY, backend="dask"), expected)
    pairs = [(future, None) for future in futures]
    assert_same_bits(reduce_states(pairs, EMPTY, backend="dask"), expected)


@pytest.mark.slow
@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("run", range(5))
def test_killed_workers(client, tmp_path, both, run):
    alone, traces = tmp_path / "alone", tmp_path / "traces"
    alone.mkdir(), traces.mkdir()
    expected = reduce_states(range(60), SlowState(str(alone)))
    thread = kill_in_the_middle(client, traces, both)
    state = reduce_states(range(60), SlowState(str(traces)), backend="dask")
    thread.join()
    assert_same_bits(state, expected)
    assert len(state.shards) == 60
    made = len(os.listdir(traces))
    assert made >= 60  # states that were lost were made again
    if both:
        assert made > 60


@pytest.mark.slow
def test_task_that_takes_workers_down(client, tmp_path):
    """The scheduler gives it up after two workers; it is then handed in again."""
    client.cluster.scheduler.allowed_failures = 1
    path = tmp_path / "deaths"
    path.write_text("")

    def make(seed):
        if seed == 3 and len(path.read_text()) < 3:
            with path.open("a") as file:
                file.write("x")
            os.kill(os.getpid(), signal.SIGKILL)
        return EMPTY.update(np.full((1, 3), float(seed)))

    state = reduce_states(range(6), make, backend="dask")
    assert path.read_text() == "xxx"
    assert state.n_rows == 6


@pytest.mark.slow
def test_task_is_given_up_at_last(client):
    def make(seed):
        os.kill(os.getpid(), signal.SIGKILL)

    from distributed import KilledWorker

    client.cluster.scheduler.allowed_failures = 0
    with pytest.raises(KilledWorker):
        reduce_states([1], make, backend="dask", retries=0)


class Slow(EASERecommender):
    """EASE whose fits leave a trace and take their time."""

    def __init__(self, l2=1.0, folder=None):
        super().__init__(l2=l2)
        self.folder = folder

    def fit(self, X, y=None):
        """Leave a trace, wait, fit."""
        if self.folder is not None:
            (Path(self.folder) / f"{self.l2}-{os.getpid()}-{time.time()}").touch()
            time.sleep(0.2)
        return super().fit(X, y)


@pytest.mark.slow
@pytest.mark.parametrize("run", range(5))
def test_search_that_loses_a_worker(client, tmp_path, run):
    """As the guide says: rows and folds are on every worker, and stay there."""
    rng = np.random.default_rng(run)
    X = sparse.random_array((2000, 30), density=0.2, rng=rng, format="csr")
    X.data[:] = 1
    X, Y = split_interactions(X, random_state=0)
    folds = list(KFold(3).split(X))
    grid = {"l2": np.geomspace(1, 3000, 15)}
    expected = GridSearchCV(Slow(), grid, cv=folds).fit(X, Y)
    traces = tmp_path / "traces"
    traces.mkdir()
    thread = kill_in_the_middle(client, traces, both=False)
    client.amm.stop()
    scatter = [X, Y, *(rows for fold in folds for rows in fold)]
    with parallel_config("dask", scatter=scatter, retries=3):
        search = GridSearchCV(Slow(folder=traces), grid, cv=folds).fit(X, Y)
    thread.join()
    scores = [s.cv_results_["mean_test_score"] for s in (search, expected)]
    assert_array_equal(*scores)
