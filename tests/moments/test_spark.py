"""The lines of the guide on Spark itself, where it and a Java are installed."""

import os
import shutil
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

import sktransfer
from sktransfer.moments import Moments

pyspark = pytest.importorskip("pyspark")
pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "out_of_core.rst"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("java") is None and "JAVA_HOME" not in os.environ,
        reason="Spark needs a Java",
    ),
    pytest.mark.skipif(not GUIDE.exists(), reason="the guide is not installed"),
    pytest.mark.filterwarnings(
        "ignore:PySpark does not yet fully support:FutureWarning"
    ),
]


@pytest.fixture(scope="module")
def orders(tmp_path_factory):
    """Rows of 2,000 orders, as files below the working directory of the session."""
    X = np.random.default_rng(0).uniform(-1000, 1000, (2000, 4))
    names = ["other", "price", "rating", "returns"]
    folder = tmp_path_factory.mktemp("spark")
    (folder / "orders").mkdir()
    for i, part in enumerate(np.array_split(X, 4)):
        table = pyarrow.table(dict(zip(names, part.T)))
        parquet.write_table(table, folder / f"orders/{i}.parquet", row_group_size=200)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("PYTHONPATH", str(Path(sktransfer.__file__).parents[1]))
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        yield X[:, 1:]


@pytest.fixture(scope="module")
def spark(orders):
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[2, 3]")  # two threads, three attempts
        .config("spark.ui.enabled", "false")
        .config("spark.sql.files.maxPartitionBytes", "20000")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "100")
        .getOrCreate()
    )
    yield session
    session.stop()


def run_lines_of_the_guide(spark):
    text = GUIDE.read_text().split(".. code-block:: python\n\n")[-1]
    lines = [li for li in text.splitlines() if not li or li.startswith("   ")]
    space = {"np": np, "pyarrow": pyarrow, "Moments": Moments, "spark": spark}
    space["__name__"] = "__main__"  # its functions travel by value
    exec(textwrap.dedent("\n".join(lines)), space)
    return space


def test_lines_of_the_guide_on_spark(spark, orders):
    space = run_lines_of_the_guide(spark)
    assert space["table"].rdd.getNumPartitions() > 2
    expected = space["empty"].update(orders)
    assert space["model_state"].to_bytes() == expected.to_bytes()


def test_a_worker_that_is_killed_changes_nothing(spark, orders, tmp_path):
    space = run_lines_of_the_guide(spark)
    mark, empty = str(tmp_path / "killed"), space["empty"]

    def dies_once(batches):
        import os
        import signal

        state = empty
        for batch in batches:
            state = state.update(np.column_stack(batch.columns))
            try:
                os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                continue
            os.kill(os.getpid(), signal.SIGKILL)
        yield pyarrow.RecordBatch.from_pydict({"state": [state.to_bytes()]})

    def merge(a, b):
        return Moments.from_bytes(a).merge(Moments.from_bytes(b)).to_bytes()

    table = spark.read.parquet("orders").select(space["columns"])
    made = table.mapInArrow(dies_once, "state binary").rdd
    data = made.map(lambda row: bytes(row.state)).treeAggregate(
        empty.to_bytes(), merge, merge
    )
    assert Path(mark).exists()
    assert data == empty.update(orders).to_bytes()
