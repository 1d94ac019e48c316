"""The lines of the README on logs run as copied, on frames of every library."""

import re
from pathlib import Path

import numpy as np
import pytest

README = Path(__file__).parents[1] / "README.md"
CONSTRUCTORS = {"pandas": "DataFrame", "polars": "DataFrame", "pyarrow": "table"}


@pytest.mark.skipif(not README.exists(), reason="the README is not installed")
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("library", CONSTRUCTORS)
def test_a_log_becomes_a_ranked_frame(library):
    make = getattr(pytest.importorskip(library), CONSTRUCTORS[library])
    blocks = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), flags=re.S)
    (code,) = (block for block in blocks if "from_frame" in block)
    rng = np.random.default_rng(0)
    user = rng.integers(0, 30, 150)
    days = np.datetime64("2026-01-01") + rng.permutation(user.size)
    log = {
        "customer": [f"{u:04d}" for u in user],
        "sku": (2**53 + 1 + (2 * rng.integers(0, 5, user.size) + user % 2)).tolist(),
        "day": days.astype("M8[us]").tolist(),
        "country": np.where(user < 15, "uk", "de").tolist(),
    }
    names = {"frame": make(log)}
    exec(compile(code, str(README), "exec"), names)
    ranked = names["ranked"]
    assert type(ranked) is type(names["frame"])
    columns = {name: list(ranked[name]) for name in ("user", "item", "score", "rank")}
    if library == "pyarrow":
        columns = {name: ranked[name].to_pylist() for name in columns}
    of_de = [u for u, c in zip(log["customer"], log["country"]) if c == "de"]
    assert set(columns["user"]) == set(of_de)
    assert set(columns["item"]) <= set(log["sku"])
    taken = set(zip(log["customer"], log["sku"]))
    assert not taken & set(zip(columns["user"], columns["item"]))
    assert columns["rank"][:3] == [1, 2, 3]
