"""
Topics that two categories share
================================

What two markets or categories have in common can be read off topics that are fitted on
the texts of both: some are talked about on both sides, some on one only. A word counts
as shared as far as both sides use it in the same ones.
"""

# %%
# Topics of both categories
# -------------------------
# Generated reviews of books and of music, and PLSA on the words of both. No label is
# given: what is ranked here is what the categories share.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

from sktransfer.datasets import make_bilingual_reviews
from sktransfer.selection import TopicFeatureSelector

reviews = make_bilingual_reviews(1000, source="en/books", target="en/music")
d = reviews.sample_domain

# words of nearly every review belong to no topic
vectorizer = CountVectorizer(min_df=5, max_df=0.2)
X = vectorizer.fit_transform(reviews.data)
words = vectorizer.get_feature_names_out()

selector = TopicFeatureSelector(
    topic_model="plsa", n_topics=8, output="topics", random_state=0
)
shares = selector.fit(X, sample_domain=d).transform(X)

# %%
# One figure
# ----------
# Mean share of each topic in the reviews of books and of music, with the words that
# stand out in it. Topics of one colour only belong to one category.

topics = selector.topic_model_.components_
overall = np.asarray(X.sum(axis=0)).ravel() / X.sum()
# probability in the topic, times how far it is above that in all reviews
distinctive = topics * np.log((topics + 1e-9) / (overall + 1e-9))
names = [", ".join(words[np.argsort(-row)[:6]]) for row in distinctive]

books, music = shares[d > 0].mean(axis=0), shares[d < 0].mean(axis=0)
order = np.argsort((music - books) / (music + books))
rows = np.arange(order.size)

fig, ax = plt.subplots(figsize=(9, 4.5), layout="constrained")
ax.barh(rows, -books[order], color="tab:blue", label="books")
ax.barh(rows, music[order], color="tab:orange", label="music")
for row, t in enumerate(order):
    ax.annotate(
        f"{selector.topic_sharing_[t]:.2f}",
        (music[t], row),
        (4, 0),
        textcoords="offset points",
        va="center",
    )
ax.axvline(0, color="black", lw=1)
ax.set_yticks(rows, [names[t] for t in order])
limit = 1.15 * max(books.max(), music.max())
ax.set_xlim(-limit, limit)
ticks = ax.get_xticks()
ax.set_xticks(ticks, [f"{abs(tick):.1f}" for tick in ticks])
ax.set_xlim(-limit, limit)
ax.set_xlabel("mean share of the topic in a review (numbers: topic_sharing_)")
ax.legend(loc="lower right")
plt.show()

# %%
# Words that both share
# ---------------------
# Words used equally often in the same topics, and the most frequent ones of one
# category only.

sharing = selector.feature_sharing_
one_sided = np.where(sharing == 0, overall, 0)
print("shared  :", ", ".join(words[np.argsort(-sharing)[:10]]))
print("one side:", ", ".join(words[np.argsort(-one_sided)[:10]]))
