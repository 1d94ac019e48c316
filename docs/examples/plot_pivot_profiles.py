"""
Words of two domains, described by the same pivots
==================================================

Book reviews call a bad book "shallow", kitchen reviews call a bad pan "flimsy". A model
trained on books has never seen "flimsy". But both words occur with words that all
reviews share: :class:`~sktransfer.CorrespondenceFeatures` describes each word by how it
occurs with these *pivots* in the reviews of its own domain, and so the two meet.
"""

# %%
# Labelled book reviews, kitchen reviews without labels.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from sktransfer import TransferClassifier
from sktransfer.adaptation import CorrespondenceFeatures
from sktransfer.datasets import make_bilingual_reviews

reviews = make_bilingual_reviews(1000, source="en/books", target="en/kitchen")
d, y = reviews.sample_domain, reviews.target
vectorizer = TfidfVectorizer(min_df=5)
X = vectorizer.fit_transform(reviews.data)
words = vectorizer.get_feature_names_out()

features = CorrespondenceFeatures(100).fit(X, y, sample_domain=d)
print("pivots:", ", ".join(words[features.pivots_[:12]]))

# %%
# The words that one domain alone uses and that tell most about the label there. Labels
# of kitchen reviews serve this figure; the features have not read them.
positive = y == "positive"
chosen = {}
for domain in (1, -1):
    held = [
        np.asarray((X[(d * domain > 0) & rows] > 0).sum(axis=0)).ravel()
        for rows in (positive, ~positive)
    ]
    elsewhere = np.asarray((X[d * domain < 0] > 0).sum(axis=0)).ravel()
    log_odds = np.log((held[0] + 1) / (held[1] + 1))
    own = np.flatnonzero(elsewhere == 0)
    own = own[np.unique(log_odds[own], return_index=True)[1]]  # in increasing order
    chosen[domain] = np.r_[own[:10], own[-10:]]

profiles = np.vstack(
    [features.source_profiles_[chosen[1]], features.target_profiles_[chosen[-1]]]
)
place = PCA(2, random_state=0).fit_transform(profiles)

# %%
# Words of both domains part by what they mean and not by where they come from.
fig, ax = plt.subplots(figsize=(8.5, 5.2), layout="constrained")
for k, (name, marker) in enumerate((("books", "o"), ("kitchen", "s"))):
    rows = slice(20 * k, 20 * (k + 1))
    color = np.repeat(["#b2182b", "#2166ac"], 10)
    ax.scatter(*place[rows].T, c=color, marker=marker, s=28, alpha=0.8)
    ax.scatter([], [], c="0.4", marker=marker, label=f"{name} alone")
    for (a, b), word in zip(place[rows], words[chosen[1 - 2 * k]], strict=True):
        style = "italic" if k else "normal"
        ax.annotate(
            word,
            (a, b),
            xytext=(4, 2),
            textcoords="offset points",
            fontsize=8,
            fontstyle=style,
        )
for color, name in (("#2166ac", "positive"), ("#b2182b", "negative")):
    ax.scatter([], [], c=color, marker="^", label=name)
ax.margins(x=0.12)
ax.set(
    xlabel="first principal component of the profiles",
    ylabel="second",
    title="Words that only one domain uses, by their pivot profiles",
)
ax.legend(loc="best", fontsize=9)
plt.show()

# %%
# What it is worth, on kitchen reviews:
source_labels = np.where(d > 0, y, None)
for mapper in (None, CorrespondenceFeatures(100)):
    model = TransferClassifier(LogisticRegression(max_iter=1000), mapper=mapper)
    model.fit(X, source_labels, sample_domain=d)
    name = "words alone" if mapper is None else "words and profiles"
    print(f"{name}: {model.score(X[d < 0], y[d < 0]):.3f}")
