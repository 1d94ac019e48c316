"""``python -m sktransfer``: the main job from the command line."""

from __future__ import annotations

import argparse
import os
import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sktransfer
from sktransfer._cli import _demo, _recommend, _reviews
from sktransfer._cli._console import CommandError

DESCRIPTION = """\
Transfer learning across languages, categories and markets.

Without a command: both jobs on data that comes with the package.
"""
EXAMPLES = {
    "": """\
examples:
  python -m sktransfer
  python -m sktransfer reviews --source en.csv --target de.csv \\
      --dictionary en-de.csv --output predictions.csv
  python -m sktransfer recommend --source uk.csv --source fr.csv \\
      --target de.csv --output ranked.csv
""",
    "reviews": """\
example:
  python -m sktransfer reviews --source en.csv --target de.csv \\
      --dictionary en-de.csv --output predictions.csv
  en.csv has columns text,label; de.csv has text and, where known, label;
  en-de.csv has two columns, a word and its translation in each row.
""",
    "recommend": """\
example:
  python -m sktransfer recommend --source uk.csv --source fr.csv \\
      --target de.csv --items items.csv --output ranked.csv --report report.html
  logs have columns user,item and, where known, timestamp, one interaction a row;
  items.csv has item and texts, categories or numbers, one item a row.
""",
}
# Errors that say what is to be done; an ImportError names the package that is missing.
_EXPLAINED = (CommandError, ValueError, TypeError, OSError, MemoryError, ImportError)


def build_parser() -> argparse.ArgumentParser:
    """Parser of the command line."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="python -m sktransfer",
        description=DESCRIPTION,
        epilog=EXAMPLES[""],
        formatter_class=form,
    )
    parser.add_argument(
        "--version", action="version", version=f"sktransfer {sktransfer.__version__}"
    )
    parser.set_defaults(run=_demo.run)
    commands = parser.add_subparsers(title="commands", metavar="")
    for name, module, text in (
        ("reviews", _reviews, "label the reviews of another language or category"),
        ("recommend", _recommend, "rank items for the users of a market"),
    ):
        command = commands.add_parser(
            name,
            help=text,
            description=text,
            epilog=EXAMPLES[name],
            formatter_class=form,
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser


_ARGUMENT = re.compile(r"(?:pass )?\b(quoting|encoding)=\"?([\w-]+)\"?")


def _one_line(error: object) -> str:
    """Message in one line, with options of the command line for those of Python."""
    text = " ".join(str(error).split()) or type(error).__name__
    return _ARGUMENT.sub(_option, text)


def _option(found: re.Match[str]) -> str:
    name, value = found.groups()
    return f"--{name} {({'True': 'yes', 'False': 'no'}).get(value, value)}"


@contextmanager
def _any_character() -> Iterator[None]:
    """Let standard output write characters that its encoding does not have."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is None:  # no text file, such as the output of a notebook
        yield
        return
    errors = sys.stdout.errors
    reconfigure(errors="backslashreplace")
    try:
        yield
    finally:
        reconfigure(errors=errors)


@contextmanager
def _warnings_as_notes() -> Iterator[None]:
    """Print each warning of the library as a note, once."""
    shown = set()

    def show_warning(
        message: Warning | str, category: type[Warning], *_: object, **__: object
    ) -> None:
        line = f"note: {_one_line(message)}"
        if issubclass(category, UserWarning) and line not in shown:
            print(line, file=sys.stderr)
        shown.add(line)

    with warnings.catch_warnings():
        warnings.showwarning = show_warning
        yield


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line."""
    try:
        with _any_character(), _warnings_as_notes():
            arguments = build_parser().parse_args(argv)
            arguments.run(arguments)
            print(end="", flush=True)  # also where there is no standard output
    except BrokenPipeError:  # whoever read the output has stopped
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except _EXPLAINED as error:
        print(f"sktransfer: error: {_one_line(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("sktransfer: interrupted", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
