"""What is left of a key without what people and spreadsheets change in it when they write it again."""

from typing import cast

from ibis.expr.types import StringValue

from procmine import engine

SHORTEST = 2
"""A plain form with fewer signs proves nothing: 01 and 1 may be anything."""

_WIDE = "".join(map(chr, range(0xFF01, 0xFF5F)))
_NARROW = "".join(chr(ord(wide) - 0xFEE0) for wide in _WIDE)
_SIGNS = r"[-‐‑–—_\s\x{a0}\x{3000}/\\'\"`´‘’“”\x{200b}-\x{200d}\x{2060}\x{feff}]+"
_OTHER = "[^0-9a-z]"
_DECIMALS = r"^([0-9]+)\.0+$"


def plain_key(key: StringValue) -> StringValue:
    """A key without what may change when it is written again.

    Full-width letters and digits are narrow, capitals small; spaces, hyphens, underscores, slashes, quotes and signs
    without width are gone, and so are the .0 that a number gets and the zeros before it that it loses. Dots stay
    otherwise, and zeros inside: A-1.5 is not A15, A-010 not A-10.
    """
    is_ascii = engine.bytes_of(key) == key.length()  # letters are exchanged one by one, which is dear
    narrow = is_ascii.ifelse(key, key.translate(_WIDE, _NARROW))
    bare = narrow.lower().re_replace(_SIGNS, "").re_replace(_DECIMALS, r"\1")
    plain = key.re_search(_OTHER).ifelse(bare, key)  # most keys are plain already
    return cast(StringValue, plain.startswith("0").ifelse(plain.re_replace("^0+", ""), plain))
