"""JSON text read as it comes: what was read is forgotten, so that a document may be longer than memory."""

import json
from collections.abc import Iterator
from typing import Any, TextIO

_BLOCK = 1 << 20
_TOKEN = 16
"""Characters from the end within which a wrong token may be one that is cut off."""
_NUMBER = 3
"""Characters after a number that show that it ends: of 1e+5, 1 is one too."""
_BLANK = " \t\r\n"


class BrokenJsonError(Exception):
    """The text is not whole and well-formed JSON: what was `found`, at which `character` of it, from 1."""

    def __init__(self, found: str, character: int) -> None:
        super().__init__(found)
        self.found, self.character = found, character


class JsonStream:
    """The values in a text of JSON, one after the other, each of at most so many characters.

    Errors: `BrokenJsonError` from whatever reads on.
    """

    def __init__(self, file: TextIO, *, decoder: json.JSONDecoder, longest: int) -> None:
        self._file, self._decoder, self._longest = file, decoder, longest
        self._text, self._place, self._before, self._lines, self._ended = "", 0, 0, 1, False

    @property
    def line(self) -> int:
        """The line of the text that has been read to, from 1."""
        return self._lines + self._text.count("\n", 0, self._place)

    def peek(self) -> str:
        """The next character that is not blank; nothing at the end."""
        while True:
            while self._place < len(self._text) and self._text[self._place] in _BLANK:
                self._place += 1
            if self._place < len(self._text) or self._ended:
                return self._text[self._place : self._place + 1]
            self._more()

    def end(self) -> None:
        """Nothing may be left."""
        if self.peek():
            raise self._error("there is more after its end")

    def members(self) -> Iterator[str]:
        """The keys of the object that comes next; whoever takes one reads its value before the next."""
        self._take("{")
        for _item in self._until("}"):
            key = self.value()
            self._take(":")
            yield str(key)

    def items(self) -> Iterator[Any]:
        """The items of the list that comes next."""
        self._take("[")
        for _item in self._until("]"):
            yield self.value()

    def value(self) -> Any:
        """The next value, whole."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._place)
                if len(self._text) - end >= _NUMBER or self._ended:
                    self._place = end
                    return value
            except json.JSONDecodeError as error:
                cut_off = error.pos > len(self._text) - _TOKEN or error.msg.startswith("Unterminated string")
                if self._ended or not cut_off:
                    raise self._error(error.msg, error.pos) from error
            except RecursionError as error:
                raise self._error("values are nested too deeply") from error
            if len(self._text) - self._place > self._longest:
                raise self._error(f"an item has more than {self._longest:,} characters")
            self._more()

    def _until(self, close: str) -> Iterator[None]:
        """Once before each item up to `close`, with a comma between two."""
        if self.peek() == close:
            self._place += 1
            return
        yield
        while self.peek() != close:
            self._take(",")
            yield
        self._place += 1

    def _take(self, wanted: str) -> None:
        found = self.peek()
        if found != wanted:
            raise self._error(f"{found!r} where {wanted!r} should be" if found else "the file ends too early")
        self._place += 1

    def _more(self) -> None:
        block = self._file.read(_BLOCK)
        self._ended = not block
        self._before += self._place
        self._lines += self._text.count("\n", 0, self._place)
        self._text, self._place = self._text[self._place :] + block, 0

    def _error(self, found: str, place: int | None = None) -> BrokenJsonError:
        return BrokenJsonError(found, self._before + (self._place if place is None else place) + 1)
