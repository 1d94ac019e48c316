"""
An encoder as a teacher: what it costs, and what it gains
=========================================================

A sentence encoder knows words that the dictionary lacks, and takes its time for every
text. As a view beside the dictionary it helps the teacher; distilled into a student of
words it is no longer asked when texts arrive.
"""

# %%
# In place of an encoder stands a model that has seen reviews of kitchenware in both
# languages. It counts the texts that it is asked to encode. The dictionary is half of
# what it was.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sktransfer import (
    CrossLingualMapper,
    EncoderFeatures,
    MultiViewMapper,
    TransferClassifier,
)
from sktransfer.datasets import make_bilingual_reviews

seen = make_bilingual_reviews(
    600, source="en/kitchen", target="de/kitchen", random_state=1
)
kitchen = make_pipeline(TfidfVectorizer(), LogisticRegression())
kitchen.fit(seen.data, seen.target)
n_encoded = 0


def encoder(texts):
    """One column; a real encoder gives hundreds."""
    global n_encoded
    n_encoded += len(texts)
    return kitchen.decision_function(texts)[:, None]


# %%
# English books are labelled, German music is not. Half of the German texts are for
# training, half arrive later.
reviews = make_bilingual_reviews(800, source="en/books", target="de/music")
d, texts = reviews.sample_domain, np.asarray(reviews.data, dtype=object)
german = np.flatnonzero(d < 0)
later, rows = german[1::2], np.r_[np.flatnonzero(d > 0), german[::2]]
labels = np.where(d > 0, reviews.target, None)

words = CrossLingualMapper(reviews.dictionary[::2])
vectors = EncoderFeatures(encoder)
both = MultiViewMapper([("words", words), ("encoder", vectors)], weights="validated")
ways = {
    "dictionary, distilled": (words, "distill"),
    "encoder": (vectors, "pool"),
    "both": (both, "pool"),
    "encoder, distilled": (vectors, "distill"),
    "both, distilled": (both, "distill"),
}
accuracy, in_fit, in_predict = [], [], []
for mapper, strategy in ways.values():
    n_encoded = 0
    model = TransferClassifier(mapper=mapper, strategy=strategy)
    model.fit(texts[rows], labels[rows], sample_domain=d[rows])
    in_fit.append(n_encoded)
    accuracy.append(model.score(texts[later], reviews.target[later]))
    in_predict.append(n_encoded - in_fit[-1])

# %%
# Distilled, the encoder is asked in training alone. The file of the student holds
# neither encoder nor dictionary: ``model.without_teacher()``.
fig, (left, right) = plt.subplots(
    1, 2, figsize=(9, 3.4), sharey=True, layout="constrained"
)
places = np.arange(len(ways))[::-1]
colors = ["#2166ac" if "distilled" in name else "0.65" for name in ways]
bars = left.barh(places, accuracy, color=colors)
left.bar_label(bars, fmt="%.3f", padding=3, fontsize=9)
left.set_xlim(0.6, 1.0)
left.set_yticks(places, ways)
left.set_xlabel("accuracy on later German texts")
right.barh(places, in_fit, color="0.8", label="in fit, once")
right.barh(
    places, in_predict, left=in_fit, color="#b2182b", label="in predict, each time"
)
right.set_xlabel("texts encoded")
right.legend(loc="upper right", fontsize=9)
fig.suptitle("Books in English to music in German, no German label")
plt.show()
