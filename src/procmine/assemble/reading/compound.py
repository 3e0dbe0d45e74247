"""The streams in a compound file, the container of .xls: Microsoft, [MS-CFB] Compound File Binary File Format.

xlrd could take them out too, but goes round for ever where a damaged table leads a chain of sectors back to itself;
olefile gives what a damaged chain leads to as if it were the stream, and rows would be lost without a word.
"""

import struct
from array import array
from collections.abc import Iterator, Sequence
from typing import NamedTuple

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADER = struct.Struct("<30xHH14xI4xII4xI4x109I")
_ENTRY = struct.Struct("<64sHBxIII36xII4x")
_NONE = 0xFFFFFFFA
"""From here on, a number is that of no sector: it ends a chain, or says that there is none."""
_STREAM = 2
_SHIFTS = range(6, 21)


class DamagedFileError(Exception):
    """What a compound file says of its sectors cannot be."""


class _Entry(NamedTuple):
    name: bytes
    length: int
    kind: int
    left: int
    right: int
    child: int
    begin: int
    size: int

    @property
    def title(self) -> str:
        return self.name[: max(0, self.length - 2)].decode("utf-16-le", errors="replace").lower()


class CompoundFile:
    """The compound file whose bytes are `content`.

    Errors: a `DamagedFileError`, or a `struct.error` where it is cut off.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        shift, short_shift, directory, self._shortest, short_table, more, *of_table = _HEADER.unpack_from(content)
        if shift not in _SHIFTS or short_shift not in _SHIFTS:
            raise DamagedFileError("its sectors have no size")
        self._size, self._short_size = 1 << shift, 1 << short_shift
        seen = set()
        while more < _NONE and more not in seen:
            seen.add(more)
            *further, more = self._numbers(more)
            of_table += further
        self._next = array("I")
        for sector in dict.fromkeys(of_table):
            if sector < _NONE:
                self._next.extend(self._numbers(sector))
        entries = b"".join(self._sectors(directory))
        self._entries = [_Entry(*entry) for entry in _ENTRY.iter_unpack(entries[: len(entries) // 128 * 128])]
        self._next_short = array("I")
        for sector in _chain(short_table, self._next):
            self._next_short.extend(self._numbers(sector))

    def stream(self, name: str) -> bytes | None:
        """The stream of this name, in any case, that is in no folder within the file; None where there is none."""
        entry = next((one for one in self._of_root() if one.kind == _STREAM and one.title == name.lower()), None)
        if entry is None:
            return None
        if entry.size >= self._shortest:
            return b"".join(self._sectors(entry.begin))[: entry.size]
        short = b"".join(self._sectors(self._entries[0].begin))
        places = (number * self._short_size for number in _chain(entry.begin, self._next_short))
        return b"".join(short[place : place + self._short_size] for place in places)[: entry.size]

    def _of_root(self) -> Iterator[_Entry]:
        """The entries that stand in no folder: those in the tree of siblings under the first entry."""
        left, seen = [self._entries[0].child], set()
        while left:
            number = left.pop()
            if number < len(self._entries) and number not in seen:
                seen.add(number)
                yield self._entries[number]
                left += [self._entries[number].left, self._entries[number].right]

    def _sectors(self, begin: int) -> Iterator[bytes]:
        for number in _chain(begin, self._next):
            yield self._sector(number)

    def _sector(self, number: int) -> bytes:
        """The last one of a file may be shorter."""
        place = (number + 1) * self._size
        if place >= len(self._content):
            raise DamagedFileError("it ends before its last sector")
        return self._content[place : place + self._size]

    def _numbers(self, sector: int) -> tuple[int, ...]:
        return struct.unpack(f"<{self._size // 4}I", self._sector(sector))


def _chain(begin: int, after: Sequence[int]) -> Iterator[int]:
    """The sectors from `begin` on, where `after` has the one after each."""
    number, left = begin, len(after)
    while number < _NONE:
        if not left or number >= len(after):
            raise DamagedFileError("a chain of its sectors has no end")
        left -= 1
        yield number
        number = after[number]
