"""Finding poses by a photo in the studio: what is like it is shown, its pose can be kept; the photo never is."""

import io
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from lumiku.studio.tests.test_library import names, page
from lumiku.testing import make_pose
from lumiku.users.models import User
from pose_generator.models import Pose
from pose_generator.posing import kinematics
from pose_generator.tests.test_posing_detect import needs_vision, photo

pytestmark = pytest.mark.django_db


def file_of(image: Image.Image) -> SimpleUploadedFile:
    out = io.BytesIO()
    image.save(out, "JPEG")
    return SimpleUploadedFile("photo.jpg", out.getvalue(), content_type="image/jpeg")


def test_finding_by_a_photo_needs_a_log_in(client: Client, pose: Pose) -> None:
    assert client.get("/poses/find")["Location"] == "/log-in?next=/poses/find"
    assert client.post("/poses/mine")["Location"] == "/log-in?next=/poses/mine"


@needs_vision
def test_a_photo_finds_the_pose_in_it_and_is_not_kept(client: Client, alice: User, pose: Pose) -> None:
    arms = kinematics.keypoints({"shoulders": [0, 80, 0]})
    make_pose("arms-out", keypoints=arms.round(4).tolist())
    client.force_login(alice)

    answer = client.post("/poses/find", {"file": file_of(photo(np.array(arms)))})

    assert names(answer)[0] == "Arms Out"
    assert "Very alike" in answer.content.decode()
    assert not Pose.objects.filter(owner=alice).exists()


@needs_vision
def test_the_pose_in_a_photo_becomes_alices_own(client: Client, alice: User, pose: Pose) -> None:
    client.force_login(alice)

    answer = client.post("/poses/mine", {"file": file_of(photo()), "name": "From the market"})

    kept = Pose.objects.get(owner=alice)
    assert (kept.name, kept.is_public) == ("From the market", False)
    assert answer["Location"] == f"/poses/{kept.pk}"
    assert "From the market" in page(client, f"/poses/{kept.pk}")


@needs_vision
@pytest.mark.parametrize("address", ["/poses/find", "/poses/mine"])
def test_a_photo_of_nobody_says_so(client: Client, alice: User, pose: Pose, address: str) -> None:
    client.force_login(alice)

    answer = client.post(address, {"file": file_of(Image.new("RGB", (480, 600), "#7A8B6C"))})

    assert answer.status_code == 400
    assert "No person was found." in answer.content.decode()
    assert not Pose.objects.filter(owner=alice).exists()


@pytest.mark.parametrize("address", ["/poses/find", "/poses/mine"])
@pytest.mark.parametrize("sent", [{}, {"file": SimpleUploadedFile("a.jpg", b"GIF89a no photo")}])
def test_what_is_no_photo_is_refused_on_the_page(
    client: Client, alice: User, pose: Pose, address: str, sent: dict[str, Any]
) -> None:
    client.force_login(alice)
    for file in sent.values():
        file.seek(0)

    answer = client.post(address, sent)

    assert answer.status_code in (400, 415)
    assert 'role="alert"' in answer.content.decode()
    assert ("Choose a photo first." in answer.content.decode()) == (not sent)
    assert not Pose.objects.filter(owner=alice).exists()
