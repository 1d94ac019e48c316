"""Sphinx configuration; the site builds without a network."""

import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent.parent))

import sktransfer

project = "sktransfer"
author = "the sktransfer developers"
copyright = f"2026, {author}"
release = version = sktransfer.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "myst_parser",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "examples", "figures"]
autosummary_generate = True
templates_path = ["_templates"]
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
nitpicky = False
suppress_warnings = ["config.cache"]

html_theme = "pydata_sphinx_theme"
html_title = "sktransfer"
html_static_path = []
html_theme_options = {
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
}

sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"plot_",
    "doc_module": "sktransfer",
    "backreferences_dir": "generated/backreferences",
    "show_memory": False,
    "abort_on_example_error": True,
    "matplotlib_animations": False,
    "download_all_examples": False,
    "write_computation_times": False,
}
