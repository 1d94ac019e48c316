"""
Three markets, one model, no rows moved
=======================================

A shop in Britain, one in Spain and one in Germany may not give away what their
customers did. Each sends a *state*, sums over its rows, and the merged states give the
very models that all rows in one place would give: a recommender for all three, and a
classifier that carries labels from Britain and Spain to Germany.
"""

# %%
# Every market holds its own interactions. All agree on an empty state: the items, exact
# arithmetic, and the bound that no entry exceeds.
import matplotlib.pyplot as plt
import numpy as np
from scipy import sparse

from sktransfer import CORAL, BiasedRidgeClassifier, EASERecommender
from sktransfer.datasets import make_market_interactions
from sktransfer.federated import FederatedParty, deal_seeds, federate, unmask
from sktransfer.metrics import ndcg_at_k
from sktransfer.model_selection import split_interactions
from sktransfer.moments import GramMoments, Moments, PairMoments, fingerprint

names = ["en", "es", "de"]
shop = make_market_interactions(n_users=(100, 100, 100), markets=names, target="de")
seen, held_out = {}, {}
for name in names:
    rows = shop.data[shop.market == name]
    seen[name], held_out[name] = split_interactions(rows, random_state=0)

items = GramMoments.empty(
    seen["de"].shape[1],
    arithmetic="exact",
    bound=1.0,
    bits=2,
    fingerprint=fingerprint(shop.item_ids),
)

# %%
# Each pair of markets shares a secret, and each state travels under masks that cancel
# in the sum of the three. The message of one market alone is noise.
secrets = deal_seeds(names)
mail = {
    name: FederatedParty(name, seen[name])
    .masked_state(items, seeds=secrets[name], session="november")
    .to_bytes()
    for name in names
}
together = unmask(mail)
print({name: f"{len(data):,} bytes" for name, data in mail.items()})

federated = EASERecommender(l2=30).fit_from_state(together)
pooled = EASERecommender(l2=30).fit(sparse.vstack(list(seen.values())).astype(float))
print(np.array_equal(federated.item_weights_, pooled.item_weights_))


def ndcg(model, name):
    ranked, _ = model.recommend(seen[name], k=10)
    return ndcg_at_k(held_out[name], ranked)


quality = {
    "own rows": [ndcg(EASERecommender(l2=30).fit(seen[n]), n) for n in names],
    "federated": [ndcg(federated, n) for n in names],
}

# %%
# Now which orders come back? Britain and Spain know, Germany has just opened, and its
# columns are on other scales and correlated in another way. In a first round each sends
# the moments of its columns, and the maps of CORAL that come of them are sent back.
rng = np.random.default_rng(0)
weights = rng.normal(size=8)


def orders(n, change):
    A = np.eye(8) + change * rng.normal(size=(8, 8))
    Z = rng.normal(size=(n, 8))
    returned = Z @ weights + rng.normal(size=n) > 0
    return np.clip(Z @ A + 2 * change * rng.normal(size=8), -20, 20), returned


data = {"en": orders(800, 0.1), "es": orders(800, 0.2), "de": orders(800, 0.2)}
domain = {"en": 1, "es": 2, "de": -3}
columns = Moments.empty(8, arithmetic="exact", bound=20.0, bits=24)
sent = {
    name: FederatedParty(name, X, sample_domain=domain[name]).state(columns)
    for name, (X, _) in data.items()
}
coral = CORAL(reg=0.1).fit_from_state(federate(sent, spec=columns))

# %%
# In a second round Britain and Spain send products of mapped columns and labels, which
# is all that a ridge classifier learns from. ``1`` and ``-1`` stand for the classes.
labelled = PairMoments.empty((8, 1))


def fit_ridge(columns_of):
    states = [
        FederatedParty(name, columns_of(name), 2.0 * data[name][1] - 1).state(labelled)
        for name in ("en", "es")
    ]
    model = BiasedRidgeClassifier()
    return model.fit_from_state(federate(states, spec=labelled), [False, True])


def mapped(name):
    X, _ = data[name]
    return coral.transform(X, sample_domain=np.full(len(X), domain[name]))


X_de, y_de = data["de"]
accuracy = {
    "unmapped": fit_ridge(lambda name: data[name][0]).score(X_de, y_de),
    "federated\nCORAL": fit_ridge(mapped).score(X_de, y_de),
}

# %%
# No model has seen the held-out interactions or the German labels. Masks hide single
# states, not their sum: what that gives away is said in :ref:`federated`.
fig, axes = plt.subplots(
    1, 2, figsize=(9, 4), layout="constrained", width_ratios=(3, 2)
)
x = np.arange(3)
for i, (label, values) in enumerate(quality.items()):
    bars = axes[0].bar(x + 0.4 * i - 0.2, values, 0.36, label=label)
    axes[0].bar_label(bars, fmt="%.3f", fontsize=9)
axes[0].set_xticks(x, ["Britain", "Spain", "Germany"])
axes[0].set_ylabel("nDCG@10 of held-out interactions")
axes[0].set_title("EASE, 100 users in each market")
axes[0].set_ylim(0, 0.36)
axes[0].legend(loc="upper left")
bars = axes[1].bar(list(accuracy), list(accuracy.values()), 0.6, color=["C0", "C1"])
axes[1].bar_label(bars, fmt="%.3f", fontsize=9)
axes[1].set_ylim(0, 1)
axes[1].set_ylabel("accuracy on German orders")
axes[1].set_title("ridge on labels of Britain and Spain")
plt.show()
