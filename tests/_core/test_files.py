"""Files that are written whole or not at all."""

import os

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
