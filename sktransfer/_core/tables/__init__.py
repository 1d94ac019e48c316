"""Tables of files, read by loaders, moments and the command line alike."""

from sktransfer._core.tables.delimited import (
    DELIMITERS,
    MISSING_NUMBERS,
    Frame,
    TextOptions,
)
from sktransfer._core.tables.ids import id_texts, is_empty, object_array
from sktransfer._core.tables.kinds import KINDS, check_exists, is_pipe, table_kind
from sktransfer._core.tables.lines import TableError, shown
from sktransfer._core.tables.numbers import parse_numbers
from sktransfer._core.tables.reading import table_columns, table_frames
from sktransfer._core.tables.times import parse_times

__all__ = [
    "DELIMITERS",
    "KINDS",
    "MISSING_NUMBERS",
    "Frame",
    "TableError",
    "TextOptions",
    "check_exists",
    "id_texts",
    "is_empty",
    "is_pipe",
    "object_array",
    "parse_numbers",
    "parse_times",
    "shown",
    "table_columns",
    "table_frames",
    "table_kind",
]
