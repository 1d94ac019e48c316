"""
From a big market to a small one
================================

A shop opens in Germany with a few hundred users, and has thousands in Britain. How much
do the British interactions help, and for how long? Every model is scored on held-out
interactions of German users.
"""

# %%
# Two markets that share items; tastes, popularity and catalogues differ.
# ``sample_domain`` says which market a user belongs to: positive = source, negative =
# target.
import matplotlib.pyplot as plt
import numpy as np
from scipy import sparse

from sktransfer import TransferRecommender
from sktransfer.datasets import make_market_interactions
from sktransfer.metrics import ndcg_at_k
from sktransfer.model_selection import split_interactions

sizes = [50, 100, 200, 400, 800, 1600]
shop = make_market_interactions(n_users=(3000, max(sizes)), n_items=300)
british = shop.data[shop.sample_domain > 0]
german = shop.data[shop.sample_domain < 0]
print(f"{shop.titles['en'][0]} = {shop.titles['de'][0]}")

# %%
# With few German users, the other market supplies most of what is known; with many, a
# market that is simply added is in the way: less so where each market has a model of
# its own and their scores are added (``fusion="scores"``), as 3000 British users then
# have one vote. ``weighting="similarity"`` lets all British users together count as
# much as their likeness to the German ones makes them worth; "validated", the default,
# tries all of that on held-out training interactions.
names = ["target only", "markets pooled", "scores added", "similarity", "validated"]
curves = {name: [] for name in names}
for n in sizes:
    seen, held_out = split_interactions(german[:n], test_size=0.2, random_state=0)
    X = sparse.vstack([british, seen], format="csr")
    sample_domain = np.repeat([1, -2], [british.shape[0], n])
    models = {
        "target only": TransferRecommender().fit(seen),
        "markets pooled": TransferRecommender(weighting=None),
        "scores added": TransferRecommender(weighting=None, fusion="scores"),
        "similarity": TransferRecommender(weighting="similarity"),
        "validated": TransferRecommender(),
    }
    for name, model in models.items():
        if name != "target only":
            model.fit(X, sample_domain=sample_domain)
        items, _ = model.recommend(seen, k=10)
        values = ndcg_at_k(held_out, items, average=None)
        curves[name].append((np.nanmean(values), np.nanstd(values) / np.sqrt(n)))

# %%
# Bars are one standard error over users.
fig, ax = plt.subplots(figsize=(7, 4.2), layout="constrained")
for i, (name, curve) in enumerate(curves.items()):
    mean, error = np.array(curve).T
    ax.errorbar(
        np.array(sizes) * 1.03**i, mean, error, marker="o", capsize=3, label=name
    )
ax.set_xscale("log")
ax.set_xticks(sizes, [str(n) for n in sizes])
ax.minorticks_off()
ax.set_xlabel("users of the small market")
ax.set_ylabel("nDCG@10 of held-out interactions")
ax.set_title("3000 users of another market: when do they help?")
ax.legend()
plt.show()
