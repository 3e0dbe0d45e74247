"""Text of a YAML file with comments: names are data, so whatever they hold stays one word or one line."""

import json
import re

MARK = "FILL IN"
"""Stands where a person has to decide."""

_PLAIN = re.compile(r"[^\W\d][\w .()/%+-]*")
_WORDS = {"null", "~", "true", "false", "yes", "no", "on", "off", "y", "n"}
_LONGEST = 100


def word(text: str) -> str:
    """`text` as one YAML scalar: as it is where that is read as the same text, else in double quotes."""
    if _PLAIN.fullmatch(text) and text == text.strip() and text.lower() not in _WORDS:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(sign if sign.isprintable() else f"\\U{ord(sign):08x}" for sign in quoted)


def comment(text: str) -> str:
    """`text` as the comment of a line, without signs that could end it."""
    return "# " + "".join(sign if sign.isprintable() else "?" for sign in text)


def shown(value: str) -> str:
    """A value from the data for a comment, its beginning where it is long."""
    return repr(value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…")


def flow(pairs: dict[str, str]) -> str:
    """A mapping of words on one line."""
    return "{" + ", ".join(f"{word(key)}: {word(value)}" for key, value in pairs.items()) + "}"
