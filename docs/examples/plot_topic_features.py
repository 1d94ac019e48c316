"""
Which words carry over from books to music
==========================================

Reviews of books are labelled, reviews of music are not. Words such as *gripping* and
*confusing* separate good books from bad ones, but nobody writes them about an album.
:class:`~sktransfer.selection.TopicFeatureSelector` carries the labels to the music
reviews through topics that are fitted on both, and keeps the words that mean the same
there.
"""

# %%
# The data
# --------
# Generated reviews of two categories. Labels of the music reviews are used for nothing
# but the scores at the end.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from sktransfer.datasets import make_bilingual_reviews
from sktransfer.selection import TopicFeatureSelector

reviews = make_bilingual_reviews(1000, source="en/books", target="en/music")
d = reviews.sample_domain
source, target = d > 0, d < 0
y = np.where(source, reviews.target, None)

vectorizer = TfidfVectorizer(min_df=3, sublinear_tf=True)
X = vectorizer.fit_transform(reviews.data)
words = vectorizer.get_feature_names_out()

# %%
# Topics and labels
# -----------------
# The selector fits the topics on the reviews of both categories, and reads the labels
# of the books only.

k = 60
selector = TopicFeatureSelector(n_topics=20, k=k, random_state=0)
selector.fit(X, y, sample_domain=d)
kept = selector.get_support()

strength, agreement = selector.label_scores_, selector.label_agreement_
by_label = np.zeros(words.size, dtype=bool)
by_label[np.argsort(-strength, kind="stable")[:k]] = True
print(f"Topics explain {selector.topic_reliability_:.0%} of the labels of books.")

# %%
# One figure
# ----------
# Each point is a word. Labels alone would keep what lies above the dashed line. What
# the selector leaves out of that stands to the left: words that music reviews do not
# use, or not in that sense.

fig, ax = plt.subplots(figsize=(8, 5), layout="constrained")
groups = {
    "kept": (kept, "tab:blue"),
    "left out, though labels alone would keep it": (~kept & by_label, "tab:orange"),
    "left out": (~kept & ~by_label, "lightgrey"),
}
for name, (mask, color) in groups.items():
    ax.scatter(agreement[mask], strength[mask], s=18, color=color, label=name)

ax.axhline(strength[by_label].min(), color="black", lw=1, ls="--")
ax.set(yscale="log", xlim=(-0.01, agreement.max() * 1.15))
ax.set_ylim(strength[by_label].min() / 5, strength.max() * 1.3)

# names where there is room for them, the best words first
named = []
either = np.flatnonzero(kept | by_label)
for j in either[np.argsort(-strength[either])]:
    near = np.abs(agreement[named] - agreement[j]) < 0.1 * agreement.max()
    close = np.abs(np.log(strength[named] / strength[j])) < 0.13
    if not np.any(near & close):
        named.append(j)
        at = (agreement[j], strength[j])
        ax.annotate(words[j], at, (5, -3), textcoords="offset points")
ax.set_xlabel("means the same for music, by its topics (label_agreement_)")
ax.set_ylabel("informs the label of books (chi2)")
ax.legend(loc="lower right")
plt.show()

# %%
# What it is worth
# ----------------
# Accuracy on music of a classifier that has seen labelled books and the same number of
# words.


def accuracy(columns):
    model = LogisticRegression(C=5).fit(X[source][:, columns], y[source].astype(str))
    return model.score(X[target][:, columns], reviews.target[target].astype(str))


for name, columns in [
    (f"{k} words by label alone", by_label),
    (f"{k} words by label and topics", kept),
    (f"all {words.size} words", np.ones(words.size, dtype=bool)),
]:
    print(f"{name:30s} {accuracy(columns):.3f}")
