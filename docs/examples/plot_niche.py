"""
Show more of the catalogue
==========================

Recommenders love what is popular. :class:`~sktransfer.NicheRecommender` scales popular
columns down by a power of their popularity. How much of the catalogue does that bring
into view, and what does it cost?
"""

# %%
# Users of a generated market; a fifth of the interactions of every second user is
# held out. The tail is the least popular 80 % of the items.
import matplotlib.pyplot as plt
import numpy as np

from sktransfer.datasets import make_market_interactions
from sktransfer.metrics import coverage_at_k, ndcg_at_k, ndcg_by_band, popularity_bands
from sktransfer.model_selection import split_interactions
from sktransfer.recommend import NicheRecommender

shop = make_market_interactions(n_users=(3000, 10), n_items=600, mean_interactions=10)
X = shop.data[shop.sample_domain > 0]
train, test = X[::2], X[1::2]
seen, held_out = split_interactions(test, test_size=0.2, random_state=0)
bands = popularity_bands(np.asarray(train.sum(axis=0)).ravel())

# %%
# A power of 0 is EASE. All items are ranked; for "tail" those of the tail count as
# relevant.
powers = [0.0, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8]
curves = {"all items, nDCG@10": [], "tail, nDCG@10": [], "catalogue shown": []}
for power in powers:
    model = NicheRecommender(l2=300.0, popularity_power=power).fit(train)
    items, _ = model.recommend(seen, k=10)
    values = (
        ndcg_at_k(held_out, items),
        ndcg_by_band(held_out, items, bands)[1],
        coverage_at_k(items, n_items=X.shape[1]),
    )
    for curve, value in zip(curves.values(), values):
        curve.append(value)

# %%
fig, axes = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
for name in ("all items, nDCG@10", "tail, nDCG@10"):
    axes[0].plot(powers, curves[name], marker="o", label=name)
axes[0].set_ylim(0)
axes[0].legend()
axes[1].plot(powers, curves["catalogue shown"], marker="o", color="C2")
axes[1].set_ylim(0, 1)
axes[1].set_ylabel("share of the items shown")
for ax in axes:
    ax.set_xlabel("power of popularity")
axes[0].axvline(0.2, color="0.7", ls=":", zorder=0)
axes[1].axvline(0.2, color="0.7", ls=":", zorder=0)
axes[1].text(0.21, 0.03, "default", color="0.4")
fig.suptitle("Less weight on popular items")
plt.show()
