"""The user: an e-mail address, a password, a role; and the families of tokens that log-ins began."""

import uuid
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Lower, Now

from lumiku.events import stream


class UserManager(BaseUserManager["User"]):
    """Makes users; addresses are compared without regard to case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A seller, or an operator when `is_staff`. A closed account keeps its row, which names nobody any more."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=100, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True, help_text="When the account was closed for good.")
    emptied_at = models.DateTimeField(null=True, blank=True, help_text="When nothing of a closed account was left.")

    objects = UserManager()
    _password: str | None  # set and not saved yet

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        indexes = [
            models.Index(
                fields=["closed_at"], name="users_to_empty", condition=Q(closed_at__isnull=False, emptied_at=None)
            )
        ]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique_whatever_its_case"),
            models.CheckConstraint(name="user_closed_stays_out", condition=Q(closed_at=None) | Q(is_active=False)),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def role(self) -> str:
        """What the wire calls them: `admin` or `user`."""
        return "admin" if self.is_staff else "user"

    def get_short_name(self) -> str:
        return self.name or self.email.partition("@")[0]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; a password that was set, by whatever road, ends the sessions that an older one began."""
        if self._password is None or self._state.adding:
            super().save(*args, **kwargs)
            return
        with transaction.atomic():
            super().save(*args, **kwargs)
            self.families.all().end("password_changed")
            stream.kick(self.pk, reason="password_changed")


class TokenFamilyQuerySet(models.QuerySet["TokenFamily"]):
    def living(self) -> "TokenFamilyQuerySet":
        """Families whose tokens still work."""
        return self.filter(ended_at=None, expires_at__gt=Now())

    def end(self, reason: str) -> int:
        """End those that live; return how many did."""
        return self.filter(ended_at=None).update(ended_at=Now(), end_reason=reason)


class TokenFamily(models.Model):
    """One log-in, and every pair of tokens that followed from it (`lumiku.users.families`)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="families")
    current = models.CharField(max_length=64, help_text="SHA-256 of the id of the one refresh token that works.")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True, help_text="When that refresh token expires.")
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=20, blank=True)

    objects = TokenFamilyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "token families"

    def __str__(self) -> str:
        return f"{self.user}, since {self.created_at:%Y-%m-%d %H:%M}"


class LogInFailure(models.Model):
    """One wrong password, counted per account and per address (`lumiku.users.lockout`)."""

    key = models.CharField(max_length=320)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["key", "at"], name="log_in_failures_of_a_key")]

    def __str__(self) -> str:
        return f"{self.key} at {self.at}"
