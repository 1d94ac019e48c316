"""The examples of the user guide give what they say."""

import doctest
import re
import sys
from pathlib import Path
from textwrap import dedent
from types import ModuleType

import pytest
from guide_data import BEFORE, NOT_RUN

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
BLOCK = re.compile(r"^( *)\.\. code-block:: python\n((?:\1 +.*\n|\n)+)", flags=re.M)
PAGES = sorted(
    p for p in GUIDE.glob("*.rst") if re.search(">>> |block:: py", p.read_text("utf-8"))
)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.mark.skipif(not GUIDE.exists(), reason="the guide is not installed")
def test_pages_with_examples_are_found():
    assert GUIDE / "extending.rst" in PAGES


def python_blocks(text):
    """First line and source of each block of Python."""
    for found in BLOCK.finditer(text):
        lines = found[2].splitlines()
        code = [line for line in lines if not line.strip().startswith(":")]
        yield text[: found.start()].count("\n"), dedent("\n".join(code))


def run_examples(page, examples, names):
    test = doctest.DocTest(examples, {}, page.stem, str(page), 0, None)
    test.globs = names
    result = doctest.DocTestRunner(optionflags=FLAGS).run(test, clear_globs=False)
    assert result.failed == 0


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_runs_from_its_first_line_to_its_last(page, monkeypatch, tmp_path):
    """Examples give what they say; blocks run after the blocks before them."""
    monkeypatch.chdir(tmp_path)
    # classes of a page belong to a module, so that they can be pickled
    module = ModuleType(f"guide_{page.stem}")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    names, text = vars(module), page.read_text("utf-8")
    examples = doctest.DocTestParser().get_examples(text, page.stem)
    for number, (line, code) in enumerate(python_blocks(text)):
        run_examples(page, [e for e in examples if e.lineno < line], names)
        examples = [e for e in examples if e.lineno > line]
        BEFORE.get(page.stem, {}).get(number, lambda names: None)(names)
        compiled = compile(code, f"{page.name}, block after line {line}", "exec")
        if number not in NOT_RUN.get(page.stem, ()):
            exec(compiled, names)
    run_examples(page, examples, names)


def test_every_block_is_found():
    for page in PAGES:
        text = page.read_text("utf-8")
        n_blocks = text.count("code-block:: python")
        assert len(list(python_blocks(text))) == n_blocks
        known = {*BEFORE.get(page.stem, ()), *NOT_RUN.get(page.stem, ())}
        assert not known or max(known) < n_blocks


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
