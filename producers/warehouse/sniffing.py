"""What a text file's first bytes say: packed or not, its encoding, its line ends. Wrong ones get a sentence."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Final, NamedTuple

from tercel.errors import InputError

SAMPLE_BYTES: Final = 1_048_576  # how much of a file is looked at before anything is sent
FOREIGN_LINES: Final = 3  # lines that are not UTF-8, in a sample without one UTF-8 character, prove another encoding
UTF8_BOM: Final = b"\xef\xbb\xbf"
_GZIP: Final = b"\x1f\x8b"
_UTF32_BOMS: Final = (b"\xff\xfe\0\0", b"\0\0\xfe\xff")
_UTF16_BOMS: Final = (b"\xff\xfe", b"\xfe\xff")
_OTHER_FILES: Final = {b"PAR1": "a Parquet file", b"PK\x03\x04": "a zip archive or an Excel workbook"}


class TextFacts(NamedTuple):
    """What :func:`sniff` found: whether the file is packed with gzip, and its first bytes, unpacked."""

    gzip: bool
    sample: bytes


def sniff(path: Path) -> TextFacts:
    """Look at the start of a text file.

    Raises :class:`InputError` when it cannot be read, or is not UTF-8 text with LF or CRLF line ends.
    """
    try:
        with path.open("rb") as file:
            head = file.read(4)
            packed = head.startswith(_GZIP)
            file.seek(0)
            sample = gzip.GzipFile(fileobj=file).read(SAMPLE_BYTES) if packed else file.read(SAMPLE_BYTES)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{path} is packed with gzip, but damaged: {error}") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    _refuse_other_files(path, sample)
    _refuse_other_encodings(path, sample)
    if b"\r" in sample and b"\n" not in sample and not sample.endswith(b"\r"):
        raise InputError(f"{path} ends its lines with a bare carriage return; convert it first (`tr '\\r' '\\n'`)")
    return TextFacts(packed, sample)


def _refuse_other_files(path: Path, sample: bytes) -> None:
    for magic, what in _OTHER_FILES.items():
        if sample.startswith(magic):
            raise InputError(f"{path} is {what}, not text; give it its proper ending, or export it as CSV")


def _refuse_other_encodings(path: Path, sample: bytes) -> None:
    for boms, name in ((_UTF32_BOMS, "UTF-32"), (_UTF16_BOMS, "UTF-16")):
        if sample.startswith(boms):
            raise InputError(f"{path} is {name}; only UTF-8 can be read: `iconv -f {name} -t UTF-8`")
    start = sample[:1_024]
    if len(start) >= 4 and start.count(0) * 4 >= len(start):
        raise InputError(f"{path} looks like UTF-16 without a mark; only UTF-8 can be read: `iconv -f UTF-16 -t UTF-8`")
    if sample.isascii():
        return
    foreign = 0
    first = 0
    lines = sample.split(b"\n")
    if len(sample) == SAMPLE_BYTES:
        lines.pop()  # it may have been cut in the middle of a character
    for number, line in enumerate(lines, start=1):
        if line.isascii():
            continue
        try:
            line.decode()
        except UnicodeDecodeError:
            foreign += 1
            first = first or number
        else:
            return  # it is UTF-8, perhaps with damaged rows: those are reported one by one
    if foreign >= FOREIGN_LINES:
        raise InputError(
            f"{path} is not UTF-8 (first at line {first}); it looks like Windows-1252 or Latin-1: "
            "`iconv -f WINDOWS-1252 -t UTF-8`"
        )
