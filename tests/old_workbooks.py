"""Write workbooks of Excel before 2007, record by record, as [MS-XLS] says and as [MS-CFB] says of their container."""

import struct
from collections.abc import Sequence
from typing import NamedTuple

END, FREE, IS_TABLE = 2**32 - 2, 2**32 - 1, 2**32 - 3
SECTOR = 512
FORMATS = ("General", "yyyy-mm-dd hh:mm:ss", "[h]:mm:ss", "0.00", "@", 'yyyy"年"m"月"d"日"', "hh:mm")


class Shown(NamedTuple):
    """A number under one of `FORMATS`."""

    value: float
    form: str


class Result(NamedTuple):
    """What is stored as the result of a formula."""

    value: str | float


class Failed(NamedTuple):
    """An error, by its code: 42 is #N/A."""

    code: int


Cell = str | float | bool | Shown | Result | Failed | None


def record(kind: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack("<HH", kind, len(content)) + content


def text(value: str, *, length: str) -> bytes:
    written = value.encode("utf-16-le")
    return struct.pack(f"<{length}B", len(written) // 2, 1) + written


def container(name: str, content: bytes, *, short: bool = False) -> bytes:
    """A container with one stream, which may be among the short ones, that share sectors and have a table of their own.

    Sector 0 on is the table of sectors, then the one of short sectors where there are any, the directory, the stream.
    """
    content = content if short else content and content.ljust(4096, b"\0")
    sectors = -(-len(content) // SECTOR)
    tables = 1
    while tables * SECTOR // 4 < sectors + tables + 2:
        tables += 1
    directory_at = tables + short
    begin = directory_at + 1 if sectors else END
    chain = [IS_TABLE] * tables + [END] * (short + 1) + [*range(begin + 1, begin + sectors), END][: sectors or 0]
    header = struct.pack(
        "<8s16xHHHHH6x9I",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        *(62, 3, 0xFFFE, 9, 6, 0, tables, directory_at, 0, 4096, tables if short else END, int(short), END, 0),
    )
    header += b"".join(struct.pack("<I", place) for place in range(tables))
    links = [*range(1, -(-len(content) // 64)), END] if short else []

    def entry(title: str, kind: int, child: int, begin: int, size: int) -> bytes:
        said = title.encode("utf-16-le") + b"\0\0"
        links = struct.pack("<HBB3I", len(said), kind, 1, FREE, FREE, child)
        return (said.ljust(64, b"\0") + links).ljust(116, b"\0") + struct.pack("<IQ", begin, size)

    directory = entry("Root Entry", 5, 1, *((begin, sectors * SECTOR) if short else (END, 0)))
    directory += entry(name, 2, FREE, 0 if short else begin, len(content))
    return b"".join(
        (
            header.ljust(SECTOR, b"\xff"),
            struct.pack(f"<{len(chain)}I", *chain).ljust(tables * SECTOR, b"\xff"),
            struct.pack(f"<{len(links)}I", *links).ljust(SECTOR * short, b"\xff"),
            directory.ljust(SECTOR, b"\0"),
            content.ljust(sectors * SECTOR, b"\0"),
        )
    )


def workbook(
    *sheets: Sequence[Sequence[Cell]],
    hidden: Sequence[int] = (),
    from_1904: bool = False,
    in_book: bytes = b"",
    in_sheet: bytes = b"",
) -> bytes:
    """A workbook of Excel 97 with sheets Sheet1, Sheet2 …; `in_book` and `in_sheet` are further records."""
    texts = list(dict.fromkeys(cell for rows in sheets for row in rows for cell in row if isinstance(cell, str)))
    before = [
        record(0x0809, struct.pack("<HHHHII", 0x0600, 5, 0x0DBB, 1997, 0, 6)),
        record(0x0042, struct.pack("<H", 1200)),
        record(0x0022, struct.pack("<H", from_1904)),
        in_book,
        *(record(0x041E, struct.pack("<H", 164 + n), text(form, length="H")) for n, form in enumerate(FORMATS)),
        *(record(0x00E0, struct.pack("<HHH14x", 0, 164 + n, 1)) for n in range(len(FORMATS))),
    ]
    after = shared_texts(texts) + record(0x000A)
    contents = [sheet_of(rows, texts, in_sheet) for rows in sheets]
    names = [text(f"Sheet{n}", length="B") for n in range(1, len(sheets) + 1)]
    at = sum(map(len, before)) + sum(4 + 6 + len(name) for name in names) + len(after)
    bound = []
    for n, (name, content) in enumerate(zip(names, contents, strict=True), 1):
        bound.append(record(0x0085, struct.pack("<IBB", at, n in hidden, 0), name))
        at += len(content)
    return container("Workbook", b"".join((*before, *bound, after, *contents)))


def shared_texts(texts: Sequence[str], *, stated: int | None = None) -> bytes:
    """The table of texts, continued in further records where one is full."""
    blocks = [struct.pack("<II", len(texts), len(texts) if stated is None else stated)]
    for one in texts:
        said = text(one, length="H")
        if len(blocks[-1]) + len(said) > 8224:
            blocks.append(b"")
        blocks[-1] += said
    return b"".join(record(0x003C if place else 0x00FC, block) for place, block in enumerate(blocks))


def sheet_of(rows: Sequence[Sequence[Cell]], texts: Sequence[str], further: bytes = b"") -> bytes:
    place = {value: n for n, value in enumerate(texts)}
    cells = b"".join(
        cell_of(r, c, cell, place) for r, row in enumerate(rows) for c, cell in enumerate(row) if cell is not None
    )
    begin = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x10, 0x0DBB, 1997, 0, 6))
    return begin + record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, 99, 0)) + cells + further + record(0x000A)


def cell_of(row: int, column: int, cell: Cell, place: dict[str, int]) -> bytes:
    form = FORMATS.index(cell.form) if isinstance(cell, Shown) else 0
    at = struct.pack("<HHH", row, column, form)
    if isinstance(cell, str):
        return record(0x00FD, at, struct.pack("<I", place[cell]))
    if isinstance(cell, bool):
        return record(0x0205, at, struct.pack("<BB", cell, 0))
    if isinstance(cell, Failed):
        return record(0x0205, at, struct.pack("<BB", cell.code, 1))
    if isinstance(cell, Result) and isinstance(cell.value, str):
        formula = record(0x0006, at, b"\0\0\0\0\0\0\xff\xff", struct.pack("<HIH", 0, 0, 0))
        return formula + record(0x0207, text(cell.value, length="H"))
    if isinstance(cell, Result):
        return record(0x0006, at, struct.pack("<dHIH", cell.value, 0, 0, 0))
    return record(0x0203, at, struct.pack("<d", cell.value if isinstance(cell, Shown) else cell))


def workbook_of_excel_95(rows: Sequence[Sequence[str | float]], *, code_page: int | None, encoding: str) -> bytes:
    """The one sheet 订单, or Orders where there is no code page to say how that is written."""
    name = ("订单" if code_page else "Orders").encode(encoding)
    page = record(0x0042, struct.pack("<H", code_page)) if code_page else b""
    begin = record(0x0809, struct.pack("<HHHH", 0x0500, 5, 0x096C, 1993 + 2)) + page
    at = len(begin) + 4 + 7 + len(name) + 4
    sheet = record(0x0085, struct.pack("<IBBB", at, 0, 0, len(name)), name) + record(0x000A)
    cells = record(0x0809, struct.pack("<HHHH", 0x0500, 0x10, 0x096C, 1993 + 2))
    return container("BOOK", begin + sheet + cells + labels(rows, encoding) + record(0x000A), short=True)


def workbook_of_a_script(rows: Sequence[Sequence[str | float]], *, encoding: str) -> bytes:
    """What small scripts write: one sheet of the oldest kind, without a container, formats, or a code page."""
    return record(0x0809, struct.pack("<HHHH", 0, 0x10, 0, 0)) + labels(rows, encoding) + record(0x000A)


def labels(rows: Sequence[Sequence[str | float]], encoding: str) -> bytes:
    def cell(row: int, column: int, value: str | float) -> bytes:
        at = struct.pack("<HHH", row, column, 0)
        if not isinstance(value, str):
            return record(0x0203, at, struct.pack("<d", value))
        written = value.encode(encoding)
        return record(0x0204, at, struct.pack("<H", len(written)), written)

    return b"".join(cell(r, c, value) for r, row in enumerate(rows) for c, value in enumerate(row))
