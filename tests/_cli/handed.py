"""What the command line hands to the estimators that do its work."""

from types import SimpleNamespace

import pytest

from sktransfer import AutoTransferClassifier, AutoTransferRecommender
from sktransfer.__main__ import main


class Enough(Exception):
    """Ends a command as soon as it has called `fit`."""


def handed(command, *arguments):
    """The estimator that a command makes, and what it passes to `fit`."""
    seen = SimpleNamespace()

    def fit(self, X, y=None, sample_domain=None, time=None):
        seen.estimator, seen.X, seen.y = self, X, y
        seen.sample_domain, seen.time = sample_domain, time
        raise Enough

    with pytest.MonkeyPatch.context() as patch:
        for cls in (AutoTransferClassifier, AutoTransferRecommender):
            patch.setattr(cls, "fit", fit)
        with pytest.raises(Enough):
            main([command, *map(str, arguments)])
    return seen
