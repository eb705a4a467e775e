"""Projects in the studio: made, changed, archived and deleted by their owner, and seen by nobody else."""

import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from avatars import creation
from lumiku.testing import events_of, order_for, picture, sums_match, work
from lumiku.users.models import User
from pose_generator import generations
from pose_generator.models import Pose, Project

LIST = "/projects"


@pytest.fixture
def browser(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def page_of(project: Project) -> str:
    return reverse("studio:project", args=[project.pk])


def test_visitors_are_asked_to_log_in(client: Client, project: Project) -> None:
    for path in (LIST, page_of(project)):
        assert client.get(path).headers["Location"].startswith("/log-in?next=")


def test_without_projects_the_page_says_what_they_are_for(browser: Client) -> None:
    page = browser.get(LIST).content.decode()

    assert "Start with a project" in page
    assert 'name="project_name"' in page


def test_alice_makes_a_project_and_lands_on_it(browser: Client, alice: User) -> None:
    answer = browser.post(LIST, {"project_name": "Lebaran", "description": "Gamis", "person": ""})

    made = Project.objects.get(owner=alice)
    assert answer.headers["Location"] == page_of(made)
    assert (made.name, made.description, made.avatar) == ("Lebaran", "Gamis", None)
    assert "“Lebaran” is ready." in browser.get(page_of(made)).content.decode()


def test_a_project_without_a_name_is_not_made_and_nothing_typed_is_lost(browser: Client) -> None:
    answer = browser.post(LIST, {"project_name": "", "description": "For the family pictures", "person": ""})

    page = answer.content.decode()
    assert answer.status_code == 400
    assert not Project.objects.exists()
    assert "For the family pictures" in page and 'id="project_name-error"' in page


def test_a_forbidden_name_is_refused_beside_its_field(browser: Client) -> None:
    answer = browser.post(LIST, {"project_name": "cocaine", "person": ""})

    assert answer.status_code == 400
    assert 'id="project_name-error"' in answer.content.decode()
    assert not Project.objects.exists()


def test_an_avatar_or_a_photo_says_who_is_in_the_pictures(browser: Client, alice: User, project: Project) -> None:
    avatar = creation.upload(alice, picture(), name="Sari", traits={})

    browser.post(page_of(project), {"project_name": "Spring", "person": str(avatar.pk)})
    project.refresh_from_db()
    assert (project.avatar, project.photo) == (avatar, None)

    photo = SimpleUploadedFile("me.png", picture(seed=2), "image/png")
    browser.post(page_of(project), {"project_name": "Spring", "photo": photo})
    project.refresh_from_db()
    assert project.avatar is None and project.photo is not None

    browser.post(page_of(project), {"project_name": "Spring", "person": "kept"})
    project.refresh_from_db()
    assert project.photo is not None


def test_a_file_that_is_no_picture_changes_nothing(browser: Client, project: Project) -> None:
    answer = browser.post(page_of(project), {"project_name": "Autumn", "photo": SimpleUploadedFile("x.png", b"text")})

    project.refresh_from_db()
    assert answer.status_code == 415
    assert project.name == "Spring"
    assert 'value="Autumn"' in answer.content.decode()


def test_a_strangers_avatar_cannot_be_chosen(browser: Client, bob: User, project: Project) -> None:
    theirs = creation.upload(bob, picture(), name="Dewi", traits={})

    assert browser.post(page_of(project), {"project_name": "Spring", "person": str(theirs.pk)}).status_code == 404
    project.refresh_from_db()
    assert project.avatar is None


def test_the_archive_keeps_a_project_out_of_the_way(browser: Client, project: Project) -> None:
    browser.post(page_of(project), {"status": "archived"})

    assert "Spring" not in browser.get(LIST).content.decode().partition("<dialog")[0].partition("project-grid")[2]
    assert "Spring" in browser.get(f"{LIST}?show=archived").content.decode()
    browser.post(page_of(project), {"status": "active"})
    project.refresh_from_db()
    assert project.status == "active"


def test_the_page_shows_orders_pictures_and_what_they_cost(browser: Client, project: Project, pose: Pose) -> None:
    generations.place(project.owner, order_for(project, [pose], variations=2))
    work()

    page = browser.get(page_of(project)).content.decode()

    assert "2 of 2 pictures" in page
    assert "<dd>60 <small" in page
    assert page.count("/media/results/") == 2
    assert "/media/results/" in browser.get(LIST).content.decode()


def test_an_order_can_begin_in_the_project(browser: Client, project: Project) -> None:
    page = browser.get(page_of(project)).content.decode()

    assert f'name="project" value="{project.pk}"' in page
    assert browser.post(reverse("studio:pick"), {"project": str(project.pk)}).headers["Location"] == "/order"


def test_a_project_with_a_running_order_stays_and_the_page_says_why(
    browser: Client, project: Project, pose: Pose
) -> None:
    generations.place(project.owner, order_for(project, [pose]))

    assert reverse("studio:discard_project", args=[project.pk]) not in browser.get(page_of(project)).content.decode()
    answer = browser.post(reverse("studio:discard_project", args=[project.pk]))

    assert answer.status_code == 409
    assert "still running" in answer.content.decode()
    assert Project.objects.owned_by(project.owner).exists()


def test_a_deleted_project_is_gone_with_its_orders(browser: Client, alice: User, project: Project, pose: Pose) -> None:
    generations.place(project.owner, order_for(project, [pose]))
    work()

    answer = browser.post(reverse("studio:discard_project", args=[project.pk]))

    assert answer.headers["Location"] == LIST
    assert browser.get(page_of(project)).status_code == 404
    assert events_of(alice)
    sums_match()


@pytest.mark.parametrize("send", ["get", "post"])
def test_a_stranger_finds_nothing(client: Client, bob: User, project: Project, send: str) -> None:
    client.force_login(bob)

    assert getattr(client, send)(page_of(project)).status_code == 404
    assert client.post(reverse("studio:discard_project", args=[project.pk])).status_code == 404
    assert client.get(reverse("studio:project", args=[uuid.uuid4()])).status_code == 404
    assert "Spring" not in client.get(LIST).content.decode()
    project.refresh_from_db()
    assert project.discarded_at is None


def test_what_is_typed_is_shown_as_text(browser: Client, alice: User) -> None:
    browser.post(LIST, {"project_name": "<script>alert(1)</script>", "person": ""})

    assert "<script>alert(1)" not in browser.get(LIST).content.decode()


def test_more_projects_and_orders_cost_no_more_queries(
    browser: Client, alice: User, project: Project, pose: Pose, django_assert_max_num_queries: Any
) -> None:
    for number in range(4):
        other = Project.objects.create(owner=alice, name=f"Number {number}")
        for _ in range(3):
            generations.place(other.owner, order_for(other, [pose]))
    work()

    with django_assert_max_num_queries(12):
        browser.get(LIST)
    with django_assert_max_num_queries(16):
        browser.get(page_of(other))
