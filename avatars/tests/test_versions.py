"""A changed photo is a new version; old orders keep theirs, and files stay as long as somebody may need them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from PIL import Image
from rest_framework.test import APIClient

from avatars import creation, keeping, painting
from avatars.models import Avatar, AvatarVersion, Portrait
from avatars.tests.painters import *  # noqa: F403
from avatars.tests.painters import CREATOR, Painter, generate, purse
from avatars.tests.test_avatars_api import AVATARS, photo, upload
from credits import jobs
from credits.models import Entry
from lumiku import faces, files, images, orphans, usage, vision
from lumiku.faces import Face, Unavailable
from lumiku.testing import order_for, picture, sums_match, work
from lumiku.users.models import User
from pose_generator import generations, provenance
from pose_generator.models import Generation, Pose, Project, Result

needs_vision = pytest.mark.skipif(
    not vision.is_ready(vision.FACES), reason="the vision models are absent: manage.py fetch_vision_models"
)


@pytest.fixture
def sari(as_alice: APIClient) -> Avatar:
    upload(as_alice)
    return Avatar.objects.get()


def put(client: APIClient, avatar: Avatar, data: bytes | None = None, **fields: Any) -> Any:
    """Send other traits and, with `data`, another photo."""
    body = {"name": "Sari", **fields}
    if data is None:
        return client.put(f"{AVATARS}/{avatar.pk}", body)
    return client.put(f"{AVATARS}/{avatar.pk}", {**body, "file": photo(data)}, format="multipart")


def test_another_photo_is_the_next_version_for_two_credits(as_alice: APIClient, alice: User, sari: Avatar) -> None:
    answer = put(as_alice, sari, picture(seed=2), name="Dewi", hairStyle="bob")

    shown = answer.json()["avatar"]
    assert (answer.status_code, shown["version"], shown["name"], shown["traits"]) == (
        200,
        2,
        "Dewi",
        {"hairStyle": "bob"},
    )
    assert files.name_in(shown["baseImageUrl"]) != sari.image
    assert [version["number"] for version in shown["versions"]] == [2, 1]
    assert files.name_in(shown["versions"][1]["imageUrl"]) == sari.image
    assert purse(alice) == (996, 0)
    assert set(Entry.objects.filter(key__startswith=f"avatar:{sari.pk}:2").values_list("kind", flat=True)) == {
        "hold",
        "capture",
    }
    sums_match()


def test_other_traits_alone_cost_nothing_and_make_no_version(as_alice: APIClient, alice: User, sari: Avatar) -> None:
    shown = put(as_alice, sari, name="Dewi").json()["avatar"]

    assert (shown["name"], shown["version"], purse(alice)) == ("Dewi", 1, (998, 0))


@pytest.mark.parametrize("data", [picture(200, 200), b"<html>"])
def test_a_bad_photo_changes_nothing(as_alice: APIClient, alice: User, sari: Avatar, data: bytes) -> None:
    answer = put(as_alice, sari, data, name="Dewi")

    sari.refresh_from_db()
    assert answer.status_code in (400, 415)
    assert (sari.name, sari.version, purse(alice)) == ("Sari", 1, (998, 0))


def test_without_credits_the_photo_stays_and_the_new_one_is_not_kept(
    as_alice: APIClient, alice: User, sari: Avatar
) -> None:
    before = files.names_in("avatars")
    alice.account.available = 1
    alice.account.save()

    answer = put(as_alice, sari, picture(seed=2), name="Dewi")

    sari.refresh_from_db()
    assert (answer.status_code, sari.name, sari.version) == (402, "Sari", 1)
    assert files.names_in("avatars") == before


def test_an_order_keeps_the_photo_and_the_version_that_it_was_placed_with(
    as_alice: APIClient, alice: User, project: Project, pose: Pose, sari: Avatar
) -> None:
    order = generations.place(alice, order_for(project, [pose], avatar=sari))
    put(as_alice, sari, picture(seed=2))
    later = generations.place(alice, order_for(project, [pose], avatar=Avatar.objects.get()))
    work()

    order.refresh_from_db()
    assert (order.avatar_version, order.reference) == (1, sari.image)
    assert (later.avatar_version, later.reference) == (2, Avatar.objects.get().image)
    assert files.read(order.reference) != files.read(later.reference)
    versions = {provenance.recipe(result).avatar_version for result in Result.objects.all()}
    assert versions == {"1", "2"}


def test_an_order_without_an_avatar_has_no_version(alice: User, project: Project, pose: Pose) -> None:
    order = generations.place(alice, order_for(project, [pose]))

    assert order.avatar_version is None
    assert provenance.recipe(order.results.get()).avatar_version == ""


def test_a_retried_order_has_the_version_of_the_first(
    as_alice: APIClient, alice: User, project: Project, pose: Pose, sari: Avatar, painter: Painter
) -> None:
    painter.script = [{"code": "refused"}]
    order = generations.place(alice, order_for(project, [pose], avatar=sari, backend="painter"))
    work()
    put(as_alice, sari, picture(seed=2))

    again = generations.retry(alice, order)

    assert (again.avatar_version, again.reference) == (1, sari.image)


def test_every_version_counts_and_stays_until_the_avatar_goes(
    as_alice: APIClient, alice: User, project: Project, pose: Pose, sari: Avatar
) -> None:
    put(as_alice, sari, picture(seed=2))
    generations.place(alice, order_for(project, [pose], avatar=sari))
    names = set(files.names_in("avatars"))
    assert keeping.bytes_of(alice) == sum(len(files.read(name) or b"") for name in names)
    assert keeping.names_in_use(names) == names

    creation.discard(sari)
    assert (keeping.forget_discarded(), set(files.names_in("avatars"))) == (0, names)
    work()

    assert (keeping.forget_discarded(), files.names_in("avatars"), keeping.forget_discarded()) == (1, [], 0)
    assert (usage.of(alice) >= 0, keeping.bytes_of(alice)) == (True, 0)
    assert set(AvatarVersion.objects.values_list("image", flat=True)) == {""}


def test_a_photo_of_one_that_is_painted_is_no_orphan_and_what_nobody_names_is(
    as_alice: APIClient, sari: Avatar
) -> None:
    pk = generate(as_alice).json()["avatar"]["id"]
    stored = files.put(f"avatars/{pk}/portrait-1.jpg", picture())
    left = files.put(f"avatars/{sari.pk}/left-over.jpg", picture())
    kept = set(files.names_in("avatars")) - {left}

    today = datetime.now(UTC)
    orphans.collect(now=today + timedelta(days=2))
    orphans.collect(now=today + timedelta(days=3))

    assert stored in kept
    assert set(files.names_in("avatars")) == kept


def test_one_that_is_still_painted_gets_no_other_photo_and_cannot_be_ordered(
    as_alice: APIClient, alice: User, project: Project, pose: Pose
) -> None:
    pk = generate(as_alice).json()["avatar"]["id"]
    body = {
        "projectId": str(project.pk),
        "generationType": "GALLERY_REFERENCE",
        "selectedPoseIds": [str(pose.pk)],
        "batchSize": 1,
        "avatarId": pk,
    }

    changed = put(as_alice, Avatar.objects.get(), picture())
    ordered = as_alice.post("/api/apps/pose-generator/generate", body)

    assert (changed.status_code, changed.json()["error"]["code"]) == (409, "wrong_state")
    assert (ordered.status_code, list(ordered.json()["error"]["fields"])) == (400, ["avatarId"])
    assert (purse(alice), Generation.objects.count()) == ((990, 10), 0)


def test_one_that_could_not_be_painted_is_rescued_by_a_photo(
    as_alice: APIClient, alice: User, painter: Painter
) -> None:
    painter.script = [{"code": "refused"}]
    generate(as_alice)
    work()

    shown = put(as_alice, Avatar.objects.get(), picture()).json()["avatar"]

    assert (shown["status"], shown["errorCode"], shown["version"]) == ("completed", None, 1)
    assert purse(alice) == (998, 0)
    sums_match()


@pytest.mark.parametrize(
    ("number", "code"), [(0, "no_face"), (1, None), (2, "several_faces"), (None, "face_unchecked")]
)
def test_what_is_doubtful_about_a_photo_is_said(
    as_alice: APIClient, monkeypatch: pytest.MonkeyPatch, number: int | None, code: str | None
) -> None:
    def find(image: Image.Image) -> list[Face]:
        if number is None:
            raise Unavailable
        return [Face(x=0.4, y=0.1, width=0.2, height=0.2, score=0.9)] * number

    monkeypatch.setattr(faces, "find", find)

    first = upload(as_alice).json()
    second = put(as_alice, Avatar.objects.get(), picture(seed=2)).json()

    for answer in (first, second):
        assert [warning["code"] for warning in answer["warnings"]] == ([code] if code else [])
        assert all(warning["message"] for warning in answer["warnings"])
        assert answer["avatar"]["status"] == "completed"


@needs_vision
def test_the_thumbnail_of_a_real_photo_is_the_face_with_its_shoulders(as_alice: APIClient) -> None:
    astronaut = settings.BASE_DIR / "pose_generator" / "tests" / "people" / "astronaut.jpg"

    answer = upload(as_alice, astronaut.read_bytes()).json()

    shown = images.decode(files.read(Avatar.objects.get().thumbnail) or b"")
    (face,) = faces.find(shown)
    assert answer["warnings"] == []
    assert shown.width == shown.height < 512
    assert 0.3 < face.x + face.width / 2 < 0.7
    assert 0.2 < face.height < 0.5


def test_a_stranger_sends_no_photo(as_bob: APIClient, bob: User, sari: Avatar) -> None:
    assert put(as_bob, sari, picture(seed=2)).status_code == 404
    assert purse(bob) == (1000, 0)


def test_ten_photos_a_minute_are_enough(as_alice: APIClient, sari: Avatar, settings: Any) -> None:
    settings.LIMITS = {**settings.LIMITS, "uploads_per_minute": 2}
    second = put(as_alice, sari, picture(seed=2))
    third = upload(as_alice)

    assert (second.status_code, third.status_code, third.json()["error"]["code"]) == (200, 429, "rate_limited")


def test_of_a_closed_account_nothing_is_left_that_says_who_was_painted(
    as_alice: APIClient, alice: User, painter: Painter
) -> None:
    generate(as_alice, personaName="Melati")
    upload(as_alice)
    deleted = Avatar.objects.get(source="uploaded")
    creation.discard(deleted)

    assert creation.discard_all(alice.pk) is False
    keeping.forget_discarded()

    assert creation.discard_all(alice.pk) is True
    assert set(Avatar.objects.values_list("name", flat=True)) == {""}
    portrait = Avatar.objects.get(source="text_to_image").portrait
    assert (portrait.prompt, portrait.traits, portrait.error_code) == ("", {}, "cancelled")
    assert (files.names_in("avatars"), purse(alice)) == ([], (998, 0))


def test_an_account_that_closes_while_an_avatar_is_painted_waits_for_it(
    as_alice: APIClient, alice: User, painter: Painter
) -> None:
    generate(as_alice)
    portrait = jobs.start(Portrait, Avatar.objects.get().pk, by="a worker")
    assert portrait is not None
    outcome = painting.make(portrait)

    assert creation.discard_all(alice.pk) is False
    jobs.succeed(portrait, **outcome)
    keeping.forget_discarded()

    assert (creation.discard_all(alice.pk), files.names_in("avatars")) == (True, [])
    assert Portrait.objects.get().prompt == ""
    assert purse(alice) == (990, 0)


def test_the_list_of_versions_is_shown_to_the_owner_alone(as_alice: APIClient, as_bob: APIClient, sari: Avatar) -> None:
    mine = as_alice.get(f"{CREATOR}/avatars/{sari.pk}").json()["avatar"]

    assert set(mine["versions"][0]) == {"number", "imageUrl", "thumbnailUrl", "createdAt"}
    assert as_bob.get(f"{CREATOR}/avatars/{sari.pk}").status_code == 404
