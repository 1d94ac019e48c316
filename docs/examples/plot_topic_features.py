"""
Which words carry over from books to music
==========================================

Reviews of books are labelled, reviews of music are not. Words such as *gripping* and
*confusing* tell good books from bad ones, but nobody writes them about an album.
:class:`~sktransfer.selection.TopicFeatureSelector` weighs what a word tells about the
label against how far both categories use it in the same topics.
"""

# %%
# The data
# --------
# Generated reviews of two categories. Labels of the music reviews are used for nothing
# but the scores at the end.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from sktransfer.datasets import make_bilingual_reviews
from sktransfer.selection import TopicFeatureSelector

reviews = make_bilingual_reviews(1000, source="en/books", target="en/music")
d = reviews.sample_domain
source, target = d > 0, d < 0
y = np.where(source, reviews.target, None)

vectorizer = CountVectorizer(min_df=3, binary=True)
X = vectorizer.fit_transform(reviews.data)
words = vectorizer.get_feature_names_out()

# %%
# Topics and labels
# -----------------
# The selector fits the topics on the reviews of both categories, and reads the labels
# of the books only.

k = 60
selector = TopicFeatureSelector(n_topics=10, k=k, random_state=0)
selector.fit(X, y, sample_domain=d)
kept = selector.get_support()

information, sharing = selector.label_scores_, selector.feature_sharing_
by_label = np.zeros(words.size, dtype=bool)
by_label[np.argsort(-information, kind="stable")[:k]] = True

# %%
# One figure
# ----------
# Each point is a word. Labels alone would keep what lies above the dashed line; the
# selector keeps what lies above the solid curve. What it leaves out to the left are
# words of books.

fig, ax = plt.subplots(figsize=(8, 5), layout="constrained")
groups = {
    "kept": (kept, "tab:blue"),
    "left out, though labels alone would keep it": (~kept & by_label, "tab:orange"),
    "left out": (~kept & ~by_label, "lightgrey"),
}
for name, (mask, color) in groups.items():
    ax.scatter(sharing[mask], information[mask], s=18, color=color, label=name)

grid = np.linspace(0.005, 1, 400)
ax.plot(grid, selector.scores_[kept].min() / np.sqrt(grid), color="black", lw=1)
ax.axhline(information[by_label].min(), color="black", lw=1, ls="--")
ax.set(yscale="log", xlim=(-0.01, sharing.max() * 1.25))
ax.set_ylim(information[by_label].min() / 3, information.max() * 1.3)

# names where there is room for them, the best words first
named = []
either = np.flatnonzero(kept | by_label)
for j in either[np.argsort(-information[either])]:
    near = np.abs(sharing[named] - sharing[j]) < 0.035
    close = np.abs(np.log(information[named] / information[j])) < 0.09
    if not np.any(near & close):
        named.append(j)
        at = (sharing[j], information[j])
        ax.annotate(words[j], at, (5, -3), textcoords="offset points")
ax.set_xlabel("used in the same topics by books and music (feature_sharing_)")
ax.set_ylabel("information on the label of books (nats)")
ax.legend(loc="lower right")
plt.show()

# %%
# What it is worth
# ----------------
# Accuracy on music of a classifier that has seen labelled books and the same number of
# words.


def accuracy(columns):
    model = LogisticRegression().fit(X[source][:, columns], y[source].astype(str))
    return model.score(X[target][:, columns], reviews.target[target].astype(str))


for name, columns in [
    (f"{k} words by label alone", by_label),
    (f"{k} words by label and topics", kept),
    (f"all {words.size} words", np.ones(words.size, dtype=bool)),
]:
    print(f"{name:30s} {accuracy(columns):.3f}")
