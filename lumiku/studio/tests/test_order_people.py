"""Models and backgrounds that are made on the way to an order."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from avatars import creation
from avatars.models import Avatar
from credits import ledger
from lumiku import testing
from lumiku.studio.tests.order_forms import HTMX, fields, text_of
from lumiku.users.models import User
from pose_generator.models import Generation, Pose, Upload


@pytest.fixture
def browser(client: Client, alice: User) -> Client:
    """Return alice's browser."""
    client.force_login(alice)
    return client


def photo() -> SimpleUploadedFile:
    return SimpleUploadedFile("photo.png", testing.picture(), "image/png")


def test_a_model_is_added_from_the_order(browser: Client, alice: User) -> None:
    answer = browser.post("/order/people", {"photo": photo(), "name": "Sari"}, headers=HTMX)
    person = Avatar.objects.get()
    assert (person.owner, person.name) == (alice, "Sari")
    assert re.search(rf'value="{person.pk}" checked data-new-balance="998"', answer.content.decode())
    assert answer["HX-Trigger-After-Settle"] == "order-changed"


def test_a_useless_photo_is_told_in_the_dialog_and_costs_nothing(browser: Client, alice: User) -> None:
    text = SimpleUploadedFile("photo.png", b"no picture", "image/png")
    answer = browser.post("/order/people", {"photo": text}, headers=HTMX)
    assert answer.status_code == 415
    assert answer["HX-Retarget"] == "#photo-fault"
    assert ledger.account_of(alice).available == 1000


def test_a_face_is_its_owners(client: Client, alice: User, bob: User) -> None:
    person = creation.upload(alice, testing.picture(), name="Sari", traits={})
    client.force_login(bob)
    assert client.get(f"/order/people/{person.pk}").status_code == 404
    client.force_login(alice)
    assert "person-face" in client.get(f"/order/people/{person.pk}").content.decode()


def test_a_background_of_ones_own(browser: Client, alice: User, pose: Pose) -> None:
    answer = browser.post("/order/upload", {"file": photo()}, headers=HTMX)
    upload = Upload.objects.get()
    assert f'value="{upload.file}" checked' in answer.content.decode()
    browser.post("/order", fields(pose, background="upload", background_picture=upload.file))
    assert Generation.objects.get().background_upload == upload


def test_a_background_of_bob_is_not_to_be_had(browser: Client, bob: User, pose: Pose) -> None:
    theirs = Upload.objects.create(owner=bob, purpose="background", file=f"uploads/{bob.pk}/x.png", width=1, height=1)
    page = browser.post("/order", fields(pose, background="upload", background_picture=theirs.file))
    assert page.status_code == 404
    assert theirs.file not in [upload.file for upload in page.context["uploads"]]
    assert not Generation.objects.exists()


def test_a_preset_is_painted_while_the_order_goes_on(browser: Client, alice: User, pose: Pose) -> None:
    answer = browser.post("/order/people", {"preset": "business-woman"}, headers=HTMX)
    person = Avatar.objects.get()
    assert f'hx-get="/order/people/{person.pk}"' in answer.content.decode()
    said = fields(pose, avatar=str(person.pk))
    assert "is being painted" in text_of(browser.post("/order/quote", said, headers=HTMX))
    assert browser.post("/order", said).status_code == 400
    testing.work()
    face = browser.get(f"/order/people/{person.pk}")
    assert face["HX-Trigger-After-Settle"] == "order-changed" and "<img" in face.content.decode()
    assert browser.post("/order", said).status_code == 302
    assert Generation.objects.get().avatar == person
    assert ledger.account_of(alice).available == 1000 - 8 - 30


def test_the_presets_come_by_their_kind_when_they_are_asked_for(browser: Client) -> None:
    assert "/order/presets" in browser.get("/order").content.decode()
    answer = browser.get("/order/presets")
    assert [kind for kind, _members in answer.context["presets"]][:2] == ["Professional", "Casual"]
    assert answer.content.decode().count('name="preset"') == 19
