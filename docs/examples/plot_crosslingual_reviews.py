"""
English labels, reviews of another language
===========================================

English book reviews have labels; reviews of music in German have none, and there is a
small dictionary. How far does each way to use it get, and how much does it depend on
the number of unlabelled German texts?
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sktransfer import TransferClassifier
from sktransfer.crosslingual import (
    CrossLingualMapper,
    DictionaryTranslation,
    DistributionalCorrespondence,
)
from sktransfer.datasets import make_bilingual_reviews

# %%
# The last 1000 German reviews are the test; their labels are used for scores only.

reviews = make_bilingual_reviews(
    {"en/books": 800, "de/music": 1800}, source="en/books", target="de/music"
)
X, y, d = reviews.data, reviews.target, reviews.sample_domain
source, target = np.flatnonzero(d > 0), np.flatnonzero(d < 0)
test = target[800:]

spaces = {
    "dictionary translation": DictionaryTranslation(),
    "correspondence, no back-off": DistributionalCorrespondence(backoff=None),
    "correspondence (default)": DistributionalCorrespondence(),
}
sizes = [50, 100, 200, 400, 800]

# %%
# ``sample_domain`` tells the mapper which rows are of which language; the labels of
# German rows are not read.

accuracy = {name: [] for name in spaces}
for name, space in spaces.items():
    for size in sizes:
        rows = np.concatenate([source, target[:size]])
        mapper = CrossLingualMapper(reviews.dictionary, word_space=space)
        model = TransferClassifier(mapper=mapper)
        model.fit(X[rows], y[rows], sample_domain=d[rows])
        accuracy[name].append(model.score(X[test], y[test]))

plain = make_pipeline(TfidfVectorizer(sublinear_tf=True), LogisticRegression())
source_only = plain.fit(X[source], y[source]).score(X[test], y[test])
supervised = [
    plain.fit(X[target[:n]], y[target[:n]]).score(X[test], y[test]) for n in sizes
]

# %%
# What the shared space knows of a word is a mix of the dictionary and of the company
# that words keep.

best = [word for word, _ in model.mapper_.word_space_.pivots_[:4]]
for word, translations in zip(best, model.mapper_.translate(best, k=4)):
    print(word, "->", ", ".join(translations))
print(f"{model.mapper_.coverage_:.0%} of the German tokens have a translation")

# %%
# Texts without labels are worth a lot: the more there are, the better the profiles of
# the words.

figure, axes = plt.subplots(figsize=(7, 4.4), layout="constrained")
styles = [("#92c5de", "s"), ("#4393c3", "^"), ("#053061", "o")]
for (name, values), (color, marker) in zip(accuracy.items(), styles):
    axes.plot(sizes, values, color=color, marker=marker, label=name)
axes.plot(sizes, supervised, color="#b35806", ls="--", label="trained on German labels")
axes.axhline(source_only, color="0.5", ls=":", label="English words alone")
axes.set(
    xscale="log",
    xlabel="German reviews in training (unlabelled; dashed line: labelled)",
    ylabel="accuracy on 1000 German reviews",
    title="English book labels, German music reviews",
)
axes.set_xticks(sizes, [str(n) for n in sizes])
axes.minorticks_off()
axes.legend(loc="lower right", fontsize=8)
plt.show()
