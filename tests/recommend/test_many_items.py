"""Memory of a fit on many users and items."""

import subprocess
import sys

import pytest

SCRIPT = """
import resource
import numpy as np
from scipy import sparse
from sktransfer.recommend import {name}

rng = np.random.default_rng(0)
rows = np.repeat(np.arange(1_000_000, dtype=np.int32), 10)
centre = rng.integers(0, 100_000, 1_000_000, dtype=np.int32)
near = centre[rows] + rng.integers(0, 200, rows.size, dtype=np.int32)
popular = rng.random(rows.size) < 0.3
near[popular] = 100_000 * rng.random(popular.sum()) ** 3
X = sparse.csr_array(
    (np.ones(rows.size, dtype=np.float32), (rows, near % 100_000)),
    shape=(1_000_000, 100_000),
)
model = {name}().fit(X)
items, scores = model.recommend(X[:1000], 20)
assert (items >= 0).all() and np.isfinite(scores).all()
print(model.item_weights_.nnz)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="kilobytes on Linux")
@pytest.mark.parametrize("name", ["ItemKNNRecommender", "LocalEASERecommender"])
def test_a_million_users_and_100_000_items_fit_in_4_gigabytes(name):
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(name=name)],
        capture_output=True,
        text=True,
        check=True,
    )
    n_weights, kilobytes = map(int, run.stdout.split())
    assert 1_000_000 < n_weights <= 401 * 100_000  # with a diagonal
    assert kilobytes < 4_000_000
