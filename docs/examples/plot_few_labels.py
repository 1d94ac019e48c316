"""
What a few labels of the target are worth
=========================================

A classifier of book reviews serves reviews of kitchenware, where other words say what
is good. How does accuracy grow with the number of labelled target reviews, by each
strategy?
"""

# %%
# 300 labelled book reviews; labels of kitchen reviews are revealed little by little.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from sktransfer import TransferClassifier
from sktransfer.datasets import make_bilingual_reviews

reviews = make_bilingual_reviews(
    1000, source="en/books", target="en/kitchen", random_state=0
)
texts, labels = np.asarray(reviews.data, dtype=object), np.asarray(reviews.target)
d = reviews.sample_domain
X = TfidfVectorizer(sublinear_tf=True, min_df=2).fit_transform(texts)
source, target = np.flatnonzero(d > 0)[:300], np.flatnonzero(d < 0)
pool, test = target[:400], target[400:]

# %%
# "target only" forgets the source. The rest are strategies of one classifier, each at
# its defaults.

sizes = [10, 20, 50, 100, 200]
settings = {
    "pool": {},
    "augment": {"strategy": "augment"},
    "fine_tune": {"strategy": "fine_tune"},
}
scores = {name: np.zeros((len(sizes), 8)) for name in ("target only", *settings)}
for seed in range(8):
    order = np.random.default_rng(seed).permutation(pool)
    for i, n in enumerate(sizes):
        known, rows = order[:n], np.r_[source, order]
        alone = LogisticRegression(C=10).fit(X[known], labels[known])
        scores["target only"][i, seed] = alone.score(X[test], labels[test])
        y = np.where(np.isin(rows, np.r_[source, known]), labels[rows], None)
        for name, parameters in settings.items():
            model = TransferClassifier(target_labels="use", **parameters)
            model.fit(X[rows], y, sample_domain=d[rows])
            scores[name][i, seed] = model.score(X[test], labels[test])
source_only = TransferClassifier().fit(X[source], labels[source])
without = source_only.score(X[test], labels[test])

# %%
# Means and standard errors over eight draws of the labels.

fig, ax = plt.subplots(figsize=(6.5, 4), layout="constrained")
ax.axhline(without, color="0.5", ls="--", label="source only")
for name, found in scores.items():
    error = found.std(axis=1) / np.sqrt(found.shape[1])
    ax.errorbar(sizes, found.mean(axis=1), error, marker="o", capsize=3, label=name)
ax.set(
    xscale="log",
    xlabel="labelled kitchen reviews",
    ylabel="accuracy on other kitchen reviews",
    xticks=sizes,
    xticklabels=sizes,
)
ax.minorticks_off()
ax.legend()
plt.show()
