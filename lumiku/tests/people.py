"""People for the tests of the operators' pages, without credits or passwords."""

from typing import Any

from django.contrib.auth.models import Permission
from django.test import Client

from lumiku.users.models import User


def make_user(email: str = "alice@example.com", **fields: Any) -> User:
    return User.objects.create(email=email, **fields)


def make_staff(*permissions: str, email: str = "staff@example.com") -> User:
    staff = make_user(email, is_staff=True)
    for permission in permissions:
        app, codename = permission.split(".")
        staff.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return staff


def make_superuser() -> User:
    return make_user("root@example.com", is_staff=True, is_superuser=True)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
