"""Ordering on the page: from the picks to the pictures, once."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from avatars import creation
from credits import ledger
from lumiku import files, testing
from lumiku.studio.tests.order_forms import fields, text_of
from lumiku.users.models import User
from pose_generator import generations
from pose_generator.models import Generation, Pose, Project, Result


@pytest.fixture
def browser(client: Client, alice: User) -> Client:
    """Return alice's browser."""
    client.force_login(alice)
    return client


# ---- Picking ---------------------------------------------------------------------------------------------------------


def test_picks_of_a_visitor_survive_the_registration(client: Client, pose: Pose) -> None:
    answer = client.post("/order/picks", {"poses": [str(pose.pk)]})
    assert answer["Location"] == "/order"
    assert client.get("/order")["Location"] == "/log-in?next=/order"
    registered = client.post(
        "/register", {"email": "new@example.com", "password": "correct horse battery", "next": "/order"}
    )
    assert registered["Location"] == "/order"
    page = client.get("/order")
    assert f'value="{pose.pk}"' in page.content.decode()
    assert "Order 1 picture" in text_of(page)


def test_picking_twice_takes_a_pose_once_and_in_the_order_of_the_picks(browser: Client) -> None:
    first, second = testing.make_pose("first"), testing.make_pose("second")
    browser.post("/order/picks", {"poses": [str(second.pk), str(first.pk), str(second.pk), "nonsense"]})
    assert browser.get("/order").context["poses"] == [second, first]


def test_the_private_pose_of_bob_is_not_shown_to_alice(browser: Client, bob: User) -> None:
    private = testing.make_pose("private", owner=bob, is_public=False)
    browser.post("/order/picks", {"poses": [str(private.pk)]})
    page = browser.get("/order")
    assert page.context["poses"] == []
    assert "Private" not in page.content.decode()


def test_a_side_of_a_pose_is_ordered_from_that_side(browser: Client, pose: Pose) -> None:
    browser.post("/order/picks", {"poses": [str(pose.pk)], "yaw": "35", "pitch": "10"})
    page = browser.get("/order")
    assert page.context["form"]["cameras"] == ["35,10"]
    assert "Your view" in page.content.decode()


def test_the_same_again_begins_with_what_was_ordered(
    browser: Client, alice: User, project: Project, pose: Pose
) -> None:
    other = testing.make_pose("sitting")
    order = testing.order_for(
        project,
        [pose, other],
        variations=2,
        cameras=[(0.0, 0.0), (90.0, 0.0)],
        aspect_ratio="9:16",
        background_mode="solid_color",
        background_color="#112233",
        export_formats=["tiktok"],
        text_prompt="with a bag",
    )
    placed = generations.place(alice, order)
    browser.post("/order/picks", {"again": str(placed.pk)})
    form = browser.get("/order").context["form"]
    assert form["poses"] == [str(pose.pk), str(other.pk)]
    assert (form["variations"], form["cameras"], form["aspect_ratio"]) == ("2", ["0,0", "90,0"], "9:16")
    assert (form["background"], form["background_color"]) == ("solid_color", "#112233")
    assert (form["export_formats"], form["extra_words"], form["avatar"]) == (["tiktok"], "with a bag", "nobody")
    assert form["project"] == str(project.pk)
    browser.post("/order", {**form, "key": "again"})
    again = Generation.objects.exclude(pk=placed.pk).get()
    assert (again.total, again.background_color, again.text_prompt) == (8, "#112233", "with a bag")
    assert again.seed != placed.seed


def test_bob_cannot_repeat_an_order_of_alice(
    client: Client, alice: User, bob: User, project: Project, pose: Pose
) -> None:
    placed = generations.place(alice, testing.order_for(project, [pose]))
    client.force_login(bob)
    assert client.post("/order/picks", {"again": str(placed.pk)}).status_code == 404
    assert "order" not in client.session


# ---- The order -------------------------------------------------------------------------------------------------------


def test_one_button_orders_and_leads_to_the_pictures(browser: Client, alice: User, pose: Pose) -> None:
    browser.post("/order/picks", {"poses": [str(pose.pk)]})
    answer = browser.post("/order", fields(pose, expected_credits="30"))
    placed = Generation.objects.get()
    assert answer.status_code == 302 and answer["Location"] == f"/orders/{placed.pk}?placed=1"
    assert (placed.owner, placed.total, placed.project.name) == (alice, 1, "First project")
    assert ledger.account_of(alice).available == 970
    assert "order" not in browser.session


def test_a_double_click_orders_once(browser: Client, alice: User, pose: Pose) -> None:
    said = fields(pose)
    first, second = browser.post("/order", said), browser.post("/order", said)
    assert first["Location"] == second["Location"]
    assert Generation.objects.count() == Project.objects.count() == 1
    assert ledger.account_of(alice).held == 30


def test_another_order_with_the_key_of_the_last_asks_first(browser: Client, pose: Pose) -> None:
    said = fields(pose)
    browser.post("/order", said)
    asked = browser.post("/order", {**said, "variations": "2"})
    assert asked.status_code == 409
    assert "placed an order from this page already" in text_of(asked)
    assert Generation.objects.count() == 1
    fresh = str(asked.context["key"])
    assert browser.post("/order", {**said, "variations": "2", "key": fresh}).status_code == 302
    assert Generation.objects.count() == 2


def test_a_price_that_changed_is_shown_before_it_is_paid(browser: Client, alice: User, pose: Pose) -> None:
    answer = browser.post("/order", fields(pose, variations="2", expected_credits="30", extra_words="a red bag"))
    assert answer.status_code == 409
    assert "The price is 60 credits now." in text_of(answer)
    assert 'value="a red bag"' in answer.content.decode()
    assert 'name="expected_credits" value="60"' in answer.content.decode()
    assert not Generation.objects.exists() and not Project.objects.exists()
    assert ledger.account_of(alice).available == 1000


def test_enter_in_a_field_only_asks_for_the_price(browser: Client, pose: Pose) -> None:
    page = browser.get("/order").content.decode()
    buttons = re.findall(r'<button[^>]*(?:name="(\w+)")[^>]*>', page[page.index('id="order"') :])
    assert buttons[0] == "ask"
    assert browser.post("/order", fields(pose, ask="1")).status_code == 200
    assert not Generation.objects.exists()


def test_a_pose_can_be_taken_out_without_a_script(browser: Client, pose: Pose) -> None:
    other = testing.make_pose("sitting")
    page = browser.post("/order", fields(pose, other, drop=str(pose.pk)))
    assert page.context["poses"] == [other]
    assert browser.get("/order").context["poses"] == [other]
    assert not Generation.objects.exists()


def test_an_order_in_words(browser: Client) -> None:
    said = fields(kind="words", description="A woman in a hijab holds a bag", variations="12")
    browser.post("/order", said)
    placed = Generation.objects.get()
    assert (placed.kind, placed.total, placed.text_prompt) == ("TEXT_DESCRIPTION", 12, "A woman in a hijab holds a bag")


def test_an_order_goes_into_the_project_that_was_chosen(browser: Client, project: Project, pose: Pose) -> None:
    browser.post("/order", fields(pose, project=str(project.pk)))
    assert Generation.objects.get().project == project
    assert browser.get("/order").context["form"]["project"] == str(project.pk)


def test_a_new_project_gets_its_name(browser: Client, project: Project, pose: Pose) -> None:
    browser.post("/order", fields(pose, project_name="Ramadan"))
    browser.post("/order", fields(pose))
    names = list(Generation.objects.order_by("created_at").values_list("project__name", flat=True))
    assert names == ["Ramadan", "Project 3"]


def test_rows_of_bob_are_not_to_be_had(browser: Client, bob: User, pose: Pose) -> None:
    theirs = Project.objects.create(owner=bob, name="Theirs")
    person = creation.upload(bob, testing.picture(), name="Theirs", traits={})
    for stolen in ({"project": str(theirs.pk)}, {"avatar": str(person.pk)}):
        answer = browser.post("/order", fields(pose, **stolen))
        assert answer.status_code == 404
        assert "was deleted meanwhile" in text_of(answer)
    assert not Generation.objects.exists()


def test_nobody_means_nobody_even_in_a_project_with_a_person(
    browser: Client, alice: User, project: Project, pose: Pose
) -> None:
    person = creation.upload(alice, testing.picture(), name="Sari", traits={})
    Project.objects.filter(pk=project.pk).update(avatar=person)
    browser.post("/order", fields(pose, project=str(project.pk), avatar="nobody"))
    assert Generation.objects.get().avatar is None
    assert browser.get("/order").context["form"]["avatar"] == str(person.pk)


def test_everything_that_was_chosen_reaches_the_order(browser: Client, alice: User, pose: Pose) -> None:
    person = creation.upload(alice, testing.picture(), name="Sari", traits={})
    said = fields(
        pose, avatar=str(person.pk), aspect_ratio="4:5", cameras=["0,0", "180,0"], background="ai_generate",
        background_prompt="a beach", export_formats=["tiktok", "print_a4"], seed="42", extra_words="a red bag",
    )  # fmt: skip
    browser.post("/order", said)
    placed = Generation.objects.get()
    assert (placed.avatar, placed.width, placed.height, placed.seed) == (person, 896, 1120, 42)
    assert (placed.background_mode, placed.background_prompt) == ("ai_generate", "a beach")
    assert (placed.export_formats, placed.text_prompt) == (["tiktok", "print_a4"], "a red bag")
    assert list(placed.results.order_by("number").values_list("yaw", flat=True)) == [0.0, 180.0]


# ---- Beginning from a picture ----------------------------------------------------------------------------------------


def test_a_downloaded_picture_begins_the_order_that_made_it(
    browser: Client, alice: User, project: Project, pose: Pose
) -> None:
    order = testing.order_for(project, [pose], cameras=[(30.0, 10.0)], aspect_ratio="4:5", export_formats=["original"])
    generations.place(alice, order)
    testing.work()
    made = Result.objects.first()
    assert made is not None
    file = SimpleUploadedFile("picture.png", files.read(made.exports["original"]) or b"")
    answer = browser.post("/order/from-file", {"file": file})
    form = browser.get("/order").context["form"]
    assert answer["Location"] == "/order"
    assert (form["poses"], form["cameras"], form["aspect_ratio"]) == ([str(pose.pk)], ["30,10"], "4:5")
    assert (form["seed"], form["project"]) == (str(made.seed), str(project.pk))


def test_a_picture_from_elsewhere_begins_nothing(browser: Client) -> None:
    answer = browser.post("/order/from-file", {"file": SimpleUploadedFile("picture.png", testing.picture(300, 300))})
    assert answer.status_code == 400
    assert browser.get("/order").context["poses"] == []
