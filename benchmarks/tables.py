"""A table on the terminal, row by row, and the same rows as CSV."""

from __future__ import annotations

import csv


def show(rows, path):
    """Print rows (dicts of the same keys) as they come, then write them to a file."""
    kept = []
    for row in rows:
        if not kept:
            print("| " + " | ".join(row) + " |\n" + "|---" * len(row) + "|")
        kept.append(row)
        print("| " + " | ".join(map(str, row.values())) + " |", flush=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(kept[0]))
        writer.writeheader()
        writer.writerows(kept)
