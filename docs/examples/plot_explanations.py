"""
Words that speak for a class, in both languages
===============================================

English reviews are labelled, German ones are not. The model tells which words of each
language speak for and against, and from which English words it learned a German one.
"""

# %%
# A dictionary and unlabelled German texts are all that it has of German.
import numpy as np
from matplotlib import pyplot as plt

from sktransfer import CrossLingualMapper, TransferClassifier
from sktransfer.datasets import make_bilingual_reviews

reviews = make_bilingual_reviews(600)
d = reviews.sample_domain
y = np.where(d > 0, reviews.target, None)
model = TransferClassifier(mapper=CrossLingualMapper(reviews.dictionary))
model.fit(reviews.data, y, sample_domain=d)

# %%
# One text: what each word adds to the score, and the English words behind it. What is
# due to no word, intercept and centring, is the base.
text = "Wunderbar und reizend, aber der Versand war langsam."
explanation = model.explain(text)
print(explanation)

# %%
# All texts: what a text of that word alone would get. Below, the text above, from its
# base to its decision.
figure = plt.figure(figsize=(9, 8), layout="constrained")
axes = figure.subplot_mosaic([["source", "target"], ["text", "text"]])
for side, language in (("source", "English"), ("target", "German")):
    names, lengths = [], []
    for label, sign in (("positive", 1), ("negative", -1)):
        top = model.top_features(label, 8, side=side)
        behind = [f" ({words[0]})" if words else "" for words in top.learned_from]
        names += [f"{word}{b}" for word, b in zip(top.features, behind)]
        lengths += (sign * top.weights).tolist()
    colors = np.where(np.array(lengths) > 0, "tab:blue", "tab:red")
    axes[side].barh(names, lengths, color=colors)
    axes[side].invert_yaxis()
    axes[side].axvline(0, color="black", linewidth=0.8)
    axes[side].set_title(language)
    axes[side].set_xlabel("weight of the word")

added = explanation.contributions[:, 0]
names = [
    f"{word} ({', '.join(behind)})" if behind else word
    for word, behind in zip(explanation.features, explanation.learned_from)
]
starts = explanation.base[0] + np.concatenate([[0], np.cumsum(added)[:-1]])
colors = np.where(added > 0, "tab:blue", "tab:red")
axes["text"].barh(names, added, left=starts, color=colors)
axes["text"].axvline(explanation.base[0], color="gray", linewidth=0.8, linestyle=":")
axes["text"].axvline(explanation.decision[0], color="black", linewidth=0.8)
axes["text"].invert_yaxis()
axes["text"].use_sticky_edges = False
axes["text"].set_title(f"{explanation.predicted}: {text}")
axes["text"].set_xlabel("from base (dotted) to decision (line)")
plt.show()
