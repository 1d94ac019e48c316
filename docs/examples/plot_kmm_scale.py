"""
Kernel mean matching of many rows
=================================

The exact problem holds a kernel matrix: 100,000 source rows would need 40 GB. With
``n_components`` a factor on landmarks takes its place, and time and memory grow with
the rows, not with their square. The weights stay close to those of the exact problem.
"""

from time import process_time

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import spearmanr

from sktransfer.weighting import KMMInstanceWeighter


def shifted_rows(n, n_features=20, shift=0.2):
    """As many target as source rows, the target's mean shifted; and the true ratio."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2 * n, n_features)).astype(np.float32)
    X[n:] += shift
    ratio = np.exp(shift * X[:n].sum(axis=1) - n_features * shift**2 / 2)
    return X, np.repeat([1, -1], n), ratio


# %%
# The same rows with the whole kernel and with factors of it. ``residual_`` is the share
# of the kernel's trace that the landmarks leave to the diagonal; ``dual_gap_`` is the
# certified gap of the problem that is solved.

n = 3000
X, sample_domain, ratio = shifted_rows(n)
weights = {}
for n_components in (None, 32, 256):
    weighter = KMMInstanceWeighter(n_components=n_components)
    weighter.fit(X, sample_domain=sample_domain)
    weights[n_components] = weighter.weights_[:n]
    print(
        f"n_components={n_components}: gap {weighter.dual_gap_:.1e}, residual "
        f"{weighter.residual_:.2f}, rank correlation with the true ratio "
        f"{spearmanr(weights[n_components], ratio)[0]:.2f}"
    )

# %%
# CPU seconds as the rows grow.


def seconds(n, n_components):
    X, sample_domain, _ = shifted_rows(n)
    start = process_time()
    KMMInstanceWeighter(n_components=n_components).fit(X, sample_domain=sample_domain)
    return process_time() - start


rows = {None: [1000, 2000, 4000, 8000], 256: [1000, 4000, 16_000, 64_000]}
cost = {k: [seconds(n, k) for n in sizes] for k, sizes in rows.items()}

# %%
# Left: with 256 landmarks the weights are those of the whole kernel, with 32 nearly so.
# Right: a slope of 2 on these axes against a slope of 1.

figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4.2), layout="constrained")
for n_components, color, marker in ((32, "#f4a582", "x"), (256, "#2166ac", "o")):
    found = weights[n_components]
    left.scatter(
        weights[None],
        found,
        s=10,
        marker=marker,
        color=color,
        alpha=0.6,
        label=f"{n_components} landmarks: correlation "
        f"{np.corrcoef(found, weights[None])[0, 1]:.3f}",
    )
top = 1.03 * max(w.max() for w in weights.values())
left.plot([0, top], [0, top], color="0.4", lw=1)
left.set(
    xlabel="weight with the whole kernel",
    ylabel="weight with a factor",
    title=f"Weights of {n} source rows",
)
left.legend(loc="upper left", fontsize=8)
for n_components, color, name in (
    (None, "#b2182b", "the whole kernel"),
    (256, "#2166ac", "256 landmarks"),
):
    right.loglog(rows[n_components], cost[n_components], "o-", color=color, label=name)
ticks = [0.01, 0.03, 0.1, 0.3, 1]
right.set_yticks(ticks, [f"{tick:g}" for tick in ticks], minor=False)
right.set_yticks([], minor=True)
right.set(xlabel="source rows", ylabel="CPU seconds", title="Cost")
right.legend(loc="upper left", fontsize=8)
plt.show()
