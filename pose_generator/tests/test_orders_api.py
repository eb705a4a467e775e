"""Quote and order over REST: the good way, and every way to get it wrong, which writes nothing."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from avatars.models import Avatar
from credits.models import Answer, Entry
from lumiku.testing import API, client_of, in_threads, make_pose, order_for, work
from lumiku.users.models import User
from pose_generator import finishing, generations, grounds
from pose_generator.models import Generation, Pose, Project, Result, Upload

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def body(project: Project, pose: Pose) -> dict[str, Any]:
    return {
        "projectId": str(project.pk),
        "generationType": "GALLERY_REFERENCE",
        "selectedPoseIds": [str(pose.pk)],
        "batchSize": 2,
    }


def nothing_moved(user: User) -> bool:
    user.account.refresh_from_db()
    return (
        (user.account.available, user.account.held) == (1000, 0)
        and not Generation.objects.exists()
        and not Result.objects.exists()
        and Entry.objects.exclude(kind="grant").count() == 0
    )


def test_alice_sees_the_price_and_orders_for_it(as_alice: APIClient, alice: User, body: dict[str, Any]) -> None:
    quote = as_alice.post(f"{API}/quote", body)
    assert quote.status_code == 200
    assert nothing_moved(alice)

    placed = as_alice.post(f"{API}/generate", {**body, "expectedCredits": quote.json()["total"]})

    assert quote.json()["total"] == 60
    assert quote.json()["backend"]["name"] == "preview"
    assert {warning["code"] for warning in quote.json()["warnings"]} == {"preview"}
    assert placed.status_code == 202
    assert placed.json() == {
        "generationId": str(Generation.objects.get().pk),
        "status": "pending",
        "totalPosesExpected": 2,
        "creditCharged": 60,
        "estimatedCompletionTime": placed.json()["estimatedCompletionTime"],
        "message": "Ordered: 2 poses.",
    }


def test_a_quote_of_a_background_adds_ten_credits_a_picture(as_alice: APIClient, body: dict[str, Any]) -> None:
    colored = {**body, "useBackgroundChanger": True, "backgroundMode": "solid_color", "backgroundColor": "#FF8800"}

    quote = as_alice.post(f"{API}/quote", colored).json()

    assert (quote["poses"], quote["creditsPerPose"], quote["backgroundCredits"], quote["total"]) == (2, 30, 20, 80)


def change(**fields: Any) -> Any:
    return lambda body: {**body, **fields}


def text(**fields: Any) -> Any:
    return lambda body: {"projectId": body["projectId"], "generationType": "TEXT_DESCRIPTION", **fields}


BAD_BODIES = {
    "no pose": (change(selectedPoseIds=[]), "selectedPoseIds"),
    "unknown pose": (change(selectedPoseIds=[UNKNOWN]), "selectedPoseIds"),
    "malformed pose id": (change(selectedPoseIds=["../etc/passwd"]), "selectedPoseIds"),
    "the same pose twice": (lambda body: {**body, "selectedPoseIds": body["selectedPoseIds"] * 2}, "selectedPoseIds"),
    "the same pose in another spelling": (
        lambda body: {**body, "selectedPoseIds": [body["selectedPoseIds"][0], body["selectedPoseIds"][0].upper()]},
        "selectedPoseIds",
    ),
    "201 poses": (change(selectedPoseIds=[f"{index:032x}" for index in range(201)]), "selectedPoseIds"),
    "batch 0": (change(batchSize=0), "batchSize"),
    "batch 11": (change(batchSize=11), "batchSize"),
    "batch 2.5": (change(batchSize=2.5), "batchSize"),
    "text of 2": (text(textPrompt="ab"), "textPrompt"),
    "text of 501": (text(textPrompt="a" * 501), "textPrompt"),
    "no text": (text(), "textPrompt"),
    "21 variations": (text(textPrompt="a red dress", variationCount=21), "variationCount"),
    "a misspelled field": (change(batchsize=2), "batchsize"),
    "a price of one's own": (change(creditCharged=1), "creditCharged"),
    "an unknown type": (change(generationType="BOTH"), "generationType"),
    "a foreign background": (
        change(backgroundMode="upload", backgroundImageUrl="http://169.254.169.254/latest/meta-data"),
        "backgroundImageUrl",
    ),
    "a background of another scheme": (
        change(backgroundMode="upload", backgroundImageUrl="file:///etc/passwd"),
        "backgroundImageUrl",
    ),
    "a colour by name": (change(backgroundMode="solid_color", backgroundColor="red"), "backgroundColor"),
    "a colour missing": (change(backgroundMode="solid_color"), "backgroundColor"),
    "an unknown backend": (change(backend="dall-e"), "backend"),
    "an unknown export format": (change(exportFormats=["myspace"]), "exportFormats"),
    "14 export formats": (change(exportFormats=["original"] * 14), "exportFormats"),
    "13 cameras": (change(cameras=[{"yaw": 0}] * 13), "cameras"),
    "camera and cameras": (change(camera={"yaw": 0}, cameras=[{"yaw": 0}]), "cameras"),
    "too many pictures": (change(batchSize=10, cameras=[{"yaw": yaw} for yaw in range(12)]), None),
}


@pytest.mark.parametrize("case", BAD_BODIES)
@pytest.mark.parametrize("route", ["generate", "quote"])
def test_a_bad_order_is_a_400_that_names_its_field_and_writes_nothing(
    as_alice: APIClient, alice: User, body: dict[str, Any], case: str, route: str
) -> None:
    spoil, field = BAD_BODIES[case]
    sent = spoil(body)
    if field is None:  # 5 poses x 10 variations x 12 cameras
        sent["selectedPoseIds"] = [str(make_pose(f"pose-{index}").pk) for index in range(5)]

    answer = as_alice.post(f"{API}/{route}", sent)

    assert answer.status_code == 400, answer.json()
    assert answer.json()["error"]["code"] == "invalid"
    assert (field or "batchSize") in answer.json()["error"]["fields"]
    assert answer.json()["requestId"]
    assert nothing_moved(alice)


@pytest.mark.parametrize("lacking", ["can_cut", "scene_painter"])
def test_a_background_that_nobody_here_can_make_is_refused_and_not_charged(
    as_alice: APIClient, alice: User, body: dict[str, Any], lacking: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finishing, "is_painted", lambda mode, backend: False)
    monkeypatch.setattr(grounds, "can_cut", lambda: True)
    monkeypatch.setattr(grounds, lacking, lambda *said: None)

    answer = as_alice.post(f"{API}/generate", {**body, "backgroundMode": "ai_generate"})

    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, ["backgroundMode"])
    assert nothing_moved(alice)


def test_a_private_pose_of_bob_is_as_unknown_as_any(
    as_alice: APIClient, alice: User, bob: User, body: dict[str, Any]
) -> None:
    private = make_pose("private", owner=bob, is_public=False)

    answer = as_alice.post(f"{API}/generate", {**body, "selectedPoseIds": [str(private.pk)]})

    assert answer.status_code == 400
    assert str(private.pk) in answer.json()["error"]["fields"]["selectedPoseIds"][0]
    assert nothing_moved(alice)


def test_a_premium_pose_needs_a_plan(as_alice: APIClient, alice: User, body: dict[str, Any]) -> None:
    premium = make_pose("premium", is_premium=True)

    answer = as_alice.post(f"{API}/generate", {**body, "selectedPoseIds": [str(premium.pk)]})

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "premium_required")
    assert nothing_moved(alice)


def test_paying_by_a_quota_that_is_not_there_is_refused(as_alice: APIClient, alice: User, body: dict[str, Any]) -> None:
    answer = as_alice.post(f"{API}/generate", {**body, "payWith": "quota"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "quota_exceeded")
    assert nothing_moved(alice)


def test_too_few_credits_say_how_many_are_needed(as_alice: APIClient, alice: User, body: dict[str, Any]) -> None:
    poses = [str(make_pose(f"pose-{index}").pk) for index in range(4)]

    answer = as_alice.post(f"{API}/generate", {**body, "selectedPoseIds": poses, "batchSize": 10})

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (402, "insufficient_credits")
    assert (error["required"], error["balance"]) == (1200, 1000)
    assert nothing_moved(alice)


def test_another_price_than_expected_is_refused(as_alice: APIClient, alice: User, body: dict[str, Any]) -> None:
    answer = as_alice.post(f"{API}/generate", {**body, "expectedCredits": 59})

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "price_changed")
    assert nothing_moved(alice)


@pytest.mark.parametrize("words", ["nude woman on a bed", "n.u.d.e w o m a n", "wanita telanjang"])
def test_a_refused_prompt_is_a_400_that_does_not_say_which_word(
    as_alice: APIClient, alice: User, body: dict[str, Any], words: str
) -> None:
    answer = as_alice.post(f"{API}/generate", {**body, "textPrompt": words})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "prompt_refused")
    assert list(answer.json()["error"]["fields"]) == ["textPrompt"]
    assert nothing_moved(alice)


def test_strangers_things_are_404_with_the_same_body_as_unknown_ones(
    as_bob: APIClient, bob: User, alice: User, project: Project, pose: Pose, body: dict[str, Any]
) -> None:
    avatar = Avatar.objects.create(owner=alice, name="Sari", image="avatars/x", thumbnail="avatars/x")
    upload = Upload.objects.create(owner=alice, purpose="background", file="uploads/a/b.jpg", width=300, height=300)
    bobs = {**body, "projectId": str(Project.objects.create(owner=bob, name="Bob's").pk)}
    link = f"/media/{upload.file}"

    answers = [
        as_bob.post(f"{API}/generate", body),
        as_bob.post(f"{API}/generate", {**body, "projectId": UNKNOWN}),
        as_bob.post(f"{API}/generate", {**bobs, "avatarId": str(avatar.pk)}),
        as_bob.post(f"{API}/generate", {**bobs, "avatarId": UNKNOWN}),
        as_bob.post(f"{API}/generate", {**bobs, "backgroundMode": "upload", "backgroundImageUrl": link}),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({str(answer.json()["error"]) for answer in answers}) == 1
    assert nothing_moved(bob)


def test_the_same_key_and_body_order_once_and_answer_the_same(
    as_alice: APIClient, alice: User, body: dict[str, Any]
) -> None:
    first = as_alice.post(f"{API}/generate", body, headers={"Idempotency-Key": "order-1"})
    second = as_alice.post(f"{API}/generate", body, headers={"Idempotency-Key": "order-1"})

    assert first.status_code == second.status_code == 202
    assert first.json() == second.json()
    assert Generation.objects.count() == 1


def test_a_replay_answers_the_same_after_the_project_was_deleted(
    as_alice: APIClient, project: Project, body: dict[str, Any]
) -> None:
    first = as_alice.post(f"{API}/generate", body, headers={"Idempotency-Key": "order-1"})
    as_alice.post(f"{API}/generations/{first.json()['generationId']}/cancel")
    as_alice.delete(f"{API}/projects/{project.pk}")

    again = as_alice.post(f"{API}/generate", body, headers={"Idempotency-Key": "order-1"})

    assert (again.status_code, again.json()) == (202, first.json())


def test_the_same_key_with_another_body_is_a_conflict(as_alice: APIClient, alice: User, body: dict[str, Any]) -> None:
    as_alice.post(f"{API}/generate", body, headers={"Idempotency-Key": "order-1"})

    answer = as_alice.post(f"{API}/generate", {**body, "batchSize": 1}, headers={"Idempotency-Key": "order-1"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "idempotency_conflict")
    assert Generation.objects.count() == 1


def test_another_users_same_key_is_independent(
    as_alice: APIClient, as_bob: APIClient, bob: User, body: dict[str, Any]
) -> None:
    as_alice.post(f"{API}/generate", body, headers={"Idempotency-Key": "order-1"})
    theirs = {**body, "projectId": str(Project.objects.create(owner=bob, name="Bob's").pk)}

    answer = as_bob.post(f"{API}/generate", theirs, headers={"Idempotency-Key": "order-1"})

    assert answer.status_code == 202
    assert Generation.objects.count() == 2


def test_a_refused_order_does_not_use_up_its_key(as_alice: APIClient, alice: User, body: dict[str, Any]) -> None:
    many = {**body, "selectedPoseIds": [str(make_pose(f"pose-{index}").pk) for index in range(4)], "batchSize": 10}
    refused = as_alice.post(f"{API}/generate", many, headers={"Idempotency-Key": "order-1"})

    answer = as_alice.post(f"{API}/generate", body, headers={"Idempotency-Key": "order-1"})

    assert (refused.status_code, answer.status_code) == (402, 202)


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_that_is_empty_or_too_long_is_refused(
    as_alice: APIClient, alice: User, body: dict[str, Any], key: str
) -> None:
    answer = as_alice.post(f"{API}/generate", body, headers={"Idempotency-Key": key})

    assert answer.status_code == 400
    assert nothing_moved(alice)


@pytest.mark.postgres
def test_a_hundred_identical_orders_at_once_are_one_order(committing: None, make_user: Any) -> None:
    carol = make_user("carol", amount=3000)
    body = {
        "projectId": str(Project.objects.create(owner=carol, name="C").pk),
        "generationType": "GALLERY_REFERENCE",
        "selectedPoseIds": [str(make_pose("standing").pk)],
    }

    def order(index: int) -> tuple[int, dict[str, Any]]:
        answer = client_of(carol).post(f"{API}/generate", body, headers={"Idempotency-Key": "one"})
        return answer.status_code, answer.json()

    answers = in_threads(100, order)

    assert {status for status, _ in answers} == {202}
    assert all(content == answers[0][1] for _, content in answers)
    assert (Generation.objects.count(), Answer.objects.count()) == (1, 1)
    carol.account.refresh_from_db()
    assert carol.account.held == 120


@pytest.mark.postgres
def test_orders_at_once_never_exceed_the_poses_of_a_minute(committing: None, make_user: Any) -> None:
    carol = make_user("carol", amount=30_000)
    project = Project.objects.create(owner=carol, name="C")
    pose = make_pose("standing")

    outcomes = in_threads(
        10, lambda index: generations.place(carol, order_for(project, [pose], variations=10, cameras=[(0, 0)] * 12))
    )

    assert sum(isinstance(outcome, Generation) for outcome in outcomes) == 5  # 5 x 120 = 600
    assert sum(isinstance(outcome, generations.TooMuchAtOnce) for outcome in outcomes) == 5
    assert Result.objects.count() == 600


def test_too_many_orders_in_a_minute_are_a_429_with_retry_after(
    as_alice: APIClient, alice: User, body: dict[str, Any], settings: Any
) -> None:
    settings.LIMITS = {**settings.LIMITS, "orders_per_minute": 1}
    first = as_alice.post(f"{API}/generate", body)

    answer = as_alice.post(f"{API}/generate", body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "rate_limited")
    assert answer["Retry-After"] == "60"
    assert first["X-RateLimit-Remaining"] == "598"
    assert Generation.objects.count() == 1


def test_a_text_order_makes_its_variations(as_alice: APIClient, alice: User, project: Project) -> None:
    body = {"projectId": str(project.pk), "generationType": "TEXT_DESCRIPTION", "textPrompt": "berdiri di pantai"}

    answer = as_alice.post(f"{API}/generate", body)

    assert answer.json()["totalPosesExpected"] == 4
    assert Result.objects.filter(pose=None).count() == 4


def test_an_order_without_a_token_is_a_401(project: Project, body: dict[str, Any]) -> None:
    answer = client_of(None).post(f"{API}/generate", body)

    assert answer.status_code == 401
    assert not Generation.objects.exists()


def test_a_body_that_is_no_json_object_is_a_400(as_alice: APIClient) -> None:
    for content in ["[1]", "{", "nul", '"x"', ""]:
        answer = as_alice.post(f"{API}/generate", content, content_type="application/json")

        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "invalid"


def test_a_project_shows_its_order_after_it_ran(as_alice: APIClient, project: Project, body: dict[str, Any]) -> None:
    as_alice.post(f"{API}/generate", body)
    work()

    shown = as_alice.get(f"{API}/projects/{project.pk}").json()["project"]

    assert (shown["totalGenerations"], shown["totalPosesGenerated"]) == (1, 2)
    assert shown["generations"][0]["status"] == "completed"
