"""
Epsilon against accuracy
========================

The cost of privacy depends on the number of people. A ridge classifier is fitted from
moments that are released once, with noise that hides any single row. With ten thousand
rows it loses almost nothing; with three hundred it is useless unless epsilon is large.
The size of the noise is public, so the gate can tell these cases apart from the release
alone.
"""

import matplotlib.pyplot as plt
import numpy as np

from sktransfer.moments import PairMoments
from sktransfer.privacy import PrivacyBudget, noise_gate, privatize
from sktransfer.transfer import BiasedRidgeClassifier

# %%
# Four classes in ten columns. A public scale keeps most rows within the public length
# of 1; the classes are 0/1 columns, so their length is 1.

rng = np.random.default_rng(0)
centres = rng.normal(size=(4, 10))


def draw(n):
    y = rng.integers(4, size=n)
    return (centres[y] + rng.normal(size=(n, 10))) / 6, y


X_test, y_test = draw(4000)
empty = PairMoments.empty((10, 4), arithmetic="exact", bits=16, row_norm=(1.0, 1.0))
model = BiasedRidgeClassifier(strength=1e-6, fit_intercept=False)


def accuracy(state):
    return model.fit_from_state(state, range(4)).score(X_test, y_test)


# %%
# Every release has its own budget here, because each is about other people.

epsilons = np.array([0.1, 0.2, 0.5, 1, 2, 4, 8])
scores, accepted, exact = {}, {}, {}
for n in (300, 2000, 10_000):
    X, y = draw(n)
    state = empty.update(X, np.eye(4)[y])
    exact[n] = accuracy(state)
    for epsilon in epsilons:
        noisy = [privatize(state, PrivacyBudget(epsilon, 1e-6)) for _ in range(8)]
        scores[n, epsilon] = [accuracy(s) for s in noisy]
        verdicts = [noise_gate(s, on_refusal="ignore") for s in noisy]
        accepted[n, epsilon] = np.mean([v.accepted for v in verdicts])

# %%
# Bands are from the lowest to the highest of eight draws of the noise; a filled marker
# is accepted by the gate in most of them.

figure, axes = plt.subplots(figsize=(7.5, 4.4), layout="constrained")
colors = {300: "#b2182b", 2000: "#ef8a62", 10_000: "#2166ac"}
for n, color in colors.items():
    found = np.array([scores[n, epsilon] for epsilon in epsilons])
    axes.fill_between(
        epsilons, found.min(axis=1), found.max(axis=1), color=color, alpha=0.15
    )
    axes.plot(epsilons, found.mean(axis=1), color=color, label=f"{n:,} rows")
    axes.axhline(exact[n], color=color, ls=":", lw=1)
    for epsilon, mean in zip(epsilons, found.mean(axis=1), strict=True):
        face = color if accepted[n, epsilon] > 0.5 else "white"
        axes.plot(epsilon, mean, "o", color=color, markerfacecolor=face)
axes.axhline(0.25, color="0.6", lw=1)
axes.text(1, 0.255, "guessing", color="0.4", ha="center", va="bottom", fontsize=8)
axes.set(
    xscale="log",
    xlabel="epsilon (delta = 1e-6)",
    ylabel="accuracy",
    title="One release of moments; dotted: without noise; filled: the gate accepts",
)
axes.set_xticks(epsilons, [f"{epsilon:g}" for epsilon in epsilons])
axes.minorticks_off()
axes.legend(loc="lower right", bbox_to_anchor=(1, 0.06))
plt.show()
