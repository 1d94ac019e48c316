"""What public estimators cannot be made without, for tests that go through all."""

import numpy as np

from sktransfer import CORAL, DomainScaler


def count_letters(texts):
    """A tiny encoder."""
    return np.array([[text.count(c) for c in "aeinorst"] for text in texts])


NEEDED = {
    "CrossLingualMapper": {"dictionary": {}},
    "EncoderFeatures": {"encoder": count_letters},
    "MultiViewMapper": {
        "views": [("scaled", DomainScaler(with_mean=False)), ("aligned", CORAL())]
    },
    "WordSpaceUnion": {"word_spaces": []},
}
