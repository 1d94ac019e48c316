"""
New products with titles in another language
============================================

A shop takes products into its catalogue that nobody has bought yet, and whose titles
are German while all others are English. Who will buy them? The titles pass through a
dictionary into one space, and the content of the known products tells the rest.
"""

# %%
# Interactions and titles are generated. Every fifth product is new: its interactions
# are held out, and all that is known of it is its German title.
import matplotlib.pyplot as plt
import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from sktransfer.crosslingual import CrossLingualMapper, DictionaryTranslation
from sktransfer.datasets import make_bilingual_reviews, make_market_interactions
from sktransfer.metrics import ndcg_at_k
from sktransfer.recommend import ColdStartRecommender

shop = make_market_interactions(n_users=(1500, 10), n_items=300)
X = shop.data[shop.sample_domain > 0]
new = np.arange(300) % 5 == 0
known = sparse.csr_array(X.multiply(~new[None]))
held_out = sparse.csr_array(X.multiply(new[None]))
titles = np.where(new, shop.titles["de"], shop.titles["en"])
print(titles[:3])

# %%
# The dictionary comes with the generated reviews. ``sample_domain`` says which title is
# in which language: positive = source (English), negative = target (German). A part of
# the dictionary shows what it is worth.
pairs = {
    pair
    for category in ("books", "music", "kitchen", "electronics")
    for pair in make_bilingual_reviews(
        20, source=f"en/{category}", target=f"de/{category}"
    ).dictionary
}
pairs = sorted(pairs)
order = np.random.default_rng(0).permutation(len(pairs))
language = np.where(new, -2, 1)


def content(share):
    """Features of all titles by a share of the dictionary."""
    part = [pairs[i] for i in order[: max(1, round(share * len(pairs)))]]
    mapper = CrossLingualMapper(part, word_space=DictionaryTranslation(), min_df=1)
    return mapper.fit_transform(list(titles), sample_domain=language)


def quality(features):
    """Mean and standard error of nDCG@10, the new products ranked alone."""
    model = ColdStartRecommender(features).fit(known)
    items, _ = model.recommend(known, 10, candidates=np.flatnonzero(new))
    values = ndcg_at_k(held_out, items, average=None)
    values = values[~np.isnan(values)]
    return values.mean(), values.std() / np.sqrt(values.size)


# %%
# The ceiling has English titles for the new products too; without any content, a new
# product can only be guessed.
english = quality(TfidfVectorizer().fit_transform(shop.titles["en"]))
shares = [0.0, 0.25, 0.5, 0.75, 1.0]
curve = np.array([quality(content(share)) for share in shares])
rng = np.random.default_rng(0)
guess = np.array([rng.permutation(np.flatnonzero(new))[:10] for _ in range(X.shape[0])])
chance = ndcg_at_k(held_out, guess)

# %%
# Bars are one standard error over users.
fig, ax = plt.subplots(figsize=(7, 4.2), layout="constrained")
ax.errorbar(shares, *curve.T, marker="o", capsize=3, label="German titles, translated")
ax.axhline(english[0], color="C2", ls="--", label="English titles")
ax.axhline(chance, color="0.5", ls=":", label="guessed")
ax.set_xlabel("share of the dictionary")
ax.set_ylabel("nDCG@10 of new products")
ax.set_title("Products that nobody has bought, described in another language")
ax.set_ylim(0)
ax.legend()
plt.show()
