"""What the credits API shows."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from credits.models import Entry


def id_in(key: str, prefix: str) -> str | None:
    """Return the id that a ledger key names, if it is a key of that kind."""
    kind, _colon, rest = key.partition(":")
    return rest.partition(":")[0] if kind == prefix else None


class EntrySerializer(serializers.ModelSerializer[Entry]):
    """An entry as its owner reads it. The ledger knows keys only; the ids in them are for the client."""

    amount = serializers.IntegerField(source="available", help_text="Change of the available balance.")
    held_amount = serializers.IntegerField(source="held")
    reason = serializers.SerializerMethodField()
    generation_id = serializers.SerializerMethodField()
    pose_id = serializers.SerializerMethodField()

    class Meta:
        model = Entry
        fields = [
            "id",
            "kind",
            "amount",
            "held_amount",
            "balance_after",
            "reason",
            "generation_id",
            "pose_id",
            "expires_at",
            "created_at",
        ]

    def get_reason(self, entry: Entry) -> str:
        return _(entry.note) if entry.note else ""

    def get_generation_id(self, entry: Entry) -> str | None:
        return id_in((entry.hold or entry).key, "generation")

    def get_pose_id(self, entry: Entry) -> str | None:
        return id_in(entry.key, "result")


class QuotaSerializer(serializers.Serializer):
    """The poses that a plan gives today, in Jakarta."""

    active = serializers.BooleanField()
    used = serializers.IntegerField()
    limit = serializers.IntegerField()
    resets_at = serializers.DateTimeField()


class BalanceSerializer(serializers.Serializer):
    balance = serializers.IntegerField(help_text="What may be spent.")
    held = serializers.IntegerField(help_text="What is set aside for orders that run.")
    quota = QuotaSerializer(allow_null=True)


class Balances(serializers.Serializer):
    balance = serializers.IntegerField(help_text="What could be spent.")
    held = serializers.IntegerField(help_text="What was set aside.")


class KindSum(serializers.Serializer):
    kind = serializers.ChoiceField(Entry.Kind.choices)
    entries = serializers.IntegerField()
    amount = serializers.IntegerField(help_text="Change of the available balance.")
    held_amount = serializers.IntegerField()


class OrderSum(serializers.Serializer):
    """What moved for one order in the month."""

    generation_id = serializers.SerializerMethodField()
    key = serializers.CharField(help_text="The order's key in the ledger.")
    ordered_at = serializers.DateTimeField()
    held = serializers.IntegerField()
    captured = serializers.IntegerField()
    released = serializers.IntegerField()
    refunded = serializers.IntegerField()

    def get_generation_id(self, order: dict[str, Any]) -> str | None:
        return id_in(order["key"], "generation")


class StatementSerializer(serializers.Serializer):
    """A month, Jakarta's: opening + the sums of the kinds = closing."""

    month = serializers.CharField()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    opening = Balances()
    kinds = KindSum(many=True)
    closing = Balances()
    orders = OrderSum(many=True)
