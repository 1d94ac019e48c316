"""
Text, image and numbers, each with its own mapper
=================================================

A product has a review, a photo and a few numbers, and each of them shifts in its own
way when the market changes: another language, another camera, another currency. A
``ColumnTransformer`` gives each of them the mapper that undoes its shift, and
:class:`~sktransfer.TransferClassifier` hands the domain of every row to all of them.
"""

# %%
# English books with labels, and German music without. The photo is made of 24 features;
# the German shop's camera mixes them another way. Price, weight and number of pictures
# come in other units.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression

from sktransfer import CORAL, CrossLingualMapper, DomainScaler, TransferClassifier
from sktransfer.datasets import make_bilingual_reviews

reviews = make_bilingual_reviews(500, source="en/books", target="de/music")
d, n = reviews.sample_domain, len(reviews.data)
liked = reviews.target == "positive"
german = d < 0

rng = np.random.default_rng(0)
photo = rng.normal(size=(n, 24)) * np.linspace(2.0, 0.5, 24)
photo += 0.45 * np.where(liked, 1, -1)[:, None] * np.linspace(1.0, 0.2, 24)
camera = np.eye(24) + 0.3 * rng.normal(size=(24, 24))
photo[german] = photo[german] @ (camera @ camera.T) + 3.0
numbers = rng.normal(size=(n, 3)) + 0.5 * np.where(liked, 1, -1)[:, None]
numbers[german] = numbers[german] * [140.0, 0.45, 3.0] + [900.0, 2.0, 5.0]

photo_columns = [f"photo{k}" for k in range(24)]
number_columns = ["price", "weight", "pictures"]
products = pd.DataFrame(photo, columns=photo_columns)
products[number_columns] = numbers
products["review"] = reviews.data

# %%
# One mapper for each kind of column. The text is one column, so it is named by a string
# and not by a list.
mappers = {
    "review": (CrossLingualMapper(reviews.dictionary), "review"),
    "photo": (CORAL(reg=0.01), photo_columns),
    "numbers": (DomainScaler(), number_columns),
}
unmapped = {
    "review": (HashingVectorizer(n_features=2**14), "review"),
    "photo": ("passthrough", photo_columns),
    "numbers": ("passthrough", number_columns),
}


def accuracy(parts, kinds):
    """Train on English books, score on German music."""
    mapper = ColumnTransformer([(kind, *parts[kind]) for kind in kinds])
    model = TransferClassifier(LogisticRegression(max_iter=3000), mapper=mapper)
    model.fit(products, np.where(german, None, reviews.target), sample_domain=d)
    return model.score(products[german], reviews.target[german])


views = {kind: [kind] for kind in mappers} | {"all three": list(mappers)}
scores = {
    name: [accuracy(parts, kinds) for kinds in views.values()]
    for name, parts in (("as they are", unmapped), ("mapped", mappers))
}

# %%
# Without mappers every view is near a coin toss. Mapped, each is of use, and together
# they say more than the best of them.
fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
x = np.arange(len(views))
for shift, color, (name, values) in zip(
    (-0.2, 0.2), ("0.7", "#2166ac"), scores.items()
):
    bars = ax.bar(x + shift, values, width=0.38, color=color, label=name)
    ax.bar_label(bars, fmt="%.2f", fontsize=9)
ax.axhline(0.5, color="0.3", lw=1, ls=":")
ax.set_xticks(x, views)
ax.set_ylabel("accuracy on German music")
ax.set_title("English books to German music, without a German label")
ax.set_ylim(0.3, 1.05)
ax.legend(loc="upper left")
plt.show()
