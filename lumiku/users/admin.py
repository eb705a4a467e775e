"""Users for operators, and the operators' own log-in.

Staff who may change users change sellers; only a superuser changes staff or hands out rights, or the permission to
change a name would be the permission to become anybody. An operator who sets a password or shuts a user out ends all of
that user's sessions: tokens would outlive both. A closed account is only looked at: nobody can open it again. The
admin's log-in counts wrong passwords like the API's.
"""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm, AuthenticationForm, UserChangeForm, UserCreationForm

from lumiku import api
from lumiku.admin import StaffAdmin, is_superuser
from lumiku.errors import DomainError
from lumiku.users import accounts, lockout
from lumiku.users.models import User

admin.site.unregister(Group)


class LogInForm(AuthenticationForm):
    """The admin's log-in, locked after too many wrong passwords."""

    def clean(self) -> dict[str, Any]:
        email, address = self.cleaned_data.get("username", ""), _address_of(self.request)
        try:
            attempt = lockout.attempt(email, address)
        except DomainError as refusal:
            raise ValidationError(refusal.message) from refusal
        cleaned: dict[str, Any] = super().clean()
        lockout.forget(email, attempt)
        return cleaned


def _address_of(request: HttpRequest) -> str:
    return api.client_address(request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR", ""))


class _LowerCaseAddress:
    def clean_email(self) -> str:
        """Addresses are kept in lower case: that is how log-in looks for them."""
        return self.cleaned_data["email"].strip().lower()  # type: ignore[attr-defined]


class NewUserForm(_LowerCaseAddress, UserCreationForm):
    class Meta:
        model = User
        fields = ["email", "name"]


class UserForm(_LowerCaseAddress, UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"
        field_classes: ClassVar[dict[str, Any]] = {}  # there is no user name


class PasswordForm(AdminPasswordChangeForm):
    """Sets a user's password and ends the sessions that the old one began."""

    @transaction.atomic
    def save(self, commit: bool = True) -> User:
        user: User = super().save(commit)
        accounts.end_sessions(user, reason="password_changed")
        return user


admin.site.login_form = LogInForm


@admin.register(User)
class UserAdmin(StaffAdmin, DjangoUserAdmin):
    form = UserForm
    add_form = NewUserForm
    change_password_form = PasswordForm
    list_display = ["email", "name", "role", "is_active", "created_at"]
    list_filter = ["is_active", "is_staff", ("closed_at", admin.EmptyFieldListFilter)]
    search_fields = ["email", "name"]
    ordering = ["email"]
    filter_horizontal = []  # two boxes side by side are wider than the page
    readonly_fields = ["is_active", "last_login", "created_at", "closed_at"]
    fieldsets = [
        (None, {"fields": ["email", "name", "password", "is_active", "created_at", "last_login", "closed_at"]}),
        ("Rights", {"fields": ["is_staff", "is_superuser", "groups", "user_permissions"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "name", "usable_password", "password1", "password2"]})]
    actions = ["deactivate", "activate"]

    @display(description="role", ordering="is_staff", label={"admin": "primary"})
    def role(self, user: User) -> str:
        return user.role

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        out_of_reach = obj is not None and (obj.is_staff or obj.is_superuser) and not is_superuser(request)
        closed = obj is not None and obj.closed_at is not None
        return super().has_change_permission(request, obj) and not out_of_reach and not closed

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        rights = [] if is_superuser(request) else ["is_staff", "is_superuser", "groups", "user_permissions"]
        return [*super().get_readonly_fields(request, obj), *rights]

    @action(description="Deactivate", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Shut the chosen users out at once; rows and credits stay."""
        with transaction.atomic():
            users = list(self._within_reach(request, queryset.filter(is_active=True)))
            for user in users:
                accounts.end_sessions(user, reason="deactivated")
            self._set_active(request, users, active=False)

    @action(description="Let back in", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Let deactivated users log in again."""
        users = list(self._within_reach(request, queryset.filter(is_active=False, closed_at=None)))
        self._set_active(request, users, active=True)

    def _within_reach(self, request: HttpRequest, users: QuerySet[User]) -> QuerySet[User]:
        """Nobody shuts themselves out, and only a superuser touches staff."""
        me: Any = request.user
        others = users.exclude(pk=me.pk)
        return others if is_superuser(request) else others.filter(is_staff=False, is_superuser=False)

    def _set_active(self, request: HttpRequest, users: list[User], *, active: bool) -> None:
        User.objects.filter(pk__in=[user.pk for user in users]).update(is_active=active)
        said = "let back in" if active else "deactivated"
        self.log_each(request, users, said.capitalize())
        level = messages.SUCCESS if users else messages.WARNING
        self.message_user(request, f"{len(users)} of the chosen users {said}.", level)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    """Rights that several operators share; superusers hand them out."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request) and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_superuser(request) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_superuser(request) and super().has_delete_permission(request, obj)
