"""Entries of XML files, one after the other, in the memory of one entry."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from sktransfer._core.tables import TableError, shown
from sktransfer._core.tables.lines import text_lines

LANGUAGE = "xml:lang"
_LINES, _CHARACTERS = 1000, 2**16  # that are parsed at once
_LONGEST_ENTITY = 256  # characters: JMdict's are shorter than 100
_LARGEST_ENTRY = 2**20  # characters; an element counts for some
_ELEMENT = 64
_DEEPEST = 100
_OF_XML = re.compile("&(?:amp|lt|gt|quot|apos);")


def xml_elements(
    path: Path, encoding: str | None, roots: Collection[str], names: Collection[str]
) -> Iterator[Element]:
    """Elements of some names, which are not in one another.

    Prefixes of names are left out. Elements have the `xml:lang` of the text that they
    stand in. Entities that the file declares are read as the text that they stand for;
    those that hold others, are long or are in other files are refused.
    """
    found = _Elements(path, roots, names)
    with text_lines(path, encoding, float("inf")) as lines:
        while text := "".join(islice(lines, _LINES)):
            for start in range(0, len(text), _CHARACTERS):
                yield from found.parse(text[start : start + _CHARACTERS])
        yield from found.parse("", is_last=True)


def text_of(element: Element) -> str:
    """All text of an element."""
    return " ".join("".join(element.itertext()).split())


class _Elements:
    """Builds the elements of some names from what expat reports."""

    def __init__(
        self, path: Path, roots: Collection[str], names: Collection[str]
    ) -> None:
        self._path, self._roots, self._names = path, roots, names
        self._found: list[Element] = []
        self._builder: TreeBuilder | None = None
        self._size = 0  # of the element that is built
        self._open: list[str | None] = []  # languages of the elements around
        self._outside = 0  # how many of them are not built
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.EntityDeclHandler = self._declare
        self._parser.SkippedEntityHandler = self._skip

    def parse(self, text: str, is_last: bool = False) -> list[Element]:
        """Elements that end in the text."""
        try:
            self._parser.Parse(text, is_last)
        except expat.ExpatError as error:
            raise TableError(
                f"{self._path}, line {error.lineno}: no well-formed XML: "
                f"{expat.ErrorString(error.code)}. Copy or download the file again."
            ) from error
        found, self._found = self._found, []
        return found

    def _fail(self, problem: str) -> TableError:
        line = self._parser.CurrentLineNumber
        return TableError(f"{self._path}, line {line}: {problem}")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if not self._open and name not in self._roots:
            expected = " or ".join(self._roots)
            raise self._fail(f"the root element is {shown(name)}; expected {expected}.")
        outer = self._open[-1] if self._open else None
        self._open.append(attributes.get(LANGUAGE, outer) if len(self._open) else None)
        if len(self._open) > _DEEPEST:
            raise self._fail(f"elements are nested more than {_DEEPEST} deep.")
        if self._builder is None and name in self._names:
            self._builder, self._size = TreeBuilder(), 0
            self._outside = len(self._open)
            if outer is not None:
                attributes.setdefault(LANGUAGE, outer)
        if self._builder is not None:
            self._builder.start(name, attributes)
            self._grow(_ELEMENT + sum(map(len, attributes.values())))

    def _end(self, name: str) -> None:
        if self._builder is not None:
            self._builder.end(name.rpartition(":")[2])
            if len(self._open) == self._outside:
                self._found.append(self._builder.close())
                self._builder = None
        self._open.pop()

    def _text(self, text: str) -> None:
        if self._builder is not None:
            self._builder.data(text)
            self._grow(len(text))

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > _LARGEST_ENTRY:
            raise self._fail("an entry is too large for one of a dictionary.")

    def _declare(
        self,
        name: str,
        is_parameter: bool,
        value: str | None,
        base: str | None,
        system: str | None,
        public: str | None,
        notation: str | None,
    ) -> None:
        if value is None:
            raise self._fail(
                f"entity {shown(name)} is in another file; it is not read."
            )
        if len(value) > _LONGEST_ENTITY or "&" in _OF_XML.sub("", value):
            raise self._fail(
                f"entity {shown(name)} is longer than {_LONGEST_ENTITY} characters or "
                "holds other entities; such files can grow without end and are refused."
            )

    def _skip(self, name: str, is_parameter: bool) -> None:
        if not is_parameter:
            raise self._fail(f"entity {shown(name)} is not declared in the file.")
