"""Ranked frames as arrays of lists, and back."""

from __future__ import annotations

from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from sktransfer._core.logs.ids import plain_values
from sktransfer.recommend._rankings import ranked_again
from sktransfer.recommend.reranking._item_columns import ID_COLUMN, numbered

_LISTS = ("market", "user")  # columns that tell lists apart


class RankedFrame:
    """Lists of a frame with a row for each ranked item.

    Attributes
    ----------
    ids : ndarray of shape (n_ranked,)
        Distinct items.
    items : ndarray of int64 of shape (n_lists, n_places)
        Their numbers, -1 for none.
    scores : ndarray of shape (n_lists, n_places)
        0 where the frame has none.
    rows : ndarray of int64 of shape (n_lists, n_places)
        Rows of the frame.
    """

    def __init__(self, frame: Any, *, scored: bool) -> None:
        self._frame = frame
        missing = {"user", ID_COLUMN, *(["score"] if scored else [])} - {*frame.columns}
        if missing:
            raise ValueError(
                "ranking must have the columns that recommend(..., as_frame=True) "
                f"gives; {', '.join(map(repr, sorted(missing)))} is missing among "
                f"{', '.join(map(repr, frame.columns[:20]))}."
            )
        n_rows = len(frame)
        row_list = self._list_of_each_row()
        rank = np.arange(n_rows)
        if "rank" in frame.columns:
            rank = frame.get_column("rank").to_numpy()
        order = np.lexsort((rank, row_list))
        place = np.arange(n_rows) - np.searchsorted(row_list[order], row_list[order])
        n_lists = int(row_list.max(initial=-1)) + 1
        shape = (n_lists, int(place.max(initial=-1)) + 1)
        self.rows = np.full(shape, -1)
        self.rows[row_list[order], place] = order
        self.ids, codes = numbered(plain_values(frame.get_column(ID_COLUMN)))
        self.items = np.where(self.rows >= 0, np.append(codes, -1)[self.rows], -1)
        self.scores = np.zeros(shape)
        if "score" in frame.columns:
            scores = frame.get_column("score").to_numpy()
            self.scores = np.append(scores, np.nan)[self.rows]
        twice = ranked_again(self.items)
        if twice.size:
            raise ValueError(
                "ranking must rank each item once for a user; got "
                f"{self.ids[twice[0]]!r:.60} twice. Drop the copies."
            )

    def _list_of_each_row(self) -> NDArray[np.int64]:
        """Number of the list of each row, in the order in which they begin."""
        names = [name for name in _LISTS if name in self._frame.columns]
        every = [plain_values(self._frame.get_column(name)) for name in names]
        begins = np.zeros(len(self._frame), dtype=bool)
        begins[:1] = True
        for values in every:
            begins[1:] |= values[1:] != values[:-1]
        heads = np.flatnonzero(begins)
        keys = np.zeros(heads.size, dtype=np.int64)
        for values in every:
            codes = numbered(values[heads])[1]
            keys = numbered(keys * (codes.max(initial=0) + 1) + codes)[1]
        _, first, number = np.unique(keys, return_index=True, return_inverse=True)
        number = np.argsort(np.argsort(first))[number]
        return number[np.cumsum(begins) - 1]

    def rows_at(
        self, place: NDArray[np.int64], there: NDArray[np.bool_], scores: Any
    ) -> Any:
        """The rows at some places of the lists as a native frame, ranked anew."""
        rows = np.take_along_axis(self.rows, place, axis=1)[there]
        found = nw.maybe_reset_index(self._frame[rows])
        columns = {"rank": np.nonzero(there)[1] + 1}
        if scores is not None:
            columns["score"] = scores[there]
        for name, values in columns.items():
            backend = found.implementation
            found = found.with_columns(nw.new_series(name, values, backend=backend))
        return found.to_native()
