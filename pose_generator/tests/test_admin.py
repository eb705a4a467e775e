"""What operators see and may do, and what they may not: every page, the machine room."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from lumiku.tests.people import make_staff, make_superuser, make_user, signed_in
from pose_generator.models import Pause, Process, Result
from pose_generator.tests.operators import VIEW_ORDERS, make_generation, make_one_of_each, text_of

pytestmark = pytest.mark.django_db

CHANGE = "admin:pose_generator_generation_change"


@pytest.fixture(autouse=True)
def limits_on(settings):
    settings.LIMITS_ON = True
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}


# ---- Who gets in ---------------------------------------------------------------------------------------------------


def test_a_seller_gets_the_login_page():
    client = signed_in(make_user())

    response = client.get(reverse("admin:pose_generator_generation_changelist"))

    assert response.status_code == 302
    assert response.url.startswith("/admin/login/")


def test_staff_without_permissions_see_nothing_of_any_model():
    client = signed_in(make_staff())

    index = client.get("/admin/")
    lists = {
        model.__name__: client.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))
        for model in admin.site._registry
    }

    assert index.status_code == 200
    assert {name: response.status_code for name, response in lists.items()} == dict.fromkeys(lists, 403)
    assert "Generations" not in index.content.decode()


def test_staff_who_may_see_orders_alone_see_neither_people_nor_money():
    alice = make_user()
    generation = make_generation(alice, completed=1)
    client = signed_in(make_staff(*VIEW_ORDERS))

    listed = client.get(reverse("admin:pose_generator_generation_changelist"))
    page = client.get(reverse(CHANGE, args=[generation.pk]))

    for response in (listed, page):
        assert response.status_code == 200
        assert "alice@example.com" not in response.content.decode()
        assert "captured" not in response.content.decode().lower()
    assert f"result:{generation.results.get().pk}" not in page.content.decode()


def test_staff_who_may_not_see_people_cannot_search_for_them():
    make_generation(make_user(), completed=1)
    client = signed_in(make_staff(*VIEW_ORDERS))

    found = client.get(reverse("admin:pose_generator_generation_changelist"), {"q": "alice@example.com"})

    assert found.context["cl"].result_count == 0


def test_no_page_shows_a_refresh_token():
    registered = {model._meta.label for model in admin.site._registry}

    assert not {label for label in registered if label.startswith("token_blacklist.")}


# ---- Every page ----------------------------------------------------------------------------------------------------


def model_admins() -> list[Any]:
    return sorted(admin.site._registry.values(), key=lambda page: page.model._meta.label)


def test_every_list_and_page_renders_with_as_many_queries_for_nine_rows_as_for_two():
    client = signed_in(make_superuser())
    make_one_of_each(0)
    make_one_of_each(1)

    with_two = {page.model: queries_of(client, page, first=True) for page in model_admins()}
    for number in range(2, 9):
        make_one_of_each(number)
    with_nine = {page.model: queries_of(client, page) for page in model_admins()}

    assert len(with_two) >= 14
    assert with_nine == with_two
    assert max(sum(counts) for counts in with_two.values()) <= 40


def queries_of(client: Client, page: Any, *, first: bool = False) -> tuple[int, int]:
    """How many queries the list and the page of one row take; the first time they are opened before they count."""
    name = f"admin:{page.model._meta.app_label}_{page.model._meta.model_name}"
    row = page.model._default_manager.order_by("pk").first()
    counts = []
    for address in (reverse(f"{name}_changelist"), reverse(f"{name}_change", args=[row.pk])):
        if first:
            client.get(address)
        with CaptureQueriesContext(connection) as queries:
            response = client.get(address)
        assert response.status_code == 200, address
        counts.append(len(queries))
    return counts[0], counts[1]


def test_a_generation_with_many_pictures_takes_as_many_queries_as_one_with_few():
    root, alice = make_superuser(), make_user()
    client = signed_in(root)
    small, large = make_generation(alice, completed=2), make_generation(alice, completed=20, failed=5)

    counts = []
    for generation in (small, small, large):
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse(CHANGE, args=[generation.pk]))
        counts.append(len(queries))

    assert counts[1] == counts[2]


@pytest.mark.parametrize("name", ["generation", "project", "upload", "process", "pause"])
def test_what_is_read_only_cannot_be_added_changed_or_deleted(name):
    client = signed_in(make_superuser())
    make_one_of_each(0)
    model = next(model for model in admin.site._registry if model._meta.model_name == name)
    row = model._default_manager.order_by("pk").first()

    codes = {
        client.post(reverse(f"admin:pose_generator_{name}_add"), {}).status_code,
        client.post(reverse(f"admin:pose_generator_{name}_change", args=[row.pk]), {}).status_code,
        client.post(reverse(f"admin:pose_generator_{name}_delete", args=[row.pk]), {"post": "yes"}).status_code,
    }

    assert codes == {403}
    assert model._default_manager.filter(pk=row.pk).exists()


def test_results_have_no_page_of_their_own():
    assert Result not in admin.site._registry


# ---- The machine room ----------------------------------------------------------------------------------------------


def test_opening_a_pause_takes_permission_to_delete_one():
    Pause.objects.create(backend="huggingface", until=timezone.now() + timedelta(hours=1), reason="401")
    chosen = {"action": "open_now", "_selected_action": ["huggingface"]}
    address = reverse("admin:pose_generator_pause_changelist")

    signed_in(make_staff("pose_generator.view_pause")).post(address, chosen)
    kept = Pause.objects.count()
    opener = make_staff("pose_generator.view_pause", "pose_generator.delete_pause", email="opener@example.com")
    opened = signed_in(opener).post(address, chosen, follow=True)

    assert kept == 1
    assert not Pause.objects.exists()
    assert "Open again: huggingface" in text_of(opened)


def test_a_silent_process_is_shown_as_gone():
    Process.objects.create(name="old", kind="worker", beat_at=timezone.now() - timedelta(minutes=5))
    Process.objects.create(name="new", kind="worker", beat_at=timezone.now())
    client = signed_in(make_superuser())

    response = client.get(reverse("admin:pose_generator_process_changelist"))

    page = response.context["cl"].model_admin
    assert {row.name: page.alive(row) for row in response.context["cl"].result_list} == {"old": False, "new": True}


def test_the_system_checks_need_no_tables():
    with connection.execute_wrapper(_refuse):
        call_command("check")


def _refuse(_execute: Any, sql: str, *_rest: Any) -> None:
    raise AssertionError(f"A system check asked the database: {sql}")
