"""Users on the page of recommendations: what each gets, and why."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer._cli._items import Items
from sktransfer._cli._logs import MarketLogs
from sktransfer._cli._ranking import Ranking
from sktransfer.inspection.html import paragraph, table
from sktransfer.recommend import AutoTransferRecommender

_LISTED = 5  # items shown of each user's past and recommendations
_REASONS = 3  # items named as reasons, and similar items
_SHARES = (0.1, 0.5, 0.9)  # users with few, middling and many items


class Examples:
    """Sample users: from those with the fewest items to those with the most."""

    def __init__(
        self,
        log: MarketLogs,
        items: Items | None,
        auto: AutoTransferRecommender,
        ranked: Ranking,
    ) -> None:
        self._log, self._auto, self._ranked = log, auto, ranked
        self._titles = _short_texts(items)
        lengths = np.diff(log.target.indptr)
        by_length = np.argsort(lengths, kind="stable")
        places = [round(share * (by_length.size - 1)) for share in _SHARES]
        self._users = list(dict.fromkeys(int(by_length[place]) for place in places))

    @property
    def title(self) -> str:
        """Title of the section."""
        number = {1: "A user", 2: "Two users", 3: "Three users"}[len(self._users)]
        return f"{number}, and why"

    def parts(self) -> list[str]:
        """Paragraphs and tables of the section."""
        note = (
            "Because of: the items of the user that speak most for the recommended "
            "one, and their share of all that speaks for it; the shares add up to 100 "
            '% with those not listed. "Whoever the user is": the share that does not '
            "depend on what she has taken."
        )
        parts = [paragraph(note, "note")]
        for user in self._users:
            parts += self._user(user)
        return parts + self._similar()

    def _past(self, user: int) -> NDArray[np.integer]:
        """Items of a user, the latest first where there are times."""
        log = self._log
        past = (log.target if log.times is None else log.times)[[user]]
        return past.indices[np.argsort(-past.data, kind="stable")]

    def _user(self, user: int) -> list[str]:
        past = self._past(user)
        best = self._ranked.items[user]
        best = best[best >= 0][:_LISTED]
        what = "has taken" if self._log.times is None else "has taken, the latest first"
        more = "; and others" if past.size > _LISTED else ""
        listed = "; ".join(self._name(c) for c in past[:_LISTED]) + more
        text = f"User {self._log.users[user]} ({past.size} items) {what}: {listed}."
        if not best.size:
            return [paragraph(text), paragraph("Nothing is left to recommend.")]
        rows = [
            (place, self._name(c), self._reasons(user, int(c)))
            for place, c in enumerate(best, 1)
        ]
        return [paragraph(text), table(["", "is recommended", "because of"], rows)]

    def _reasons(self, user: int, item: int) -> str:
        """The items of a user that speak most for another, by their shares."""
        auto: Any = self._auto
        log = self._log
        row = log.target[[user]]
        if auto.known_[item]:
            time = None if log.times is None else log.times[[user]]
            found = auto.explain(row, item, time=time)
        else:
            found = auto.new_item_estimator_.explain(row, item)
        speaks = np.maximum(found.contributions, 0)
        general = max(found.base, 0.0)
        total = speaks.sum() + general
        if not np.isfinite(total) or total <= 0:
            return "nothing speaks for it more than for others"
        reasons = [
            (share, self._name(c))
            for c, share in zip(found.items[:_REASONS], speaks / total)
            if share > 0
        ]
        if general > 0:
            reasons = sorted(
                [*reasons, (general / total, "whoever the user is")], reverse=True
            )
        listed = [f"{name}, {_percent(share)}" for share, name in reasons[:_REASONS]]
        return "; ".join(listed)

    def _similar(self) -> list[str]:
        """What is most similar to an item of each sample user."""
        known = [
            next((int(c) for c in self._past(u) if self._auto.known_[c]), None)
            for u in self._users
        ]
        columns = list(dict.fromkeys(c for c in known if c is not None))
        if not columns:
            return []
        try:
            similar, _ = self._auto.similar_items(columns, _REASONS)
        except ValueError:  # of a model that is the same for all users
            text = (
                f"{self._auto.best_name_} shows everybody the same, so that it "
                "knows no similar items."
            )
            return [paragraph(text)]
        rows = [
            (self._name(c), "; ".join(self._name(s) for s in found if s >= 0))
            for c, found in zip(columns, similar)
        ]
        what = "the latest" if self._log.times is not None else "one"
        who = "each of these users" if len(self._users) > 1 else "this user"
        text = f"Similar items, of {what} that {who} has taken:"
        return [paragraph(text), table(["item", "most similar, by the model"], rows)]

    def _name(self, column: Any) -> str:
        """Title and id of an item, marked where nobody has taken it."""
        name = str(self._log.items[column])
        name = f"{self._titles[name]} [{name}]" if name in self._titles else name
        return name + ("" if self._auto.sold_[column] else " (new)")


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.005 else "under 1 %"


def _short_texts(items: Items | None) -> dict[str, str]:
    """A short text of each item, from the first column of texts."""
    if items is None:
        return {}
    column = next((c for c, kind in items.kinds.items() if kind == "text"), None)
    if column is None:
        return {}
    return {
        name: str(text)[:60]
        for name, text in zip(items.ids.tolist(), items.columns[column])
        if text is not None
    }
