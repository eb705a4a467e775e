"""A new seller: the user, the account and the bonus, in one transaction or not at all."""

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop

from credits import ledger
from lumiku import moderation
from lumiku.users import accounts
from lumiku.users.models import User


def register(*, email: str, password: str, name: str = "") -> accounts.Session:
    """Make a user as `enrol` does, and return a session that begins now."""
    with transaction.atomic():
        return accounts.session_for(enrol(email=email, password=password, name=name))


@transaction.atomic
def enrol(*, email: str, password: str, name: str = "") -> User:
    """Make a user with the registration bonus, or raise Invalid with the field that is wrong."""
    moderation.check(name=name)
    user = accounts.create(email=email, password=password, name=name)
    bonus = settings.PRICES["registration_bonus"]
    ledger.grant(user, bonus, key=f"bonus:{user.pk}", note=gettext_noop("Registration bonus"))
    user.refresh_from_db()  # it remembers the account without the bonus
    return user
