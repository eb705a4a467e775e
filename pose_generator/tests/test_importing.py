"""The library goes in once, however often it is imported."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.utils import timezone

from lumiku import files, images
from lumiku.testing import make_pose
from lumiku.users.models import User
from pose_generator import drawings, importing
from pose_generator.models import Category, Pose
from pose_generator.posing import angles, library
from pose_generator.posing.library import BadLibrary, Library
from pose_generator.tests import curated


@pytest.fixture(scope="module")
def whole() -> Library:
    return curated.starter()


@pytest.fixture
def small(whole: Library) -> Library:
    """Two poses are enough where pictures are drawn."""
    return Library(whole.categories, whole.poses[:2])


def test_a_second_import_changes_nothing(db: None, small: Library) -> None:
    first = importing.import_library(small)
    again = importing.import_library(small)

    assert (first["added"], again) == (2, {"added": 0, "changed": 0, "unchanged": 2})
    assert Pose.objects.count() == 2
    assert Category.objects.filter(parent=None).count() == 6


def test_each_pose_gets_a_preview_a_thumbnail_and_a_skeleton(db: None, small: Library) -> None:
    importing.import_library(small)

    for pose in Pose.objects.all():
        sizes = [images.decode(files.read(name) or b"").size for name in (pose.preview, pose.thumbnail, pose.skeleton)]
        assert sizes == [drawings.PREVIEW_SIZE, (320, 400), drawings.SKELETON_SIZE]


def test_a_changed_pose_gets_new_pictures_a_new_version_and_keeps_its_id(db: None, small: Library) -> None:
    importing.import_library(small)
    before = Pose.objects.get(slug=small.poses[0].slug)
    moved = replace(small.poses[0], keypoints=[[x, y, z + 0.1 * y] for x, y, z in small.poses[0].keypoints])

    counts = importing.import_library(Library(small.categories, (moved, small.poses[1])))

    after = Pose.objects.get(slug=moved.slug)
    assert counts == {"added": 0, "changed": 1, "unchanged": 1}
    assert (after.pk, after.version) == (before.pk, 2)
    assert after.preview != before.preview
    assert default_storage.exists(before.preview)


def test_what_an_operator_featured_stays_as_the_operator_wants(db: None, small: Library) -> None:
    importing.import_library(small)
    Pose.objects.update(is_featured=True, is_premium=True)

    importing.import_library(small)

    assert Pose.objects.filter(is_featured=True, is_premium=True).count() == 2


def test_the_starter_library_has_a_pose_in_every_sub_category_and_both_languages(whole: Library) -> None:
    below = {category.slug for category in whole.categories if category.parent}

    assert len(below) == 22
    assert {pose.category for pose in whole.poses} == below
    assert len(whole.poses) >= 30
    assert all(pose.name["en"] and pose.name["id"] for pose in whole.poses)


def test_the_command_says_what_it_did(db: None, capsys: Any, monkeypatch: pytest.MonkeyPatch, small: Library) -> None:
    monkeypatch.setattr(library, "load", lambda: small)

    call_command("import_poses")

    assert capsys.readouterr().out == "2 added, 0 changed, 0 unchanged.\n"


def mirrored(entry: library.PoseEntry, slug: str) -> library.PoseEntry:
    return replace(entry, slug=slug, keypoints=angles.mirror(np.array(entry.keypoints)).tolist())


def test_a_duplicate_in_the_files_is_refused_with_both_names_and_nothing_is_written(db: None, small: Library) -> None:
    twin = mirrored(small.poses[0], "twin")

    with pytest.raises(BadLibrary, match=rf"{small.poses[0].slug}: only 0\.0° from twin \(plain or mirrored\), 8° is"):
        importing.import_library(Library(small.categories, (*small.poses, twin)))

    assert not Pose.objects.exists()
    assert not Category.objects.exists()


def test_a_pose_like_one_that_was_published_before_is_refused_until_that_is_retired(db: None, small: Library) -> None:
    importing.import_library(small)
    first, second = small.poses
    renamed = Library(small.categories, (mirrored(first, "renamed"), second))

    with pytest.raises(BadLibrary, match=rf"renamed: only 0\.0° from {first.slug} .*not in the files: retire it first"):
        importing.import_library(renamed)
    Pose.objects.filter(slug=first.slug).update(retired_at=timezone.now())

    assert importing.import_library(renamed)["added"] == 1


def test_a_users_own_pose_is_nobodys_duplicate(db: None, small: Library, alice: User) -> None:
    make_pose("own", owner=alice, is_public=False, keypoints=small.poses[0].keypoints)

    assert importing.import_library(small)["added"] == 2
