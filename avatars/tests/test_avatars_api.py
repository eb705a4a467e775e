"""Avatars over REST: a photo becomes a person, for two credits, cleaned of what it should not carry."""

import io
from typing import Any

import pytest
from PIL import Image
from rest_framework.test import APIClient

from avatars.models import Avatar
from credits.models import Entry
from lumiku import files
from lumiku.testing import picture
from lumiku.users.models import User

AVATARS = "/api/apps/avatar-creator/avatars"


def photo(data: bytes | None = None) -> io.BytesIO:
    file = io.BytesIO(picture() if data is None else data)
    file.name = "photo.jpg"
    return file


def upload(client: APIClient, data: bytes | None = None, **fields: Any) -> Any:
    return client.post(AVATARS, {"file": photo(data), "name": "Sari", **fields}, format="multipart")


def test_alice_uploads_a_person_with_traits_for_two_credits(as_alice: APIClient, alice: User) -> None:
    answer = upload(as_alice, gender="female", ageRange="young", hairStyle="hijab", personaPersonality="warm, calm")

    avatar = answer.json()["avatar"]
    alice.account.refresh_from_db()
    assert answer.status_code == 201
    assert avatar["traits"] == {
        "gender": "female",
        "ageRange": "young",
        "hairStyle": "hijab",
        "personaPersonality": ["warm", "calm"],
    }
    assert (avatar["sourceType"], avatar["status"], avatar["usageCount"], avatar["version"]) == (
        "uploaded",
        "completed",
        0,
        1,
    )
    assert alice.account.available == 998
    assert Entry.objects.filter(key=f"avatar:{avatar['id']}", kind="capture").exists()


def test_metadata_of_a_photo_is_gone(as_alice: APIClient) -> None:
    shot = Image.open(io.BytesIO(picture()))
    exif = Image.Exif()
    exif[0x010E] = "SECRET-PLACE"
    out = io.BytesIO()
    shot.convert("RGB").save(out, "JPEG", exif=exif)

    upload(as_alice, out.getvalue())

    stored = files.read(Avatar.objects.get().image) or b""
    assert b"SECRET-PLACE" in out.getvalue()
    assert b"SECRET-PLACE" not in stored


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 400, "invalid"),
        (b"<html>hello</html>", 415, "unsupported_media_type"),
        (picture(200, 200), 400, "unusable_picture"),
        (picture()[:2000], 400, "unusable_picture"),
    ],
)
def test_a_bad_photo_is_refused_and_costs_nothing(
    as_alice: APIClient, alice: User, data: bytes, status: int, code: str
) -> None:
    answer = upload(as_alice, data)

    alice.account.refresh_from_db()
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert alice.account.available == 1000
    assert not Avatar.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"gender": "robot"}, "gender"),
        ({"hairStyle": "x" * 51}, "hairStyle"),
        ({"personaAge": "121"}, "personaAge"),
        ({"haircolor": "black"}, "haircolor"),
        ({"personaBackground": "porn actress"}, "personaBackground"),
    ],
)
def test_a_bad_trait_is_a_400_that_names_it(as_alice: APIClient, alice: User, fields: Any, field: str) -> None:
    answer = upload(as_alice, **fields)

    assert answer.status_code == 400
    assert field in answer.json()["error"]["fields"]
    assert not Avatar.objects.exists()


def test_without_credits_nothing_is_kept(as_alice: APIClient, make_user: Any) -> None:
    from lumiku.testing import client_of

    answer = upload(client_of(make_user("poor")))

    assert (answer.status_code, answer.json()["error"]["code"]) == (402, "insufficient_credits")
    assert not Avatar.objects.exists()


def test_an_avatar_is_changed_and_hidden_and_a_strangers_is_404(
    as_alice: APIClient, as_bob: APIClient, alice: User
) -> None:
    pk = upload(as_alice).json()["avatar"]["id"]

    changed = as_alice.put(f"{AVATARS}/{pk}", {"name": "Dewi", "skinTone": "medium brown"}).json()["avatar"]
    strange = [
        as_bob.get(f"{AVATARS}/{pk}"),
        as_bob.put(f"{AVATARS}/{pk}", {"name": "x"}),
        as_bob.delete(f"{AVATARS}/{pk}"),
    ]
    gone = as_alice.delete(f"{AVATARS}/{pk}")

    assert (changed["name"], changed["traits"]) == ("Dewi", {"skinTone": "medium brown"})
    assert {answer.status_code for answer in strange} == {404}
    assert (gone.status_code, as_alice.get(AVATARS).json()["avatars"]) == (204, [])


def test_a_file_over_ten_megabytes_is_a_413(as_alice: APIClient) -> None:
    answer = upload(as_alice, b"\xff\xd8" + b"0" * (12 * 2**20))

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
