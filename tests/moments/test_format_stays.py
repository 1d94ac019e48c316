"""States that earlier commits wrote are read, and written again to the same bytes."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sktransfer.federated import MaskedState
from sktransfer.moments import MomentState
from sktransfer.privacy import NoisyState

FILE = Path(__file__).parent / "states_of_format_1.json"
STATES = {
    name: base64.b64decode(text) for name, text in json.loads(FILE.read_text()).items()
}
# the rows and weights that the states are of
X = np.array([[0, 1, 2.0], [3, 0, 1], [1, 1, 0], [0, 2, 0.5]])
w = np.array([1, 2, 1, 1])


@pytest.mark.parametrize("name", STATES)
def test_bytes_stay(name):
    kinds = {"NoisyState": NoisyState, "MaskedState": MaskedState}
    kind = kinds.get(name.split()[0], MomentState)
    key = b"k" if name.endswith("key") else None
    state = kind.from_bytes(STATES[name], key=key)
    assert state.to_bytes(key=key) == STATES[name]


@pytest.mark.parametrize("arithmetic", ["float64", "exact"])
@pytest.mark.parametrize("name", ["Moments", "ColumnMoments"])
def test_numbers_stay(name, arithmetic):
    state = MomentState.from_bytes(STATES[f"{name} {arithmetic}"])
    assert (state.n_rows, state.weight) == (4, 5)
    assert state.shards == {"a/0"}
    assert_allclose(state.mean, np.average(X, axis=0, weights=w), atol=1e-4)
