"""What operators do with an order: look at it, cancel it, refund what was paid, once and within their limit."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from credits import ledger
from credits.models import Entry
from lumiku.errors import Invalid
from lumiku.events.models import Event, Stream
from lumiku.tests.people import make_staff, make_superuser, make_user, signed_in
from pose_generator import refunds
from pose_generator.models import Generation, Status
from pose_generator.tests.operators import VIEW_ORDERS, balance, captures, make_generation, text_of

pytestmark = pytest.mark.django_db

CHANGE = "admin:pose_generator_generation_change"
REFUND = "admin:pose_generator_generation_refund"
CANCEL = "admin:pose_generator_generation_cancel"


@pytest.fixture(autouse=True)
def limits_on(settings):
    settings.LIMITS_ON = True
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}


def press_refund(client: Client, generation: Generation, reason: str = "Wrong hands", **shown: Any) -> Any:
    chosen = shown.get("captures", captures(generation))
    body = {"captures": [capture.pk for capture in chosen], "reason": reason}
    return client.post(reverse(REFUND, args=[generation.pk]), body, follow=True)


# ---- Orders --------------------------------------------------------------------------------------------------------


def test_the_list_says_how_each_order_stands_and_what_it_cost():
    make_generation(make_user(), completed=2, failed=1)
    client = signed_in(make_superuser())

    response = client.get(reverse("admin:pose_generator_generation_changelist"))

    row = response.context["cl"].result_list[0]
    page = response.context["cl"].model_admin
    assert page.progress(row) == "2 of 3, 1 failed"
    assert (page.credits_held(row), row.captured, row.given_back) == (90, 60, 30)


def test_the_page_shows_each_picture_with_its_link_its_fate_and_the_ledger():
    generation = make_generation(make_user(), completed=1, failed=1)
    client = signed_in(make_superuser())

    page = text_of(client.get(reverse(CHANGE, args=[generation.pk])))

    assert re.search(rf"/media/results/{generation.pk}/0\.png\?expires=\d+", page)
    assert "moderated" in page
    assert "a red jacket" in page
    assert f"generation:{generation.pk}" in page
    assert page.count("Refund 30") == 1


def test_cancelling_gives_back_what_waits_and_says_how_much():
    alice = make_user()
    generation = make_generation(alice, completed=1, pending=2)
    client = signed_in(make_staff("pose_generator.view_generation", "pose_generator.change_generation"))

    asked = client.get(reverse(CANCEL, args=[generation.pk]))
    unchanged = generation.results.filter(status=Status.PENDING).count()
    done = client.post(reverse(CANCEL, args=[generation.pk]), follow=True)

    assert "60 credits go back" in text_of(asked)
    assert unchanged == 2
    assert "2 pictures stopped and 60 credits given back" in text_of(done)
    assert balance(alice) == 60
    generation.refresh_from_db()
    assert generation.status == Status.CANCELLED


def test_cancelling_an_order_that_has_ended_says_so_and_moves_nothing():
    generation = make_generation(make_user(), completed=1)
    entries = Entry.objects.count()
    client = signed_in(make_superuser())

    response = client.post(reverse(CANCEL, args=[generation.pk]), follow=True)

    assert "has ended already" in text_of(response)
    assert Entry.objects.count() == entries


def test_staff_who_may_only_view_orders_cannot_cancel_them():
    generation = make_generation(make_user(), pending=1)
    client = signed_in(make_staff(*VIEW_ORDERS))

    response = client.post(reverse(CANCEL, args=[generation.pk]))

    assert response.status_code == 403
    assert generation.results.get().status == Status.PENDING


# ---- Refunds -------------------------------------------------------------------------------------------------------


def test_the_refund_page_first_shows_what_and_how_many_credits():
    alice = make_user()
    generation = make_generation(alice, completed=2, failed=1)
    client = signed_in(make_superuser())

    page = text_of(client.get(reverse(REFUND, args=[generation.pk])))

    assert "60 credits</strong> for 2 pictures go back to <strong>alice@example.com" in page
    assert not Entry.objects.filter(kind=Entry.Kind.REFUND).exists()


def test_a_whole_order_is_refunded_with_actor_reason_and_news():
    alice, staff = make_user(), make_staff(*VIEW_ORDERS, "credits.add_entry")
    generation = make_generation(alice, completed=2)

    response = press_refund(signed_in(staff), generation, "The hands are wrong")

    assert "60 credits refunded" in text_of(response)
    entries = Entry.objects.filter(kind=Entry.Kind.REFUND)
    assert {(entry.available, entry.actor, entry.note) for entry in entries} == {(30, staff, "The hands are wrong")}
    assert balance(alice) == 60
    news = Event.objects.get(stream=alice.pk)
    assert news.name == "credits-update"
    assert news.data == {"reason": "The hands are wrong", "amount": 60, "balance": 60}
    assert not list(ledger.audit())


def test_one_picture_is_refunded_and_the_other_stays_paid():
    alice = make_user()
    generation = make_generation(alice, completed=2)
    first, second = generation.results.order_by("number")
    client = signed_in(make_superuser())
    address = reverse(REFUND, args=[generation.pk]) + f"?picture={first.pk}"

    shown = client.get(address)
    hidden = [capture.pk for capture in shown.context["form"]["captures"].initial]
    client.post(address, {"captures": hidden, "reason": "Blurred"})
    page = client.get(reverse(CHANGE, args=[generation.pk]))

    assert balance(alice) == 30
    paid = {tile.result.pk: (tile.paid, tile.refunded) for tile in page.context["tiles"]}
    assert paid == {first.pk: (30, 30), second.pk: (30, 0)}


def test_a_second_press_refunds_nothing_and_says_so():
    alice = make_user()
    generation = make_generation(alice, completed=2)
    client = signed_in(make_superuser())
    press_refund(client, generation)

    again = press_refund(client, generation)
    looked = client.get(reverse(REFUND, args=[generation.pk]), follow=True)

    assert "refunded already; nothing moved" in text_of(again)
    assert "Nothing is left to refund" in text_of(looked)
    assert balance(alice) == 60
    assert Event.objects.filter(stream=alice.pk).count() == 1


def test_a_refund_without_a_reason_is_refused():
    alice = make_user()
    generation = make_generation(alice, completed=1)

    response = press_refund(signed_in(make_superuser()), generation, "   ")

    assert response.context["form"].errors["reason"]
    assert balance(alice) == 0


def test_captures_of_another_order_cannot_be_slipped_into_the_form():
    alice, bob = make_user(), make_user("bob@example.com")
    mine, other = make_generation(alice, completed=1), make_generation(bob, completed=1)

    press_refund(signed_in(make_superuser()), mine, captures=captures(other))

    assert (balance(alice), balance(bob)) == (0, 0)


def test_staff_who_may_not_add_entries_cannot_refund():
    alice = make_user()
    generation = make_generation(alice, completed=1)
    client = signed_in(make_staff(*VIEW_ORDERS, "credits.view_entry"))

    looked = client.get(reverse(REFUND, args=[generation.pk]))
    pressed = press_refund(client, generation)

    assert (looked.status_code, pressed.status_code) == (403, 403)
    assert "Refund" not in client.get(reverse(CHANGE, args=[generation.pk])).content.decode()
    assert balance(alice) == 0


def test_staff_refund_three_thousand_credits_a_day_and_not_one_more():
    alice, staff = make_user(), make_staff(*VIEW_ORDERS, "credits.add_entry")
    large, small = make_generation(alice, completed=2, price=1500), make_generation(alice, completed=1, price=1)
    client = signed_in(staff)

    allowed = press_refund(client, large)
    refused = press_refund(client, small)

    assert "3000 credits refunded" in text_of(allowed)
    assert refused.status_code == 403
    assert "you may refund 0 more today" in text_of(refused)
    assert balance(alice) == 3000


def test_what_was_refunded_yesterday_does_not_count_today():
    alice, staff = make_user(), make_staff()
    day_ago = timezone.now() - timedelta(hours=25)
    with pytest.MonkeyPatch.context() as clock:
        clock.setattr(timezone, "now", lambda: day_ago)
        refunds.refund(captures(make_generation(alice, completed=2, price=1500)), actor=staff, note="Sorry")
    new = make_generation(alice, completed=1)

    amount = refunds.refund(captures(new), actor=staff, note="Sorry")

    assert amount == 30
    assert balance(alice) == 3030


def test_a_superuser_refunds_without_that_limit():
    alice = make_user()
    generation = make_generation(alice, completed=2, price=2000)

    press_refund(signed_in(make_superuser()), generation)

    assert balance(alice) == 4000


def test_a_refusal_leaves_neither_entry_nor_news():
    alice, staff = make_user(), make_staff()
    generation = make_generation(alice, completed=2, price=2000)

    with pytest.raises(refunds.RefundLimit) as refusal:
        refunds.refund(captures(generation), actor=staff, note="Sorry")

    assert (refusal.value.code, refusal.value.status) == ("refund_limit", 403)
    assert balance(alice) == 0
    assert not Stream.objects.filter(pk=alice.pk).exists()


def test_a_hold_is_no_capture_and_cannot_be_refunded():
    generation = make_generation(make_user(), completed=1)

    with pytest.raises(Invalid):
        refunds.refund([generation.hold], actor=make_superuser(), note="Sorry")
