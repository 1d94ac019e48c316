"""Paths of the public files, with errors that say how to get them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sktransfer._core.parameters import check_value, one_of

VARIABLE = "SKTRANSFER_DATA"


def data_file(
    data_home: str | os.PathLike[str] | None, relative: str, source: str
) -> Path:
    """Return the path of one public file."""
    home = os.environ.get(VARIABLE) if data_home is None else data_home
    if not home:
        raise FileNotFoundError(
            f"No data folder: pass data_home, or set the environment variable "
            f"{VARIABLE} to the folder that holds {relative!r}. The public source is "
            f"{source}; the user guide describes the files."
        )
    folder = Path(home).expanduser()
    if not folder.is_dir():
        origin = f"the environment variable {VARIABLE}" if data_home is None else ""
        raise FileNotFoundError(
            f"The data folder {str(folder)!r} ({origin or 'data_home'}) does not "
            f"exist. Set it to the folder that holds {relative!r}; the public source "
            f"is {source}."
        )
    path = folder / relative
    if not path.exists():
        raise FileNotFoundError(
            f"The data folder {str(folder)!r} has no file {relative!r}. The public "
            f"source is {source}; the user guide describes the files."
        )
    return path


def choose_several(name: str, value: Any, allowed: tuple[str, ...]) -> list[str]:
    """Return one or several different options as a list."""
    listed = [value] if isinstance(value, str) else list(value)
    for option in listed:
        check_value(name, option, one_of(*allowed))
    if not listed or len(set(listed)) < len(listed):
        raise ValueError(
            f"{name} must name different options, at least one of "
            f"{', '.join(map(repr, allowed))}; got {value!r}."
        )
    return listed
