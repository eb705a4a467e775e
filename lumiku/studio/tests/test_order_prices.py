"""The price beside the order: what it counts, what it says of faults, and what it leaves behind."""

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from avatars import creation
from credits import ledger, plans
from credits.models import Plan
from lumiku import testing
from lumiku.studio import choices, figures, ordering
from lumiku.studio.tests.order_forms import HTMX, fields, form_of, text_of
from lumiku.users.models import User
from pose_generator.models import Generation, Pose, Project
from pose_generator.serializers.orders import PlaceGeneration


@pytest.fixture
def browser(client: Client, alice: User) -> Client:
    """Return alice's browser."""
    client.force_login(alice)
    return client


def test_an_empty_order_teaches_and_can_be_written_in_words(browser: Client) -> None:
    page = browser.get("/order")
    assert "Pick at least one pose." in text_of(page)
    assert "field-error" not in page.content.decode()


def test_the_price_counts_poses_variations_views_and_backgrounds(browser: Client, pose: Pose) -> None:
    other = testing.make_pose("sitting")
    said = fields(pose, other, variations="2", cameras=["0,0", "90,0"], background="solid_color")
    answer = browser.post("/order/quote", said, headers=HTMX)
    words = text_of(answer)
    assert "2 poses × 2 variations × 2 views" in words
    assert "8 pictures × 30 240" in words
    assert "320 credits" in words and "Rp 32,000" in words
    assert "Then left 680" in words
    assert 'name="expected_credits" value="320"' in answer.content.decode()
    assert not Generation.objects.exists() and not Project.objects.exists()


def test_a_price_leaves_nothing_behind_but_the_draft(browser: Client, pose: Pose) -> None:
    browser.post("/order/quote", fields(pose, variations="3", extra_words="a red bag"), headers=HTMX)
    form = browser.get("/order").context["form"]
    assert (form["variations"], form["extra_words"], form["poses"]) == ("3", "a red bag", [str(pose.pk)])
    assert not Project.objects.exists()


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"seed": "abc"}, "seed"),
        ({"variations": "11"}, "variations"),
        ({"cameras": ["up,down"]}, "cameras"),
        ({"background": "solid_color", "background_color": "red"}, "background_color"),
        ({"background": "ai_generate", "background_prompt": "naked people"}, "background_prompt"),
        ({"extra_words": "ab"}, "extra_words"),
        ({"kind": "words", "description": "ab"}, "description"),
        ({"export_formats": ["myspace"]}, "export_formats"),
        ({"backend": "crayons"}, "backend"),
        ({"aspect_ratio": "2:1"}, "aspect_ratio"),
        ({"project_name": "x" * 101}, "project_name"),
        ({"background": "upload", "background_picture": "avatars/of/bob.webp"}, "background_picture"),
    ],
)
def test_a_fault_stands_beside_its_field(browser: Client, pose: Pose, said: dict[str, Any], field: str) -> None:
    answer = browser.post("/order/quote", fields(pose, **said), headers=HTMX)
    assert answer.status_code == 200
    assert [name for name, sentences in answer.context["faults"].items() if sentences] == [field]
    assert re.search(rf'id="fault-{field}"[^>]*><p class="field-error">', answer.content.decode())


def test_what_is_still_to_be_chosen_is_no_fault_before_the_order(browser: Client, pose: Pose) -> None:
    said = fields(pose, background="upload")
    assert "field-error" not in browser.post("/order/quote", said, headers=HTMX).content.decode()
    refused = browser.post("/order", said)
    assert refused.status_code == 400
    assert refused.context["faults"]["background_picture"] == ["Choose a picture for the background."]


def test_missing_credits_are_counted_and_what_fits_is_offered(client: Client, make_user: Any) -> None:
    client.force_login(make_user("poor", amount=100))
    poses = [testing.make_pose(f"pose-{number}") for number in range(5)]
    answer = client.post("/order/quote", fields(*poses), headers=HTMX)
    words = text_of(answer)
    assert "50 credits (Rp 5,000) are missing. 3 pictures fit now." in words
    assert 'data-fit-poses="3" data-fit-cameras="1" data-fit-variations="1"' in answer.content.decode()
    assert "/credits#more" in answer.content.decode()
    assert "data-place" not in answer.content.decode()
    refused = client.post("/order", fields(*poses))
    assert refused.status_code == 402
    assert not Generation.objects.exists() and not Project.objects.exists()


@pytest.mark.parametrize(
    ("affordable", "poses", "cameras", "fit"),
    [
        (0, 3, 1, None),
        (7, 3, 1, (3, 1, 2)),
        (3, 5, 1, (3, 1, 1)),
        (4, 2, 3, (2, 2, 1)),
        (5, 3, 2, (3, 1, 1)),
        (1, 2, 2, (1, 1, 1)),
    ],
)
def test_what_fits_is_never_more_than_can_be_paid(affordable: int, poses: int, cameras: int, fit: Any) -> None:
    found = ordering.fitting(affordable=affordable, poses=poses, cameras=cameras)
    assert found == (ordering.Fit(*fit) if fit else None)
    assert found is None or found.pictures <= affordable


def test_a_premium_pose_is_refused_with_a_way_out(browser: Client) -> None:
    premium = testing.make_pose("premium", is_premium=True)
    answer = browser.post("/order/quote", fields(premium), headers=HTMX)
    assert "Premium poses come with" in text_of(answer)
    assert "data-drop-premium" in answer.content.decode()


def test_a_plan_pays_with_the_poses_of_the_day(browser: Client, alice: User, staff: User, pose: Pose) -> None:
    plans.assign(alice, Plan.objects.get(key="unlimited"), by=staff, reason="A test")
    answer = browser.post("/order/quote", fields(pose, variations="2"), headers=HTMX)
    assert "2 poses of today" in text_of(answer) and "no credits" in text_of(answer)
    assert "Poses of the day" in text_of(browser.get("/order"))
    before = ledger.account_of(alice).available
    browser.post("/order", fields(pose, variations="2", expected_credits="0"))
    assert Generation.objects.get().hold is None
    assert ledger.account_of(alice).available == before


def test_too_few_poses_of_the_day_offer_credits(browser: Client, alice: User, staff: User, pose: Pose) -> None:
    plans.assign(alice, Plan.objects.get(key="unlimited"), by=staff, reason="A test", daily_poses=1)
    answer = browser.post("/order/quote", fields(pose, variations="2"), headers=HTMX)
    assert "data-pay-credits" in answer.content.decode()


def test_a_log_in_that_ended_leads_to_the_log_in(client: Client, pose: Pose) -> None:
    answer = client.post("/order/quote", fields(pose), headers=HTMX)
    assert answer["HX-Redirect"] == "/log-in?next=/order"


def test_the_page_and_the_price_ask_few_questions(
    browser: Client, alice: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(8):
        testing.make_pose(f"pose-{number}")
        creation.upload(alice, testing.picture(seed=number), name=f"Model {number}", traits={})
        Project.objects.create(owner=alice, name=f"Project {number}")
    poses = list(Pose.objects.all())
    said = fields(*poses, project=str(Project.objects.first().pk))  # type: ignore[union-attr]
    with django_assert_max_num_queries(22):
        assert browser.post("/order/quote", said, headers=HTMX).status_code == 200
    with django_assert_max_num_queries(34):
        assert browser.get("/order").status_code == 200


def test_the_drawn_views_follow_the_first_pose(browser: Client, pose: Pose) -> None:
    said = fields(pose)
    assert 'id="cameras" hx-swap-oob' in browser.post("/order/quote", said, headers=HTMX).content.decode()
    assert (
        'id="cameras"'
        not in browser.post("/order/quote", {**said, "drawn": str(pose.pk)}, headers=HTMX).content.decode()
    )


# ---- Pure ------------------------------------------------------------------------------------------------------------


def test_a_form_becomes_the_body_of_the_api() -> None:
    body = ordering.body_of(form_of(poses=["a"], background="solid_color", background_prompt="left over", seed=" 7 "))
    assert body == {
        "generation_type": "GALLERY_REFERENCE",
        "selected_pose_ids": ["a"],
        "batch_size": "1",
        "background_mode": "solid_color",
        "background_color": "#F5EFE6",
        "cameras": [{"yaw": "0", "pitch": "0"}],
        "aspect_ratio": "1:1",
        "seed": "7",
    }
    assert set(body) <= set(PlaceGeneration().fields)


def test_a_form_in_words_forgets_the_picked_poses() -> None:
    body = ordering.body_of(form_of(kind="words", poses=["a"], description=" A man waves ", extra_words="left over"))
    assert body["text_prompt"] == "A man waves"
    assert body["variation_count"] == "1"
    assert not {"selected_pose_ids", "batch_size"} & set(body)


def test_a_drawing_turns_its_back() -> None:
    front = figures.drawn(testing.UPRIGHT, yaw=0, pitch=0)
    back = figures.drawn(testing.UPRIGHT, yaw=180, pitch=0)
    assert front.nose is not None and back.nose is None
    assert len(front.behind) + len(front.before) == len(figures.LIMBS)
    side = figures.drawn(testing.UPRIGHT, yaw=90, pitch=0)
    assert len(side.behind) == len(side.before) == len(figures.LIMBS) / 2


@pytest.mark.parametrize("value", ["", "1", "a,b", "400,0", "0,80", "nan,0"])
def test_no_camera_from_nonsense(value: str) -> None:
    assert choices.angles(value) is None


def test_every_camera_of_the_page_is_one_of_the_api(browser: Client, pose: Pose) -> None:
    browser.post("/order", fields(pose, cameras=list(choices.CAMERAS)))
    assert Generation.objects.get().total == len(choices.CAMERAS)


def test_waiting_is_told_in_round_words() -> None:
    assert [ordering.waiting(seconds) for seconds in (1, 42, 100, 600)] == [
        "about 5 seconds",
        "about 40 seconds",
        "about 2 minutes",
        "about 10 minutes",
    ]


def test_seller_words_are_shown_as_text(browser: Client, alice: User, pose: Pose) -> None:
    Project.objects.create(owner=alice, name="<script>alert(1)</script>")
    page = browser.post("/order", fields(pose, ask="1", extra_words='"><script>alert(2)</script>')).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page and page.count("alert(2)") == 1
