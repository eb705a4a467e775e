"""The starter library as the tests of poses take it: read and checked once in a process. Leave it as it is."""

from functools import cache

from pose_generator.posing import library
from pose_generator.posing.library import Library


@cache
def starter() -> Library:
    """Return the library; what may be wrong with it is a matter of `test_posing_library`."""
    return library.inspect()[0]
