"""The examples of the user guide give what they say."""

import doctest
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

import sktransfer.testing as testing
from sktransfer import (
    KMMInstanceWeighter,
    Procrustes,
    SpectralFeatureAlignment,
    TransferRecommender,
)
from sktransfer.recommend import EASERecommender
from sktransfer.transfer.strategies import Pooling

GUIDE = Path(__file__).parents[1] / "docs" / "guide"
PAGES = sorted(p for p in GUIDE.glob("*.rst") if ">>> " in p.read_text("utf-8"))
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.mark.skipif(not GUIDE.exists(), reason="the guide is not installed")
def test_pages_with_examples_are_found():
    assert GUIDE / "extending.rst" in PAGES


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_examples_run(page, monkeypatch):
    # classes of a page belong to a module, so that they can be pickled
    module = ModuleType(f"guide_{page.stem}")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    text = page.read_text("utf-8")
    test = doctest.DocTestParser().get_doctest(text, {}, page.stem, str(page), 0)
    test.globs = vars(module)
    result = doctest.DocTestRunner(optionflags=FLAGS).run(test, clear_globs=False)
    assert result.attempted > 0
    assert result.failed == 0


def test_every_law_is_in_the_guide():
    checks = [
        *testing.weighter_checks_generator(KMMInstanceWeighter()),
        *testing.mapper_checks_generator(SpectralFeatureAlignment()),
        *testing.recommender_checks_generator(EASERecommender()),
        *testing.recommender_checks_generator(TransferRecommender()),
        *testing.strategy_checks_generator(Pooling()),
        *testing.alignment_checks_generator(Procrustes()),
    ]
    page = (GUIDE / "extending.rst").read_text("utf-8")
    listed = re.findall(r"^``(check_\w+)``$", page, flags=re.M)
    assert set(listed) == {check.__name__ for _, check in checks}
