"""One photo of a person as stored files: the photo itself, and head and shoulders for lists.

Slow (a face is looked for), and never inside a transaction.
"""

from dataclasses import dataclass

from PIL import Image

from avatars import headshots
from lumiku import faces, files, images
from lumiku.faces import Face


@dataclass(frozen=True)
class Photo:
    """The files of a photo. `image` and `thumbnail` are storage names."""

    image: str
    thumbnail: str
    size: int
    """Of both files, in bytes."""
    faces: int | None
    """How many faces were found; None when nobody could look."""


def look(picture: Image.Image, *, image: str, size: int, thumbnail: str) -> Photo:
    """Look for the face in a photo, stored as `image` with `size` bytes, and store its thumbnail under that name.

    May raise StorageDown.
    """
    found = _faces(picture)
    small = images.thumbnail(picture.crop(headshots.frame(picture.size, found[0] if found else None)))
    files.put(thumbnail, small)
    return Photo(image, thumbnail, size + len(small), None if found is None else len(found))


def drop(photo: Photo) -> None:
    """Forget the files of a photo that nobody shall have."""
    files.delete(photo.image)
    files.delete(photo.thumbnail)


def _faces(picture: Image.Image) -> list[Face] | None:
    try:
        return faces.find(picture)
    except faces.Unavailable:
        return None
