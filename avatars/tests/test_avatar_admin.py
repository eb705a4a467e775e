"""Avatars for operators: every photo, how the painted one was made, and the way to its credits; nothing is edited."""

from typing import Any

from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from avatars.models import Avatar
from avatars.tests.painters import *  # noqa: F403
from avatars.tests.painters import Painter, generate
from avatars.tests.test_avatars_api import upload
from lumiku.testing import work
from lumiku.tests.people import make_staff, signed_in
from lumiku.users.models import User


def page(client: Client, avatar: Avatar) -> str:
    answer = client.get(reverse("admin:avatars_avatar_change", args=[avatar.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_operator_sees_how_an_avatar_was_painted_and_where_its_credits_went(
    as_alice: APIClient, staff: User, painter: Painter
) -> None:
    generate(as_alice, hairStyle="bob")
    work()
    avatar = Avatar.objects.get()

    shown = page(signed_in(staff), avatar)

    assert "full-length studio portrait of one person" in shown
    assert f"{reverse('admin:credits_entry_changelist')}?q=avatar:{avatar.pk}" in shown
    assert "portrait-1-400.webp" not in shown  # the photo itself is shown
    assert 'name="_save"' not in shown
    assert 'type="file"' not in shown


def test_why_an_avatar_failed_stands_on_its_page_and_in_the_list(
    as_alice: APIClient, staff: User, painter: Painter
) -> None:
    painter.script = [{"code": "refused"}]
    generate(as_alice)
    work()

    assert "refused" in page(signed_in(staff), Avatar.objects.get())
    listed = signed_in(staff).get(reverse("admin:avatars_avatar_changelist"), {"portrait__status": "failed"})
    assert "Sari" in listed.content.decode()


def test_staff_who_may_see_avatars_alone_see_neither_prompts_nor_money(as_alice: APIClient) -> None:
    generate(as_alice)
    work()

    shown = page(signed_in(make_staff("avatars.view_avatar")), Avatar.objects.get())

    assert "full-length studio portrait" not in shown
    assert "credits/entry" not in shown
    assert "alice@example.com" not in shown


def test_the_list_takes_few_queries_however_many_avatars_there_are(
    as_alice: APIClient, staff: User, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(staff)
    for _ in range(4):
        generate(as_alice)
    upload(as_alice)
    client.get(reverse("admin:avatars_avatar_changelist"))

    with django_assert_max_num_queries(12):
        assert client.get(reverse("admin:avatars_avatar_changelist")).status_code == 200
