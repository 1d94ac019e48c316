"""The figure of the README, from benchmarks/results/cls10_own_all.csv.

Run benchmarks/bench_cls10.py first, then: python docs/figures/readme.py
"""

import csv
from collections import defaultdict
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

ROOT = Path(__file__).parents[2]
BARS = {
    "source only": ("source only", "#bdbdbd"),
    "dictionary translation": ("dictionary translation", "#9ecae1"),
    "CrossLingualMapper (default)": ("sktransfer (default)", "#08519c"),
    "target-supervised": ("trained on 2000 target labels", "#fdae6b"),
}
GROUPS = {
    ("de", True): "English → German\nsame category",
    ("de", False): "English → German\nother category",
    ("jp", True): "English → Japanese\nsame category",
    ("jp", False): "English → Japanese\nother category",
}


def main():
    scores = defaultdict(list)
    path = ROOT / "benchmarks/results/cls10_own_all.csv"
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            group = row["language"], row["source"] == row["target"]
            scores[group, row["method"]].append(float(row["accuracy"]))
    fig, ax = plt.subplots(figsize=(8, 3.8), layout="constrained")
    x, width = np.arange(len(GROUPS)), 0.2
    for i, (method, (label, color)) in enumerate(BARS.items()):
        heights = [np.mean(scores[group, method]) for group in GROUPS]
        bars = ax.bar(x + (i - 1.5) * width, heights, width, label=label, color=color)
        ax.bar_label(bars, fmt="%.2f", fontsize=8, padding=2)
    ax.set_xticks(x, GROUPS.values())
    ax.set_ylim(0.45, 0.99)
    ax.set_ylabel("accuracy")
    ax.set_title("Sentiment of Amazon reviews (Webis-CLS-10), no label of the target")
    ax.legend(ncols=4, loc="upper center", fontsize=8, frameon=False)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    fig.savefig(Path(__file__).with_suffix(".png"), dpi=150)


if __name__ == "__main__":
    main()
