"""
Diversity against accuracy
==========================

:func:`~sktransfer.recommend.rerank` puts unlike items beside each other
(:class:`~sktransfer.recommend.Diversity`), or allows so many items of a kind
(:class:`~sktransfer.recommend.CategoryCap`). How much variety does a list gain, and
what does it cost?
"""

# %%
# Users of a generated market. Its items are of twelve kinds, those that share most of
# their users; a fifth of the interactions of every second user is held out.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.preprocessing import normalize

from sktransfer import EASERecommender
from sktransfer.datasets import make_market_interactions
from sktransfer.metrics import ndcg_at_k
from sktransfer.model_selection import split_interactions
from sktransfer.recommend import CategoryCap, Diversity, rerank

shop = make_market_interactions(n_users=(3000, 10), n_items=600, mean_interactions=20)
X = shop.data[shop.sample_domain > 0]
train, test = X[::2], X[1::2]
seen, held_out = split_interactions(test, test_size=0.2, random_state=0)
profiles = normalize(TruncatedSVD(12, random_state=0).fit_transform(train.T))
kinds = KMeans(12, n_init=3, random_state=0).fit_predict(profiles)

# %%
# The model ranks 150 items for each user, of which ten are shown. Variety is the number
# of kinds among them.
model = EASERecommender(l2=300.0).fit(train)
ranking = model.recommend(seen, k=150)


def measured(rule):
    """Mean number of kinds and nDCG@10 under a rule."""
    items, _ = rerank(ranking, rule, k=10, items={"kind": kinds})
    variety = np.mean([len(set(kinds[row])) for row in items])
    return variety, ndcg_at_k(held_out, items)


trade_offs = [0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7]
caps = [6, 4, 3, 2, 1]
curves = {
    "diversity by kind": [measured(Diversity("kind", t)) for t in trade_offs],
    "diversity by similar_items": [measured(Diversity(model, t)) for t in trade_offs],
    "cap of each kind": [measured(CategoryCap("kind", c)) for c in caps],
}
plain = measured([])

# %%
# Read from the left: all begin at the list of the model.
fig, ax = plt.subplots(figsize=(7, 4.2), layout="constrained")
labels = {"cap of each kind": [f"at most {c}" for c in caps]}
for name, points in curves.items():
    x, y = np.transpose(points)
    ax.plot(x, y, marker="o", label=name)
for (x, y), text in zip(curves["cap of each kind"], labels["cap of each kind"]):
    ax.annotate(text, (x, y), (4, 5), textcoords="offset points", fontsize=8)
ax.plot(*plain, "k*", markersize=13, label="as ranked by the model")
ax.set_xlabel("kinds among the ten items shown")
ax.set_ylabel("nDCG@10")
ax.set_ylim(0)
ax.legend(loc="lower left")
ax.set_title("What variety costs")
plt.show()
