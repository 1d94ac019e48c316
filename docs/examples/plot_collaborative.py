"""
Neighbours, regressions and factors: how many interactions does each need?
==========================================================================

Item neighbours, local and full linear models and factors learn from the same
interactions. Regressions tell direct from indirect relations between items, which
similarities do not, and few weights for each item are the safer choice where users are
few. Every model is scored on held-out interactions of the same 400 users.
"""

# %%
# One market of a generated shop: rows are users, columns are items. A fifth of the
# interactions of 400 users is held out; the first of all other users are added to learn
# from.
import matplotlib.pyplot as plt
import numpy as np
from scipy import sparse

from sktransfer import (
    ALSRecommender,
    EASERecommender,
    ItemKNNRecommender,
    LocalEASERecommender,
)
from sktransfer.datasets import make_market_interactions
from sktransfer.metrics import ndcg_at_k
from sktransfer.model_selection import split_interactions

shop = make_market_interactions(n_users=(6000, 50), n_items=300)
users = shop.data[shop.sample_domain > 0]
seen, held_out = split_interactions(users[:400], test_size=0.2, random_state=0)
others = users[400:]

# %%
# The penalty of the linear models is a number of users, so it stays the same while
# users are added. The models are used alike: fit on sparse rows, recommend for rows.
models = {
    "ItemKNN (cosine)": ItemKNNRecommender(),
    "ItemKNN (rp3beta)": ItemKNNRecommender(similarity="rp3beta"),
    "LocalEASE, 30 neighbours": LocalEASERecommender(
        l2=100, n_neighbors=30, n_factors=0
    ),
    "EASE": EASERecommender(l2=100),
    "ALS, 16 factors": ALSRecommender(16, alpha=5, l2=10),
}
sizes = [0, 200, 600, 1600, 5600]
curves = {name: [] for name in models}
for n in sizes:
    X = sparse.vstack([seen, others[:n]], format="csr")
    for name, model in models.items():
        items, _ = model.fit(X).recommend(seen, k=10)
        values = ndcg_at_k(held_out, items, average=None)
        curves[name].append((np.nanmean(values), np.nanstd(values) / np.sqrt(400)))

# %%
# Bars are one standard error over users.
fig, ax = plt.subplots(figsize=(7, 4.2), layout="constrained")
for i, (name, curve) in enumerate(curves.items()):
    mean, error = np.array(curve).T
    ax.errorbar(
        (np.array(sizes) + 400) * 1.02**i,
        mean,
        error,
        marker="o",
        capsize=3,
        label=name,
    )
ax.set_xscale("log")
ax.set_xticks(np.array(sizes) + 400, [str(n + 400) for n in sizes])
ax.minorticks_off()
ax.set_xlabel("users to learn from")
ax.set_ylabel("nDCG@10 of held-out interactions")
ax.legend()
plt.show()
