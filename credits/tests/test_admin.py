"""What operators may do with accounts and the ledger."""

import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from credits import gestures, ledger
from credits.models import Account, Entry
from lumiku.errors import Invalid
from lumiku.events.models import Event
from lumiku.tests.people import make_staff, make_superuser, make_user, signed_in
from lumiku.users.models import User

pytestmark = pytest.mark.django_db

GIVE = "admin:credits_account_give"
SUPPORT = ["credits.view_account", "credits.view_entry", "users.view_user", "credits.add_entry"]


@pytest.fixture(autouse=True)
def limits_on(settings):
    settings.LIMITS_ON = True
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}


def make_account(email: str = "alice@example.com", credits: int = 100) -> User:
    user = make_user(email)
    ledger.grant(user, credits, key=f"bonus:{user.pk}", note="Registration bonus")
    return user


def fill_in(client: Client, user: User, **changes: Any) -> dict[str, Any]:
    """The give form as the page sends it, with its one-time key."""
    page = client.get(reverse(GIVE, args=[user.pk]))
    key = re.search(r'name="key" value="([0-9a-f-]{36})"', page.content.decode())
    assert key
    return {"key": key[1], "amount": 50, "reason": "Sorry for the wait", **changes}


def press_give(client: Client, user: User, body: dict[str, Any]) -> Any:
    return client.post(reverse(GIVE, args=[user.pk]), body, follow=True)


def balance(user: User) -> int:
    return Account.objects.get(pk=user.pk).available


# ---- Gestures ------------------------------------------------------------------------------------------------------


def test_given_credits_are_an_entry_with_actor_and_reason_and_the_owner_is_told():
    alice, staff = make_account(), make_staff(*SUPPORT)
    client = signed_in(staff)

    response = press_give(client, alice, fill_in(client, alice))

    assert "50 credits given; the balance is 150 now" in response.content.decode()
    entry = Entry.objects.get(key__startswith="gesture:")
    assert (entry.kind, entry.available, entry.actor, entry.note) == ("grant", 50, staff, "Sorry for the wait")
    assert balance(alice) == 150
    news = Event.objects.get(stream=alice.pk)
    assert (news.name, news.data) == (
        "credits-update",
        {"reason": "Sorry for the wait", "amount": 50, "balance": 150},
    )


def test_the_same_form_sent_twice_gives_once_and_says_so():
    alice = make_account()
    client = signed_in(make_staff(*SUPPORT))
    body = fill_in(client, alice)
    press_give(client, alice, body)

    again = press_give(client, alice, body)

    assert "given already; nothing moved" in again.content.decode()
    assert balance(alice) == 150
    assert Event.objects.filter(stream=alice.pk).count() == 1


def test_two_forms_give_twice():
    alice = make_account()
    client = signed_in(make_staff(*SUPPORT))

    for _ in range(2):
        press_give(client, alice, fill_in(client, alice))

    assert balance(alice) == 200


@pytest.mark.parametrize("wrong", [{"reason": "  "}, {"amount": 0}, {"amount": -5}, {"amount": "x"}, {"key": "1"}])
def test_a_form_that_lacks_something_gives_nothing(wrong):
    alice = make_account()
    client = signed_in(make_staff(*SUPPORT))

    response = press_give(client, alice, fill_in(client, alice, **wrong))

    assert set(response.context["form"].errors) == set(wrong)
    assert balance(alice) == 100


def test_more_than_five_hundred_credits_take_a_superuser():
    alice = make_account()
    staff = signed_in(make_staff(*SUPPORT))
    root = signed_in(make_superuser())

    most = press_give(staff, alice, fill_in(staff, alice, amount=500))
    refused = press_give(staff, alice, fill_in(staff, alice, amount=501))
    after_refusal = balance(alice)
    press_give(root, alice, fill_in(root, alice, amount=501))

    assert most.status_code == 200
    assert refused.status_code == 403
    assert "a superuser has to give them" in refused.content.decode()
    assert after_refusal == 600
    assert balance(alice) == 1101


def test_staff_who_may_not_add_entries_can_neither_see_nor_send_the_form():
    alice = make_account()
    client = signed_in(make_staff("credits.view_account", "users.view_user"))

    looked = client.get(reverse(GIVE, args=[alice.pk]))
    pressed = press_give(client, alice, {"key": str(uuid.uuid4()), "amount": 5, "reason": "x"})

    assert (looked.status_code, pressed.status_code) == (403, 403)
    assert balance(alice) == 100


def test_a_gesture_without_a_reason_is_refused_by_the_domain_too():
    alice = make_account()

    with pytest.raises(Invalid):
        gestures.give(alice, 5, key=uuid.uuid4(), note=" ", actor=make_superuser())

    assert balance(alice) == 100


# ---- The ledger cannot be touched ----------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["account", "entry"])
def test_accounts_and_entries_cannot_be_added_changed_or_deleted(model):
    alice = make_account()
    entry = Entry.objects.get()
    pk = alice.pk if model == "account" else entry.pk
    client = signed_in(make_superuser())

    codes = [
        client.get(reverse(f"admin:credits_{model}_add")).status_code,
        client.post(reverse(f"admin:credits_{model}_add"), {"available": 9}).status_code,
        client.post(reverse(f"admin:credits_{model}_change", args=[pk]), {"available": 9}).status_code,
        client.post(reverse(f"admin:credits_{model}_delete", args=[pk]), {"post": "yes"}).status_code,
    ]
    client.post(
        reverse(f"admin:credits_{model}_changelist"),
        {"action": "delete_selected", "_selected_action": [str(pk)], "post": "yes"},
    )

    assert codes == [403] * 4
    assert balance(alice) == 100
    assert list(Entry.objects.all()) == [entry]


def test_an_entry_is_found_by_its_key():
    alice, bob = make_account(), make_account("bob@example.com")
    client = signed_in(make_staff("credits.view_entry"))

    response = client.get(reverse("admin:credits_entry_changelist"), {"q": f"bonus:{bob.pk}"})

    assert [entry.account_id for entry in response.context["cl"].result_list] == [bob.pk]
    assert str(alice.pk) not in response.content.decode()


def test_an_account_takes_permission_to_see_people():
    alice = make_account()
    client = signed_in(make_staff("credits.view_account", "credits.view_entry"))

    account = client.get(reverse("admin:credits_account_change", args=[alice.pk]))
    entries = client.get(reverse("admin:credits_entry_changelist"))

    assert account.status_code == 403
    assert "alice@example.com" not in entries.content.decode()


def test_the_page_of_an_account_shows_its_newest_entries_to_those_who_may_see_the_ledger():
    alice = make_account()
    root = signed_in(make_superuser())
    clerk = signed_in(make_staff("credits.view_account", "users.view_user"))
    address = reverse("admin:credits_account_change", args=[alice.pk])

    assert f"bonus:{alice.pk}" in root.get(address).content.decode()
    assert f"bonus:{alice.pk}" not in clerk.get(address).content.decode()
