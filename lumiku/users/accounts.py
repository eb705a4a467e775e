"""Registering, logging in, and what people do with their account. Its tokens live in `lumiku.users.families`.

Whoever changes the e-mail address or the password, or closes the account, shows the password once more: a token that
lay about must not be enough to take the account over. Wrong ones count like those of a log-in.
"""

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth import authenticate
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from lumiku.errors import DomainError, Invalid
from lumiku.events import stream
from lumiku.users import families, lockout
from lumiku.users.models import User


class BadCredentials(DomainError):
    """The same answer for an unknown address and a wrong password."""

    code = "bad_credentials"
    status = 401


class WrongPassword(DomainError):
    """The password that was to confirm a change is wrong; the token is good, so this is no 401."""

    code = "wrong_password"


@dataclass(frozen=True)
class Session:
    """A user with a fresh pair of tokens."""

    user: User
    access: str
    refresh: str


def create(*, email: str, password: str, name: str = "") -> User:
    """Make a user, or raise Invalid with the field that is wrong."""
    _check_password(password, User(email=email, name=name), field="password")
    try:
        with transaction.atomic():
            return User.objects.create_user(email, password, name=name)
    except IntegrityError as error:
        taken = _("There is an account with this e-mail address already; log in instead.")
        raise Invalid(taken, fields={"email": [taken]}) from error


def _check_password(password: str, user: User, *, field: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(error.messages[0], fields={field: error.messages}) from error


# ---- Sessions ------------------------------------------------------------------------------------------------------


def log_in(*, email: str, password: str, address: str) -> Session:
    """Return a session, or raise BadCredentials or LockedOut."""
    return session_for(recognise(email=email, password=password, address=address))


def recognise(*, email: str, password: str, address: str) -> User:
    """Return whose address and password these are, or raise BadCredentials or LockedOut."""
    attempt = lockout.attempt(email, address)
    user = authenticate(username=email, password=password)
    if not isinstance(user, User):
        raise BadCredentials(_("E-mail address or password is wrong."))
    lockout.forget(email, attempt)
    return user


def session_for(user: User) -> Session:
    """Return a session that begins now."""
    pair = families.begin(user)
    return Session(user, pair.access, pair.refresh)


def refresh(token: str) -> Session:
    """Exchange a refresh token, once, for a new pair; raise BadRefreshToken."""
    user, pair = families.rotate(token)
    return Session(user, pair.access, pair.refresh)


def log_out(token: str) -> None:
    """End the session of a refresh token; one that has ended already is fine."""
    families.log_out(token)


def end_sessions(user: User, *, reason: str, but: UUID | None = None) -> None:
    """End every session of `user` that tokens carry, but one family: tokens at once, sockets after the commit.

    A browser's session is not listed anywhere: it ends with the password that it began with, or with the user.
    """
    others = user.families.exclude(pk=but) if but else user.families.all()
    others.end(reason)
    stream.kick(user.pk, reason=reason)


# ---- Changes -------------------------------------------------------------------------------------------------------


def prove(user: User, password: str, *, address: str, field: str = "password") -> None:
    """Return when `password` is the user's own; raise WrongPassword with the `field`, or LockedOut."""
    attempt = lockout.attempt(user.email, address)
    if not user.check_password(password):
        sentence = _("This password is wrong.")
        raise WrongPassword(sentence, fields={field: [sentence]})
    lockout.forget(user.email, attempt)


def rename(user: User, name: str) -> None:
    """Change what the user is called."""
    user.name = name
    user.save(update_fields=["name"])


def change_email(user: User, email: str, *, password: str, address: str) -> None:
    """Change the address that the user logs in with; raise WrongPassword, LockedOut or Invalid.

    Taken addresses are counted like wrong passwords, or this would tell who has an account as fast as one asks.
    """
    prove(user, password, address=address)
    attempt = lockout.attempt(f"{user.pk}/new-address", address)
    try:
        with transaction.atomic():
            User.objects.filter(pk=user.pk).update(email=email)
    except IntegrityError as error:
        taken = _("This e-mail address cannot be used; choose another.")
        raise Invalid(taken, fields={"email": [taken]}) from error
    lockout.forgive(attempt)
    user.email = email


def change_password(user: User, *, current: str, new: str, address: str, keep: UUID | None = None) -> None:
    """Set a new password and end every session but the family `keep`; raise WrongPassword, LockedOut or Invalid.

    `user` has the new password afterwards; a caller with a browser's session renews that session's own proof of it.
    """
    prove(user, current, address=address, field="current")
    _check_password(new, user, field="new")
    proven, hashed = user.password, make_password(new)
    with transaction.atomic():
        if not User.objects.filter(pk=user.pk, password=proven).update(password=hashed):
            sentence = _("This password is wrong.")  # somebody else changed it since
            raise WrongPassword(sentence, fields={"current": [sentence]})
        end_sessions(user, reason="password_changed", but=keep)
    user.password = hashed
