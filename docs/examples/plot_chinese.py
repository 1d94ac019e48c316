"""
Across the Chinese border, in both directions
=============================================

A shop with labelled reviews in English opens in China, another one goes the other way.
Neither has a tokenizer for Chinese: the words are learned from the dictionary and from
the reviews. How many unlabelled reviews does that take, and what would a tokenizer
that knows every word add?
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sktransfer import CrossLingualMapper, TransferClassifier
from sktransfer.datasets import make_bilingual_reviews

# %%
# The last 800 reviews of the target are the test. ``reviews.tokenizer`` knows all words
# that the generated reviews are made of; no real tokenizer does.


def compare(source, target, sizes):
    """Accuracy by the number of reviews of the target: words learned, given; bound."""
    reviews = make_bilingual_reviews(
        {source: 800, target: 1600}, source=source, target=target
    )
    X, y, d = reviews.data, reviews.target, reviews.sample_domain
    from_home, abroad = np.flatnonzero(d > 0), np.flatnonzero(d < 0)
    test = abroad[800:]
    split = reviews.tokenizer["target"]
    for n in sizes:
        rows = np.r_[from_home, abroad[:n]]
        for tokenizer in (None, reviews.tokenizer):
            model = TransferClassifier(
                mapper=CrossLingualMapper(reviews.dictionary, tokenizer=tokenizer),
                strategy="distill",
            )
            model.fit(X[rows], y[rows], sample_domain=d[rows])
            yield model.score(X[test], y[test])
        bound = make_pipeline(
            TfidfVectorizer(tokenizer=split, token_pattern=None, sublinear_tf=True),
            LogisticRegression(),
        )
        yield bound.fit(X[abroad[:n]], y[abroad[:n]]).score(X[test], y[test])


# %%
# Where the target is Chinese, its words are learned from its unlabelled reviews; where
# the source is, from its labelled ones. Labels of the target would add little.

sizes = [50, 100, 200, 400, 800]
directions = {
    "English books to Chinese music": ("en/books", "zh/music"),
    "Chinese books to English music": ("zh/books", "en/music"),
}
lines = {
    "transfer, Chinese words learned": {"color": "#053061", "marker": "o"},
    "transfer, Chinese words given": {"color": "#4393c3", "marker": "^"},
    "trained on labels of the target": {"color": "#b35806", "ls": "--"},
}
figure, axes = plt.subplots(1, 2, figsize=(9, 4), sharey=True, layout="constrained")
for ax, (title, domains) in zip(axes, directions.items()):
    scores = np.reshape(list(compare(*domains, sizes)), (len(sizes), len(lines)))
    for (name, style), accuracy in zip(lines.items(), scores.T):
        ax.plot(sizes, accuracy, label=name, **style)
    ax.set(xscale="log", title=title)
    ax.set_xlabel("reviews of the target (dashed: labelled)")
    ax.set_xticks(sizes, [str(n) for n in sizes])
    ax.minorticks_off()
axes[0].set_ylabel("accuracy on 800 reviews of the target")
axes[1].legend(loc="lower right")
plt.show()
