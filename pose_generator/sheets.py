"""Contact sheets of the library: every pose of a top category with its name, small enough to keep beside the text."""

from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pose_generator import drawings, importing
from pose_generator.posing.library import Library, PoseEntry

COLUMNS = 8
TILE = (176, 220)
CAPTION = 30
INK, PAPER = "#3A3A3A", "#F7F5F2"


def by_category(library: Library) -> Iterator[tuple[str, Image.Image]]:
    """Yield the slug of each top category with the sheet of its poses, in the order of the files."""
    top_of = {category.slug: category.parent or category.slug for category in library.categories}
    for category in library.categories:
        if category.parent is None:
            entries = [entry for entry in library.poses if top_of[entry.category] == category.slug]
            yield category.slug, sheet(entries, category.slug)


def sheet(entries: list[PoseEntry], top: str) -> Image.Image:
    """Return the drawings of `entries`, as people of the category `top`, each over its name."""
    rows = -(-len(entries) // COLUMNS)
    paper = Image.new("RGB", (COLUMNS * TILE[0], rows * (TILE[1] + CAPTION)), PAPER)
    for number, entry in enumerate(entries):
        left, upper = number % COLUMNS * TILE[0], number // COLUMNS * (TILE[1] + CAPTION)
        figure = drawings.figure(np.asarray(entry.keypoints, dtype=float), importing.model_of(entry, top))
        figure.thumbnail(TILE)
        paper.paste(figure, (left, upper))
        _write(paper, entry.name["en"], left, upper + TILE[1])
    return paper


def _write(paper: Image.Image, text: str, left: int, upper: int) -> None:
    """Write `text` in at most two lines under a tile."""
    pen, font = ImageDraw.Draw(paper), ImageFont.load_default(11)
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if pen.textlength(longer, font) <= TILE[0] - 8:
            lines[-1] = longer
        else:
            lines.append(word)
    for number, line in enumerate(lines[:2]):
        width = pen.textlength(line, font)
        pen.text((left + (TILE[0] - width) / 2, upper + 3 + 13 * number), line, fill=INK, font=font)
