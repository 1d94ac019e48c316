"""
How many are there of each class, and is that known?
====================================================

A market with other customers may hold other shares of good and bad reviews, while a
good review still reads like one. From the predictions of a classifier of the source the
shares of the target can be estimated, without one label there. Where the classes
themselves have changed no such estimate is right. The weighter tests for that, and
warns.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np

from sktransfer.weighting import LabelShiftInstanceWeighter

# %%
# Two classes that overlap, half of the source each. ``move`` shifts the rows of the
# target, whatever their class: then a row of a class looks different there, and the
# predictions mean something else.

n = 500
shares = np.linspace(0.05, 0.95, 10)


def market(share, move, seed):
    rng = np.random.default_rng(seed)
    y = np.r_[rng.uniform(size=n) < 0.5, rng.uniform(size=n) < share].astype(int)
    X = rng.normal(size=(2 * n, 2)) + 1.8 * (y[:, None] - 0.5)
    X[n:] += move
    return X, y, np.repeat([1, -1], n)


# %%
# Left: label shift alone. The intervals hold the truth; counting predictions would pull
# every share towards one half. Right: the classes moved. The intervals are narrow and
# wrong, but the test of the fit marks the estimates as not to be trusted.

figure, axes = plt.subplots(
    1, 2, figsize=(9.5, 4.4), sharex=True, sharey=True, layout="constrained"
)
for ax, move in zip(axes, (0.0, 0.5)):
    counted = []
    for i, share in enumerate(shares):
        X, y, d = market(share, move, seed=i)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns where it is in doubt
            weighter = LabelShiftInstanceWeighter().fit(X, y, sample_domain=d)
        truth, found = y[n:].mean(), weighter.target_shares_[1]
        low, high = weighter.confidence_interval_[1]
        sure = weighter.identifiable_
        ax.errorbar(
            truth,
            found,
            yerr=[[max(found - low, 0)], [max(high - found, 0)]],
            fmt="o" if sure else "x",
            color="#2166ac" if sure else "#b2182b",
            capsize=3,
        )
        # the sign of x1 + x2 is the best classifier of the source
        counted.append((truth, (X[n:].sum(axis=1) > 0).mean()))
    ax.plot(*np.transpose(counted), "s", color="0.6", ms=4)
    ax.plot([0, 1], [0, 1], color="0.4", lw=1)
    title = "label shift alone" if move == 0 else "the classes moved as well"
    ax.set(title=title, xlabel="true share of the second class")
axes[0].set_ylabel("estimated share")
for marker, color, label in (
    ("o", "#2166ac", "estimate, 95 % interval"),
    ("x", "#b2182b", "estimate in doubt: identifiable_ is False"),
    ("s", "0.6", "predictions counted"),
):
    axes[1].plot([], [], marker, color=color, label=label)
axes[1].legend(loc="upper left", fontsize=8)
plt.show()
