"""How much moderation catches and how much honest text it refuses: `python -m lumiku.moderation.measure [FILE…]`.

Evasions are those in `corpora/` (written by people) and those made by program; a FILE adds others, one a line, with or
without a first column and a tab. Honest text was not written for this: Django's and other packages' English and
Indonesian sentences, the descriptions of all installed packages, the pose library.
"""

import importlib.metadata
import json
import re
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from lumiku import moderation
from lumiku.moderation import evasions

_HERE = Path(__file__).parent
_PROJECT = _HERE.parent.parent
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n")


@dataclass(frozen=True)
class Row:
    """One kind of text, and what moderation said to it."""

    kind: str
    total: int
    flagged: tuple[str, ...]
    passed: tuple[str, ...]

    @property
    def rate(self) -> float:
        """Share of the texts that were flagged, 0 to 1."""
        return len(self.flagged) / self.total if self.total else 0.0


def judge(kind: str, texts: list[str]) -> Row:
    """Return what moderation says to `texts`."""
    flagged = tuple(text for text in texts if moderation.classify(text))
    passed = tuple(text for text in texts if not moderation.classify(text))
    return Row(kind, len(texts), flagged, passed)


def by_program() -> list[Row]:
    """Return a row for each way to write a word, over the terms of all classes."""
    terms = [term for of_class in evasions.TERMS.values() for term in of_class]
    return [
        judge(kind, [f"a photo of {way(term)} in a studio" for term in terms]) for kind, way in evasions.ways().items()
    ]


def by_people(*more: Path) -> list[Row]:
    """Return a row for each class in each file of evasions that people wrote."""
    return [
        judge(f"{path.stem}, {verdict}" if verdict else path.stem, texts)
        for path in (*sorted((_HERE / "corpora").glob("*.tsv")), *more)
        for verdict, texts in _by_class(path).items()
    ]


def harmless() -> list[Row]:
    """Return a row for each source of honest text."""
    return [
        judge("Django and other packages, English and Indonesian", sorted(_messages())),
        judge("descriptions of installed packages", sorted(_descriptions())),
        judge("the pose library, both languages", sorted(_library())),
    ]


def _by_class(path: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            verdict, _tab, text = line.rpartition("\t")
            found.setdefault(verdict.split("\t")[0], []).append(text)
    return found


def _messages() -> set[str]:
    """Return the English messages and their Indonesian translations in the catalogues of all installed packages."""
    packages = Path(str(importlib.metadata.distribution("django").locate_file("")))
    catalogues = packages.rglob("locale/id/LC_MESSAGES/*.mo")
    return {text for catalogue in catalogues for text in _texts_of(catalogue) if len(text.split()) > 1}


def _texts_of(catalogue: Path) -> Iterator[str]:
    """Yield the messages and translations in a compiled gettext catalogue."""
    data = catalogue.read_bytes()
    count, *tables = struct.unpack_from("<III", data, 8)
    for table, index in product(tables, range(count)):
        length, start = struct.unpack_from("<II", data, table + 8 * index)
        yield from data[start : start + length].decode().replace("\x04", "\0").split("\0")


def _descriptions() -> set[str]:
    """Return the sentences in the descriptions of all installed packages."""
    texts = (package.metadata.json.get("description", "") for package in _packages())
    sentences = (sentence.strip() for text in texts for sentence in _SENTENCE_END.split(str(text)))
    return {sentence for sentence in sentences if 4 <= len(sentence.split()) <= 60}


def _packages() -> list[importlib.metadata.Distribution]:
    return [package for package in importlib.metadata.distributions() if package.metadata]


def _library() -> set[str]:
    return {
        text for path in _PROJECT.glob("*/library/*.json") for text in _strings(json.loads(path.read_text("utf-8")))
    }


def _strings(value: object) -> Iterator[str]:
    """Yield the sentences anywhere in decoded JSON."""
    if isinstance(value, str) and " " in value:
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def table(title: str, rows: list[Row]) -> str:
    """Return the rows with their rates, and their sum, as lines of text."""
    flagged = sum(len(row.flagged) for row in rows)
    total = sum(row.total for row in rows)
    lines = [f"{row.kind:<52}{len(row.flagged):>6} of {row.total:>6}  {row.rate:>7.2%}" for row in rows]
    return "\n".join([f"\n{title}", *lines, f"{'together':<52}{flagged:>6} of {total:>6}  {flagged / total:>7.2%}"])


def main(files: list[str]) -> None:
    """Print what is caught of each kind, what was missed, and each honest text that was refused."""
    program, people, honest = by_program(), by_people(*map(Path, files)), harmless()
    print(table("Evasions made by program, caught", program))
    print(table("Evasions written by people, caught", people))
    print(table("Honest text, refused", honest))
    for row in (*program, *people):
        for text in row.passed:
            print(f"missed ({row.kind}): {text}")
    for row in honest:
        for text in row.flagged:
            print(f"refused ({row.kind}; {moderation.classify(text)}): {text}")


if __name__ == "__main__":
    main(sys.argv[1:])
