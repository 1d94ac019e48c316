"""A fit forgets all that an earlier one has learned, private attributes too."""

import numpy as np
import pytest
from needed import NEEDED
from sklearn.base import clone

from sktransfer.utils.discovery import all_estimators
from sktransfer.weighting import InstanceWeighter


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("name", "cls"), all_estimators(["weighter", "mapper"]))
def test_a_fit_without_domains_is_as_the_first(name, cls):
    if name in ("CrossLingualMapper", "EncoderFeatures"):
        pytest.skip("it takes texts")
    rng = np.random.default_rng(0)
    X, d = rng.poisson(2.0, (60, 4)).astype(float), np.repeat([1, -1], 30)
    y = np.where(X[:, 0] > 2, "good", "bad")
    fresh = cls(**NEEDED.get(name, {}))
    model = clone(fresh)
    try:
        fresh.fit(X, y)
    except ValueError:
        pytest.skip("it needs domains")
    model.fit(X, y, sample_domain=d).fit(X, y)
    assert set(vars(model)) == set(vars(fresh))


class Counter(InstanceWeighter):
    """Learns in a private attribute, and fails when told to."""

    def __init__(self, fail=False):
        self.fail = fail

    def raw_weights(self, X, y, sample_domain):
        self._counted = len(X)
        if self.fail:
            raise ValueError("as told")
        return np.ones((sample_domain > 0).sum())


def test_what_a_failed_fit_learned_is_forgotten_and_the_rest_is_kept():
    X, d = np.arange(6.0)[:, None], np.repeat([1, -1], 3)
    weighter = Counter()
    weighter._of_the_user = "kept"
    weighter.fit(X, sample_domain=d)
    with pytest.raises(ValueError, match="as told"):
        weighter.set_params(fail=True).fit(X, sample_domain=d)
    weighter.set_params(fail=False).fit(X)
    assert not hasattr(weighter, "_counted")
    assert weighter._of_the_user == "kept"
    assert weighter.n_features_in_ == 1
