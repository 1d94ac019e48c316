"""Files that are written whole or not at all."""

import os
import signal
import subprocess
import sys

import pytest

from sktransfer._core.files import atomic_writer


def test_new_content_takes_the_place_of_the_old(tmp_path):
    path = tmp_path / "page.html"
    path.write_bytes(b"old")
    path.chmod(0o640)
    with atomic_writer(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["page.html"]


def test_after_an_error_the_old_file_stands_alone(tmp_path):
    path = tmp_path / "page.html"
    path.write_bytes(b"old")
    with pytest.raises(TypeError, match="bytes"), atomic_writer(path) as file:
        file.writelines([b"half", "a text"])
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["page.html"]


def test_a_link_keeps_pointing_to_its_file(tmp_path):
    path, link = tmp_path / "real", tmp_path / "link"
    path.write_bytes(b"old")
    link.symlink_to(path)
    with atomic_writer(link) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert path.read_bytes() == b"new"


def test_a_directory_is_refused(tmp_path):
    with pytest.raises(IsADirectoryError, match="a directory"), atomic_writer(tmp_path):
        pass
    assert os.listdir(tmp_path) == []


def test_a_missing_folder_is_an_error_and_is_not_made(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_writer(tmp_path / "no" / "page"):
        pass
    assert os.listdir(tmp_path) == []


WRITERS = {
    "table": """
from sktransfer.datasets import write_table
write_table(folder + "/new.csv.gz", {"a": range(5)})
""",
    "page": """
from sktransfer.inspection import TransferReport
TransferReport(title="x").write(folder + "/new.html")
""",
    "ledger": """
from sktransfer.privacy import PrivacyBudget
PrivacyBudget(1.0, 1e-6, path=folder + "/new.ledger")
""",
}


@pytest.mark.parametrize(
    ("writer", "number"),
    [
        ("table", signal.SIGTERM),
        pytest.param("table", signal.SIGHUP, marks=pytest.mark.slow),
        pytest.param("page", signal.SIGTERM, marks=pytest.mark.slow),
        ("ledger", signal.SIGTERM),
    ],
)
def test_a_signal_that_ends_the_process_leaves_nothing(tmp_path, writer, number):
    """Sent in the middle of writing: no part, no lock, and the status it gives."""
    program = f"""
import os, sys
folder = sys.argv[1]
def told_to_end(*_):
    assert len(os.listdir(folder)) >= 1
    os.kill(os.getpid(), {int(number)})
os.fsync = told_to_end
{WRITERS[writer]}
"""
    command = [sys.executable, "-c", program, str(tmp_path)]
    done = subprocess.run(command, capture_output=True)
    assert done.returncode == -number
    assert done.stderr == b""
    assert os.listdir(tmp_path) == []


def test_signals_that_the_program_handles_stay_its_own(tmp_path):
    received = []
    before = signal.signal(signal.SIGTERM, lambda number, _: received.append(number))
    try:
        with atomic_writer(tmp_path / "page") as file:
            file.write(b"whole")
            os.kill(os.getpid(), signal.SIGTERM)
        assert received == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)
    assert (tmp_path / "page").read_bytes() == b"whole"
    assert os.listdir(tmp_path) == ["page"]
