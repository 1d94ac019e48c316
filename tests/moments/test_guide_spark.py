"""The lines of the guide on Spark, with a Spark that is a few lines itself."""

import textwrap
from functools import reduce
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sktransfer.moments import Moments

pyarrow = pytest.importorskip("pyarrow")

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "out_of_core.rst"


class Partitions(list):
    """Partitions of a table or of an RDD."""

    def __init__(self, partitions):
        super().__init__(partitions)
        self.rdd = self

    def select(self, columns):
        return Partitions([[b.select(columns) for b in part] for part in self])

    def mapInArrow(self, function, schema):
        name, kind = schema.split()
        assert kind == "binary"
        rows = [
            SimpleNamespace(**{name: bytearray(value.as_py())})
            for part in self
            for batch in function(iter(part))
            for value in batch.column(name)
        ]
        return Partitions([rows])

    def map(self, function):
        return Partitions([[function(row) for row in part] for part in self])

    def treeAggregate(self, zero, add, combine):
        return reduce(combine, [reduce(add, part, zero) for part in self], zero)


@pytest.mark.skipif(not GUIDE.exists(), reason="the guide is not installed")
def test_lines_of_the_guide():
    text = GUIDE.read_text().split(".. code-block:: python\n\n")[-1]
    lines = [li for li in text.splitlines() if not li or li.startswith("   ")]
    code = textwrap.dedent("\n".join(lines))
    X = np.random.default_rng(0).uniform(-1000, 1000, (40, 4))
    names = ["other", "price", "rating", "returns"]
    batches = [
        pyarrow.RecordBatch.from_pydict(dict(zip(names, part.T)))
        for part in np.array_split(X, 8)
    ]
    table = Partitions([batches[:3], batches[3:4], [], batches[4:]])
    read = SimpleNamespace(parquet=lambda path: table)
    space = {"np": np, "pyarrow": pyarrow, "Moments": Moments}
    space["spark"] = SimpleNamespace(read=read)
    exec(code, space)
    expected = space["empty"].update(X[:, 1:])
    assert space["model_state"].n_rows == 40
    assert_array_equal(space["model_state"].sums.products, expected.sums.products)
