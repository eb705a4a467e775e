"""Another background for a picture that has come, from the request to the picture, the money and the news."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.db import connection
from PIL import Image, ImageDraw
from rest_framework.test import APIClient

from credits import ledger
from credits.models import Entry
from lumiku import files, images
from lumiku.backends import Joint
from lumiku.testing import API, client_of, events_of, in_threads, make_pose, order_for, picture, work
from lumiku.users.models import User
from pose_generator import changes, generations, grounds, matting
from pose_generator.models import BackgroundChange, Pose, Project, Result, Upload

ORANGE = {"backgroundMode": "solid_color", "backgroundColor": "#FF8800"}


class Oval(matting.Matter):
    """Finds a person where most stand, or nobody."""

    def __init__(self) -> None:
        self.empty = False
        self.cuts = 0

    def cut(self, picture: Image.Image, *, joints: Sequence[Joint] = ()) -> Image.Image:
        self.cuts += 1
        if self.empty:
            raise matting.NobodyFound("Nobody is in the picture.")
        matte, (width, height) = Image.new("L", picture.size), picture.size
        ImageDraw.Draw(matte).ellipse((width * 0.3, height * 0.1, width * 0.7, height * 0.9), fill=255)
        return matte


@pytest.fixture(autouse=True)
def matter(monkeypatch: pytest.MonkeyPatch) -> Oval:
    """A matter that needs no models, so that money and news are looked at everywhere."""
    oval = Oval()
    monkeypatch.setattr(matting, "matter", lambda: oval)
    monkeypatch.setattr(grounds, "can_cut", lambda: True)
    return oval


@pytest.fixture
def done(alice: User, project: Project, pose: Pose) -> Result:
    generations.place(alice, order_for(project, [pose]))
    work()
    return Result.objects.get()


def change(client: APIClient, result: Result, body: dict[str, Any], key: str = "") -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(f"{API}/poses/{result.pk}/background", body, headers=headers)


def shown(client: APIClient, result: Result) -> dict[str, Any]:
    pose: dict[str, Any] = client.get(f"{API}/poses/{result.pk}").json()["pose"]
    return pose


def corner(link: str) -> Any:
    return images.decode(files.read(files.name_in(link) or "") or b"").getpixel((2, 2))


def nothing_moved(user: User) -> bool:
    user.account.refresh_from_db()
    return (user.account.available, user.account.held) == (970, 0) and not BackgroundChange.objects.exists()


def test_alice_pays_ten_credits_and_sees_another_ground(as_alice: APIClient, alice: User, done: Result) -> None:
    before = shown(as_alice, done)

    placed = change(as_alice, done, ORANGE)

    assert placed.status_code == 202
    assert placed.json() == {"poseId": str(done.pk), "creditCharged": 10, "creditBalance": 960}
    alice.account.refresh_from_db()
    assert (alice.account.available, alice.account.held) == (960, 10)
    assert shown(as_alice, done)["outputImageUrl"] == before["outputImageUrl"]

    work()

    after = shown(as_alice, done)
    assert (after["backgroundChanged"], after["errorCode"]) == (True, None)
    assert after["outputImageUrl"] != before["outputImageUrl"]
    assert after["thumbnailUrl"] != before["thumbnailUrl"]
    assert after["originalImageUrl"] == before["originalImageUrl"]
    assert corner(after["outputImageUrl"]) == (255, 136, 0)
    news = events_of(alice)[-1]
    assert (news.name, news.data["pose"]["background_changed"], news.data["error_code"]) == ("pose-update", True, None)
    alice.account.refresh_from_db()
    assert (alice.account.available, alice.account.held) == (960, 0)
    kinds = Entry.objects.filter(key__startswith="background:").order_by("created_at").values_list("kind", flat=True)
    assert list(kinds) == ["hold", "capture"]
    assert list(ledger.audit()) == []


def test_without_a_person_the_price_comes_back_and_the_picture_stays(
    as_alice: APIClient, alice: User, done: Result, matter: Oval
) -> None:
    before, matter.empty = shown(as_alice, done), True

    change(as_alice, done, ORANGE)
    work()

    after = shown(as_alice, done)
    assert (after["backgroundChanged"], files.name_in(after["outputImageUrl"])) == (
        False,
        files.name_in(before["outputImageUrl"]),
    )
    news = events_of(alice)[-1]
    assert (news.name, news.data["error_code"]) == ("pose-update", "background_failed")
    assert news.data["error_message"]
    alice.account.refresh_from_db()
    assert (alice.account.available, alice.account.held) == (970, 0)
    assert list(ledger.audit()) == []


def test_undoing_is_free_and_at_once(as_alice: APIClient, alice: User, done: Result) -> None:
    before = shown(as_alice, done)
    change(as_alice, done, ORANGE)
    work()

    undone = change(as_alice, done, {"backgroundMode": "original"})

    assert undone.status_code == 202
    assert undone.json() == {"poseId": str(done.pk), "creditCharged": 0, "creditBalance": 960}
    after = shown(as_alice, done)
    assert files.name_in(after["outputImageUrl"]) == files.name_in(before["outputImageUrl"])
    assert after["backgroundChanged"] is False
    assert events_of(alice)[-1].name == "pose-update"


def test_a_ground_that_was_ordered_with_the_picture_is_taken_back_too(
    as_alice: APIClient, alice: User, project: Project, pose: Pose
) -> None:
    generations.place(alice, order_for(project, [pose], background_mode="transparent"))
    work()
    result = Result.objects.get()
    cut_out = shown(as_alice, result)
    assert corner(cut_out["outputImageUrl"]) == (0, 0, 0, 0)

    undone = change(as_alice, result, {"backgroundMode": "original"})

    after = shown(as_alice, result)
    assert undone.status_code == 202
    assert files.name_in(after["outputImageUrl"]) == files.name_in(after["originalImageUrl"])
    assert len(images.decode(files.read(files.name_in(after["thumbnailUrl"]) or "") or b"").getbands()) == 3


def test_changes_never_pile_up_and_the_person_is_found_once(as_alice: APIClient, done: Result, matter: Oval) -> None:
    for color in ("#FF0000", "#00FF00"):
        change(as_alice, done, {**ORANGE, "backgroundColor": color})
        work()
    done.refresh_from_db()
    original = images.decode(files.read(done.image) or b"").convert("RGB")
    output = images.decode(files.read(done.output) or b"")

    assert output.getpixel((2, 2)) == (0, 255, 0)
    assert output.getpixel((512, 512)) == original.getpixel((512, 512))
    assert matter.cuts == 1


def test_an_export_shows_the_new_ground(as_alice: APIClient, done: Result) -> None:
    url = f"{API}/poses/{done.pk}/regenerate-export"
    before = as_alice.post(url, {"format": "instagram_feed"}).json()["exportUrl"]
    change(as_alice, done, ORANGE)
    work()

    assert shown(as_alice, done)["exportFormats"] == {}
    after = as_alice.post(url, {"format": "instagram_feed"}).json()["exportUrl"]

    assert files.name_in(after) != files.name_in(before)
    assert all(abs(a - b) < 6 for a, b in zip(corner(after), (255, 136, 0), strict=True))


def test_a_picture_of_ones_own_and_nothing_at_all_as_ground(as_alice: APIClient, alice: User, done: Result) -> None:
    file = files.put(f"uploads/{alice.pk}/beach.png", picture(1200, 900))
    Upload.objects.create(owner=alice, purpose="background", file=file, width=1200, height=900)

    assert (
        change(as_alice, done, {"backgroundMode": "upload", "backgroundImageUrl": files.url(file)}).status_code == 202
    )
    work()
    done.refresh_from_db()
    assert done.background_mode == "upload"

    assert change(as_alice, done, {"backgroundMode": "transparent"}).status_code == 202
    work()

    assert corner(shown(as_alice, done)["outputImageUrl"]) == (0, 0, 0, 0)
    feed = as_alice.post(f"{API}/poses/{done.pk}/regenerate-export", {"format": "shopee_product"}).json()["exportUrl"]
    assert min(corner(feed)) > 250  # shops want white


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "backgroundMode"),
    "an unknown mode": ({"backgroundMode": "blur"}, "backgroundMode"),
    "no colour": ({"backgroundMode": "solid_color"}, "backgroundColor"),
    "a colour by name": ({"backgroundMode": "solid_color", "backgroundColor": "red"}, "backgroundColor"),
    "no picture": ({"backgroundMode": "upload"}, "backgroundImageUrl"),
    "a foreign picture": (
        {"backgroundMode": "upload", "backgroundImageUrl": "http://169.254.169.254/latest"},
        "backgroundImageUrl",
    ),
    "a long prompt": ({"backgroundMode": "ai_generate", "backgroundPrompt": "a" * 301}, "backgroundPrompt"),
    "a misspelled field": ({**ORANGE, "color": "#FF8800"}, "color"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_wish_is_a_400_that_names_its_field_and_moves_nothing(
    as_alice: APIClient, alice: User, done: Result, case: str
) -> None:
    body, field = BAD[case]

    answer = change(as_alice, done, body)

    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, [field]), answer.json()
    assert nothing_moved(alice)


def test_a_forbidden_prompt_is_refused(as_alice: APIClient, alice: User, done: Result) -> None:
    answer = change(as_alice, done, {"backgroundMode": "ai_generate", "backgroundPrompt": "nude people on a beach"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "prompt_refused")
    assert nothing_moved(alice)


def test_a_stranger_and_a_strangers_upload_are_404(
    as_alice: APIClient, as_bob: APIClient, alice: User, bob: User, done: Result
) -> None:
    file = files.put(f"uploads/{bob.pk}/b.png", picture(300, 300))
    Upload.objects.create(owner=bob, purpose="background", file=file, width=300, height=300)

    assert change(as_bob, done, ORANGE).status_code == 404
    assert change(as_bob, done, {"backgroundMode": "original"}).status_code == 404
    link = {"backgroundMode": "upload", "backgroundImageUrl": files.url(file)}
    assert change(as_alice, done, link).status_code == 404
    assert nothing_moved(alice)


def test_too_few_credits_are_a_402(as_alice: APIClient, alice: User, done: Result) -> None:
    ledger.hold(alice, 965, key="test:hold")

    answer = change(as_alice, done, ORANGE)

    error = answer.json()["error"]
    assert (answer.status_code, error["required"], error["balance"]) == (402, 10, 5)
    assert not BackgroundChange.objects.exists()


def test_a_second_change_while_one_runs_is_a_409(as_alice: APIClient, alice: User, done: Result) -> None:
    change(as_alice, done, ORANGE)

    for body in (ORANGE, {"backgroundMode": "original"}):
        answer = change(as_alice, done, body)

        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "wrong_state")
    alice.account.refresh_from_db()
    assert (BackgroundChange.objects.count(), alice.account.held) == (1, 10)


def test_a_picture_that_has_not_come_is_a_409(as_alice: APIClient, alice: User, project: Project, pose: Pose) -> None:
    generations.place(alice, order_for(project, [pose]))

    for body in (ORANGE, {"backgroundMode": "original"}):
        assert change(as_alice, Result.objects.get(), body).status_code == 409
    assert not BackgroundChange.objects.exists()


def test_too_many_changes_at_once_are_a_429(
    as_alice: APIClient, alice: User, project: Project, pose: Pose, settings: Any
) -> None:
    settings.LIMITS = {**settings.LIMITS, "changes_in_flight": 1}
    generations.place(alice, order_for(project, [pose], variations=2))
    work()
    first, second = Result.objects.all()
    change(as_alice, first, ORANGE)

    answer = change(as_alice, second, ORANGE)

    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "rate_limited")
    assert int(answer["Retry-After"]) > 0


def test_the_same_key_changes_once_and_answers_the_same(as_alice: APIClient, alice: User, done: Result) -> None:
    first = change(as_alice, done, ORANGE, key="change-1")
    work()
    again = change(as_alice, done, ORANGE, key="change-1")
    other = change(as_alice, done, {"backgroundMode": "original"}, key="change-1")

    assert first.json() == again.json()
    assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_conflict")
    assert BackgroundChange.objects.count() == 1


@pytest.mark.postgres
def test_of_many_changes_of_one_picture_at_once_one_is_placed(committing: None, make_user: Any) -> None:
    carol = make_user("carol", amount=1000)
    project = Project.objects.create(owner=carol, name="C")
    generations.place(carol, order_for(project, [make_pose("standing")]))
    work()
    result = Result.objects.get()
    connection.close()

    answers = in_threads(8, lambda index: change(client_of(carol), result, ORANGE).status_code)

    assert sorted(answers) == [202, *[409] * 7]
    carol.account.refresh_from_db()
    assert (carol.account.available, carol.account.held) == (960, 10)


def test_an_undo_meets_a_picture_that_was_just_deleted(done: Result) -> None:
    result = Result.objects.select_related("generation").get()
    done.generation.refresh_from_db()
    generations.discard(done.generation)

    with pytest.raises(generations.WrongState):
        changes.undo(result)
