"""
Words by the company they keep
==============================

Word vectors are trained on reviews of books and of music without any label. Words that
can stand in the same place come to lie together: nouns of books, nouns of music, and
what is said of either.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.decomposition import PCA

from sktransfer.datasets import make_bilingual_reviews
from sktransfer.embedding import EmbeddingVectorizer, WordVectors

# %%
# "ppmi" factorises the positive pointwise mutual information of neighbouring words, in
# a small part of the time of Word2Vec.

reviews = make_bilingual_reviews(1500, source="en/books", target="en/music")
texts, music = reviews.data, reviews.sample_domain < 0
vectorizer = EmbeddingVectorizer(WordVectors("ppmi", vector_size=50, random_state=0))
documents = vectorizer.fit_transform(texts)
print(f"{len(texts)} reviews as rows of {documents.shape[1]} features")

# %%
# The nearest words by the cosine. "great" and "terrible" are neighbours: opinions are
# told apart by labels, not by company.

words, vectors = vectorizer.vocabulary_, vectorizer.word_vectors_
units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
row = {word: k for k, word in enumerate(words)}
for word in ("plot", "guitar", "boring", "great"):
    nearest = np.argsort(-units @ units[row[word]])[1:7]
    print(f"{word:>7}:", ", ".join(words[nearest]))

# %%
# Two directions of the space, with the share of each word that is in reviews of music.

tokens = [set(vectorizer.tokenizer_(text)) for text in texts]
inside = np.array([[w in t for w in words[:400]] for t in tokens])
share = inside[music].sum(axis=0) / inside.sum(axis=0)
place = PCA(2).fit_transform(units[:400])
shown = {
    "plot": (8, 12),
    "guitar": (14, 4),
    "packaging": (-62, 6),
    "songs": (-38, -12),
    "gripping": (30, 14),
    "boring": (26, -16),
    "catchy": (-34, 18),
    "great": (-38, -14),
    "terrible": (22, -14),
    "bad": (14, 2),
    "love": (-20, -30),
    "childhood": (-24, 26),
    "album": (10, 12),
    "novel": (12, -20),
    "page": (4, 10),
    "bought": (8, -4),
}

figure, axes = plt.subplots(figsize=(8, 5.2), layout="constrained")
points = axes.scatter(*place.T, c=share, cmap="PuOr", s=14, edgecolors="0.6", lw=0.3)
for word, offset in shown.items():
    axes.annotate(
        word,
        place[row[word]],
        xytext=offset,
        textcoords="offset points",
        arrowprops={"arrowstyle": "-", "lw": 0.5, "shrinkB": 1},
    )
axes.set(
    xlabel="first component of the word vectors",
    ylabel="second component",
    title="The 400 most frequent words, placed without labels",
)
figure.colorbar(points, label="share of the word's reviews that are about music")
plt.show()
