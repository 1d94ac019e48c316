"""
From German to Spanish without a German-Spanish dictionary
==========================================================

Dictionaries from and to English are easy to come by, those between other languages are
not. Two of them make a third: German words go to English and on to Spanish. What does
the detour cost?
"""

import matplotlib.pyplot as plt

from sktransfer import CrossLingualMapper, TransferClassifier
from sktransfer.crosslingual import compose_dictionaries
from sktransfer.datasets import make_bilingual_reviews


def dictionary(source, target, coverage):
    """A dictionary that knows a share of the words, and some wrong translations."""
    reviews = make_bilingual_reviews(
        2, source=source, target=target, dictionary_coverage=coverage
    )
    return reviews.dictionary


# %%
# A German word may have several English ones, and each of these several Spanish ones.
# The weight is the probability of all ways from one to the other, and the likeliest
# translations of a word come first.

composed = compose_dictionaries(
    dictionary("de/books", "en/books", 0.6), dictionary("en/books", "es/books", 0.6)
)
print(len(composed), "pairs;", composed.skipped)
for (word, translation), weight in list(zip(composed, composed.weights))[:12]:
    print(f"{word:15} {translation:15} {weight:.2f}")

# %%
# German reviews are labelled, Spanish ones are to be judged. Either dictionary is given
# to the mapper as it is.

reviews = make_bilingual_reviews(
    {"de/books": 400, "es/books": 800}, source="de/books", target="es/books"
)
X, y, d = reviews.data, reviews.target, reviews.sample_domain
train, test = slice(0, 800), slice(800, None)


def accuracy(pairs):
    """Accuracy on Spanish reviews that were not seen in training."""
    model = TransferClassifier(mapper=CrossLingualMapper(pairs))
    model.fit(X[train], y[train], sample_domain=d[train])
    return model.score(X[test], y[test])


shares = [0.2, 0.4, 0.6, 0.8]
direct, detour = [], []
for share in shares:
    direct.append(accuracy(dictionary("de/books", "es/books", share)))
    both = [
        dictionary(*pair, share)
        for pair in (("de/books", "en/books"), ("en/books", "es/books"))
    ]
    detour.append(accuracy(compose_dictionaries(*both)))

# %%
# Words are lost on the way: those that one of the two dictionaries does not know. With
# larger dictionaries the detour costs little.

figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
ax.plot(shares, direct, marker="o", color="#053061", label="German-Spanish")
ax.plot(shares, detour, marker="^", color="#b35806", label="German-English-Spanish")
ax.set_xticks(shares, [f"{share:.0%}" for share in shares])
ax.set_xlabel("words of the language that each dictionary knows")
ax.set_ylabel("accuracy on Spanish reviews")
ax.legend(loc="lower right")
plt.show()
