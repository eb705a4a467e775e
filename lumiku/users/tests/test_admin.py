"""What operators may do with users, and how they get in themselves."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from lumiku.tests.people import make_staff, make_superuser, make_user, signed_in
from lumiku.users import accounts, families
from lumiku.users.models import User

pytestmark = pytest.mark.django_db

PASSWORD = "a long and unlikely phrase"


@pytest.fixture(autouse=True)
def limits_on(settings):
    settings.LIMITS_ON = True
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}


# ---- People --------------------------------------------------------------------------------------------------------


def choose(client: Client, action: str, *users: User) -> Any:
    body = {"action": action, "_selected_action": [str(user.pk) for user in users]}
    return client.post(reverse("admin:users_user_changelist"), body, follow=True)


def test_deactivating_a_seller_ends_their_sessions():
    alice = accounts.create(email="alice@example.com", password=PASSWORD)
    session = accounts.session_for(alice)
    client = signed_in(make_staff("users.view_user", "users.change_user"))

    choose(client, "deactivate", alice)

    alice.refresh_from_db()
    assert not alice.is_active
    assert alice.families.get().end_reason == "deactivated"
    with pytest.raises(families.BadRefreshToken):
        accounts.refresh(session.refresh)


def test_letting_a_seller_back_in_does_not_revive_old_sessions():
    alice = accounts.create(email="alice@example.com", password=PASSWORD)
    session = accounts.session_for(alice)
    client = signed_in(make_superuser())
    choose(client, "deactivate", alice)

    choose(client, "activate", alice)

    alice.refresh_from_db()
    assert alice.is_active
    with pytest.raises(families.BadRefreshToken):
        accounts.refresh(session.refresh)


def test_nobody_shuts_themselves_out_and_staff_do_not_shut_out_staff():
    staff, root = make_staff("users.view_user", "users.change_user"), make_superuser()

    choose(signed_in(staff), "deactivate", staff, root)
    choose(signed_in(root), "deactivate", root)

    assert set(User.objects.filter(is_active=True)) == {staff, root}


def test_staff_cannot_make_themselves_superuser_nor_touch_one():
    staff, root, alice = make_staff("users.view_user", "users.change_user"), make_superuser(), make_user()
    client = signed_in(staff)

    themselves = client.post(reverse("admin:users_user_change", args=[staff.pk]), {"is_superuser": "on"})
    password = client.post(reverse("admin:auth_user_password_change", args=[root.pk]), {"password1": PASSWORD})
    client.post(
        reverse("admin:users_user_change", args=[alice.pk]),
        {"email": alice.email, "name": "Alice", "is_staff": "on", "is_superuser": "on"},
    )

    assert (themselves.status_code, password.status_code) == (403, 403)
    alice.refresh_from_db()
    assert (alice.name, alice.is_staff, alice.is_superuser) == ("Alice", False, False)


def test_a_password_set_by_an_operator_works_and_ends_the_old_sessions():
    alice = accounts.create(email="alice@example.com", password=PASSWORD)
    session = accounts.session_for(alice)
    client = signed_in(make_staff("users.view_user", "users.change_user"))
    fresh = "quite another phrase altogether"

    response = client.post(
        reverse("admin:auth_user_password_change", args=[alice.pk]),
        {"password1": fresh, "password2": fresh, "usable_password": "true"},
    )

    assert response.status_code == 302
    alice.refresh_from_db()
    assert alice.check_password(fresh)
    with pytest.raises(families.BadRefreshToken):
        accounts.refresh(session.refresh)


def test_an_operator_made_by_hand_can_log_in_whatever_the_case_of_the_address():
    client = signed_in(make_superuser())

    client.post(
        reverse("admin:users_user_add"),
        {
            "email": "New@Example.com",
            "name": "New",
            "password1": PASSWORD,
            "password2": PASSWORD,
            "usable_password": "true",
        },
    )

    assert accounts.log_in(email="NEW@example.com", password=PASSWORD, address="127.0.0.1").user.name == "New"


def test_an_address_that_is_taken_in_another_case_is_refused_with_a_sentence():
    make_user("alice@example.com")
    client = signed_in(make_superuser())
    body = {"email": "ALICE@example.com", "password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}

    response = client.post(reverse("admin:users_user_add"), body)

    assert response.context["adminform"].form.errors["email"]
    assert User.objects.filter(email__iexact="alice@example.com").count() == 1


def test_a_user_is_never_deleted():
    alice = make_user()
    client = signed_in(make_superuser())

    response = client.post(reverse("admin:users_user_delete", args=[alice.pk]), {"post": "yes"})

    assert response.status_code == 403
    assert User.objects.filter(pk=alice.pk).exists()


# ---- Logging in ----------------------------------------------------------------------------------------------------


def log_in(client: Client, password: str) -> Any:
    return client.post("/admin/login/?next=/admin/", {"username": "root@example.com", "password": password})


def test_the_admin_is_locked_after_ten_wrong_passwords_even_for_the_right_one():
    User.objects.create_superuser("root@example.com", PASSWORD)
    client = Client()

    for _ in range(10):
        log_in(client, "wrong")
    locked = log_in(client, PASSWORD)

    assert locked.status_code == 200
    assert "Too many wrong passwords" in locked.content.decode()


def test_a_right_password_opens_the_admin_and_clears_the_count():
    User.objects.create_superuser("root@example.com", PASSWORD)
    client = Client()
    for _ in range(9):
        log_in(client, "wrong")

    opened = log_in(client, PASSWORD)
    log_in(client, "wrong")
    again = log_in(client, PASSWORD)

    assert (opened.status_code, opened.url) == (302, "/admin/")
    assert again.status_code == 302
