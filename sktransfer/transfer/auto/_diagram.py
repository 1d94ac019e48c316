"""The candidates of an automatic choice in a notebook, the one taken marked."""

from __future__ import annotations

from typing import Any

from sktransfer._core.diagrams import parts_side_by_side

TAKEN = "\N{HEAVY CHECK MARK} taken"


def candidate_blocks(auto: Any) -> Any:
    """Candidates side by side: as given, or with what became of each in `fit`."""
    report = getattr(auto, "report_", None)
    if report is not None:
        fitted = {
            name: model for name, model in getattr(auto, "estimators_", {}).items()
        }
        found = []
        for j, (name, status) in enumerate(zip(report["candidate"], report["status"])):
            taken = j == auto.best_index_
            model = auto.best_estimator_ if taken else fitted.get(name, str(status))
            found.append((f"{TAKEN}: {name}" if taken else str(name), model))
        return parts_side_by_side(found)
    if isinstance(auto.candidates, list | tuple) and auto.candidates:
        return parts_side_by_side(
            [(str(name), model) for name, model in auto.candidates]
        )
    return parts_side_by_side([("candidates", "those that suit the rows of fit")])
