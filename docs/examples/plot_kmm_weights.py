"""
Weights that move the source onto the target
============================================

Kernel mean matching gives each source row a weight, so that the weighted source has the
kernel mean of the target. The labels of neither side are needed. Here the true density
ratio is known: the weights follow it, as long as the solver is not asked to fit the
sampling noise of the two means as well.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import multivariate_normal

from sktransfer.weighting import KMMInstanceWeighter

# %%
# The source covers a wide region, the target a part of it.

rng = np.random.default_rng(0)
source_density = multivariate_normal([0.0, 0.0], [[1.0, 0.3], [0.3, 1.0]])
target_density = multivariate_normal([0.8, 0.8], [[0.5, -0.2], [-0.2, 0.5]])
source = source_density.rvs(500, random_state=rng)
target = target_density.rvs(500, random_state=rng)

X = np.vstack([source, target])
sample_domain = np.repeat([1, -1], 500)

# %%
# ``tol`` is the certified relative distance from the optimum at which the solver stops.

weights = {}
for tol in (1e-3, 1e-6):
    weighter = KMMInstanceWeighter(tol=tol).fit(X, sample_domain=sample_domain)
    weights[tol] = weighter.weights_[:500]
    print(
        f"tol={tol:g}: {weighter.n_iter_} steps, gap {weighter.dual_gap_:.1e}, "
        f"{weighter.effective_sample_size_:.0f} effective rows of 500"
    )

# %%
# Left: source rows, their area proportional to the weight; the weighted mean lies on
# the mean of the target. Right: a loose ``tol`` keeps the weights near the true ratio,
# a tight one makes neighbouring rows take turns.

figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4.2), layout="constrained")

left.scatter(*target.T, s=6, color="#e08214", alpha=0.35, label="target")
left.scatter(
    *source.T, s=3 + 14 * weights[1e-3], color="#2166ac", alpha=0.55, label="source"
)
points = {
    "mean of the source": (source.mean(axis=0), "s", "#92c5de"),
    "weighted mean": (
        np.average(source, axis=0, weights=weights[1e-3]),
        "o",
        "#053061",
    ),
    "mean of the target": (target.mean(axis=0), "X", "#b35806"),
}
for name, (point, marker, color) in points.items():
    size = 220 if marker == "o" else 110
    left.scatter(
        *point, s=size, marker=marker, color=color, edgecolor="white", label=name
    )
left.set(
    xlabel="feature 1", ylabel="feature 2", title="Area of a source row: its weight"
)
left.legend(loc="lower right", fontsize=8, markerscale=0.6)

ratio = target_density.pdf(source) / source_density.pdf(source)
ratio /= ratio.mean()
for tol, color, marker in ((1e-6, "#f4a582", "x"), (1e-3, "#2166ac", "o")):
    error = np.sqrt(np.mean((weights[tol] - ratio) ** 2))
    right.scatter(
        ratio,
        weights[tol],
        s=14,
        marker=marker,
        color=color,
        alpha=0.8,
        label=f"tol={tol:g}: root mean square error {error:.2f}",
    )
top = 1.05 * max(ratio.max(), weights[1e-3].max())
right.plot([0, top], [0, top], color="0.4", lw=1, label="equal")
right.set(xlabel="true density ratio", ylabel="weight", title="Weights and the truth")
right.legend(loc="upper left", fontsize=8)
plt.show()
