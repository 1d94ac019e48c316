"""
Six weighters and the true density ratio
========================================

Where the source covers a wide region and the target a part of it, each source row
should count by the ratio of the two densities. Six weighters estimate that ratio
from rows alone, in six ways. In one dimension all of them can be drawn next to the
truth.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer

from sktransfer.weighting import (
    DiscriminatorInstanceWeighter,
    InformationInstanceSelector,
    KLIEPInstanceWeighter,
    KMMInstanceWeighter,
    KNNInstanceWeighter,
    RelativeDensityInstanceWeighter,
)

# %%
# The target is a mixture of two narrow groups, one of them at the edge of the source.

rng = np.random.default_rng(0)
n = 600
source = rng.normal(0, 1.5, n)
first = rng.uniform(size=n) < 0.4
target = np.where(first, rng.normal(-2, 0.5, n), rng.normal(1.2, 0.6, n))

X = np.r_[source, target][:, None]
sample_domain = np.repeat([1, -1], n)


def true_ratio(x):
    wanted = 0.4 * norm.pdf(x, -2, 0.5) + 0.6 * norm.pdf(x, 1.2, 0.6)
    return wanted / norm.pdf(x, 0, 1.5)


# %%
# ``flatten=None`` shows the weights as the methods give them; the default flattens
# weights that would leave few effective rows. The relative density has a ceiling by
# design; the discriminator is as flexible as its classifier, here a logistic regression
# on splines; the selector keeps a row or drops it.

weighters = {
    "KMM": KMMInstanceWeighter(),
    "KLIEP": KLIEPInstanceWeighter(flatten=None),
    "relative density (alpha = 0.1)": RelativeDensityInstanceWeighter(flatten=None),
    "neighbours": KNNInstanceWeighter(flatten=None),
    "discriminator": DiscriminatorInstanceWeighter(
        make_pipeline(SplineTransformer(12), LogisticRegression(C=10)), flatten=None
    ),
    "information, keep = 0.5": InformationInstanceSelector(keep=0.5),
}

order = np.argsort(source)
x = np.linspace(-4.5, 4.5, 400)
figure, axes = plt.subplots(
    2, 3, figsize=(10, 5.4), sharex=True, sharey=True, layout="constrained"
)
for ax, (name, weighter) in zip(axes.flat, weighters.items()):
    weights = weighter.fit(X, sample_domain=sample_domain).weights_[:n]
    effective = weighter.effective_sample_size_
    ax.plot(x, true_ratio(x), color="0.6", lw=4, label="true ratio")
    ax.plot(source[order], weights[order], ".", ms=4, color="#2166ac", label="weight")
    rug = np.full(n, -0.12)
    ax.plot(target, rug, "|", ms=5, color="#e08214", alpha=0.3, label="target rows")
    ax.set(title=name, xlim=(-4.5, 4.5), ylim=(-0.3, 4.2))
    ax.text(
        0.97,
        0.93,
        f"{effective:.0f} effective of {n}",
        ha="right",
        va="top",
        transform=ax.transAxes,
        fontsize=9,
    )
axes[1, 2].legend(loc="upper left", fontsize=8)
for ax in axes[1]:
    ax.set_xlabel("feature")
for ax in axes[:, 0]:
    ax.set_ylabel("weight of a source row")
plt.show()
