"""
A map of the words of two languages
===================================

Word vectors of two languages, each trained on its own reviews, say nothing about each
other: the axes of both spaces mean different things. With some pairs of words that mean
the same, an alignment brings both spaces together, and words that it was not fitted on
move towards their translations too.
"""

# %%
# Two spaces
# ----------
# Generated English and German reviews, which are not translations of each other. Words
# are described by the words at most two steps away: positive pointwise mutual
# information, reduced by a singular value decomposition.

import matplotlib.pyplot as plt
import numpy as np
from scipy import sparse
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.feature_extraction.text import CountVectorizer

from sktransfer.crosslingual import WhitenedAlignment, csls_neighbors
from sktransfer.datasets import make_bilingual_reviews

categories = ("books", "music", "kitchen", "electronics")
reviews = make_bilingual_reviews(
    1500,
    source=[f"en/{c}" for c in categories],
    target=[f"de/{c}" for c in categories],
)


def train_vectors(texts, window=2, n_features=40):
    vectorizer = CountVectorizer(min_df=15)
    df = vectorizer.fit_transform(texts).astype(bool).sum(axis=0)
    split, row_of = vectorizer.build_analyzer(), vectorizer.vocabulary_
    row, column = [], []
    for text in texts:
        words = [row_of[w] for w in split(text) if w in row_of]
        for k in range(1, window + 1):
            row += words[:-k]
            column += words[k:]
    counts = sparse.coo_matrix((np.ones(len(row)), (row, column)), 2 * (len(row_of),))
    counts = sparse.coo_matrix((counts + counts.T).tocsr())
    total = np.asarray(counts.sum(axis=1)).ravel()
    expected = total[counts.row] * total[counts.col] / total.sum()
    ppmi = sparse.csr_matrix(
        (np.log(counts.data / expected).clip(0), (counts.row, counts.col)), counts.shape
    )
    vectors = TruncatedSVD(n_features, random_state=0).fit_transform(ppmi)
    return vectorizer.get_feature_names_out(), vectors, np.asarray(df).ravel()


texts = np.array(reviews.data, dtype=object)
english, X, df = train_vectors(texts[reviews.sample_domain > 0])
german, Y, _ = train_vectors(texts[reviews.sample_domain < 0])

# %%
# Half of the dictionary
# ----------------------
# One half aligns the spaces. The other half is kept, to look at: how often is the
# translation among the five nearest of all German words?

row, column = ({w: i for i, w in enumerate(words)} for words in (english, german))
pairs = [(row[e], column[g]) for e, g in reviews.dictionary if e in row and g in column]
pairs = np.random.default_rng(0).permutation(pairs)
known, kept = np.array_split(pairs, 2)

alignment = WhitenedAlignment(reg=1.0).fit(X[known[:, 0]], Y[known[:, 1]])
spaces = {"before": (X, Y), "after": alignment.transform(X, Y)}
for name, (A, B) in spaces.items():
    found, _ = csls_neighbors(A, B, n_neighbors=5)
    share = np.mean([j in found[i] for i, j in kept])
    print(f"{name:6s} {share:.0%} of {len(kept)} kept words, of {len(german)} words")

# %%
# One figure
# ----------
# The most frequent of the kept words. A line joins a word to its translation; both
# panels show the two directions in which the shown words differ most.

shown = kept[np.argsort(-df[kept[:, 0]], kind="stable")]
shown = shown[np.unique(shown[:, 0], return_index=True)[1]]
shown = shown[np.argsort(-df[shown[:, 0]], kind="stable")][:24]

fig, axes = plt.subplots(1, 2, figsize=(13, 6.5), layout="constrained")
for ax, (name, sides) in zip(axes, spaces.items()):
    rows = [Z[shown[:, k]] for k, Z in enumerate(sides)]
    rows = [Z / np.linalg.norm(Z, axis=1, keepdims=True) for Z in rows]
    flat = PCA(2, random_state=0).fit_transform(np.vstack(rows))
    A, B = np.array_split(flat, 2)
    for a, b in zip(A, B):
        ax.plot(*zip(a, b), color="lightgrey", lw=1, zorder=0)
    for points, words, k, color in (
        (A, english, 0, "tab:blue"),
        (B, german, 1, "tab:orange"),
    ):
        ax.scatter(*points.T, s=15, color=color, label=("English", "German")[k])
        for point, i in zip(points, shown[:, k]):
            ax.annotate(
                words[i],
                point,
                (3, 2 if k else -9),
                textcoords="offset points",
                fontsize=8,
                color=color,
            )
    ax.set(title=f"{name} the alignment", xticks=[], yticks=[])
axes[0].legend()
plt.show()
