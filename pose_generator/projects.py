"""Projects and uploads: making, changing, hiding."""

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from lumiku import files, images, moderation, usage
from lumiku.errors import DomainError, Invalid, NotFound
from pose_generator.models import Project, Upload


class ProjectBusy(DomainError):
    """An order of the project is still running."""

    code = "wrong_state"
    status = 409


class TooManyUploads(DomainError):
    code = "rate_limited"
    status = 429


def create(user: Any, **fields: Any) -> Project:
    """Make a project; `fields` are those of the model, checked for their owner."""
    moderation.check(project_name=fields.get("name", ""), description=fields.get("description", ""))
    return Project.objects.create(owner=user, **fields)


def change(project: Project, **fields: Any) -> Project:
    """Change what is named in `fields`."""
    moderation.check(project_name=fields.get("name", ""), description=fields.get("description", ""))
    for name, value in fields.items():
        setattr(project, name, value)
    project.save(update_fields=[*fields, "updated_at"])
    return project


@transaction.atomic
def discard(project: Project) -> None:
    """Hide a project with its orders, or raise ProjectBusy; files go, rows and entries stay."""
    # `place` takes the same lock, so no order slips in between.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    orders = list(project.generations.select_for_update(no_key=True).filter(discarded_at=None).order_by("pk"))
    if any(order.is_open for order in orders):
        raise ProjectBusy(_("An order of this project is still running; cancel it or wait until it has ended."))
    now = timezone.now()
    for order in orders:
        order.results.update(discarded_at=now)
    project.generations.filter(discarded_at=None).update(discarded_at=now)
    Project.objects.filter(pk=project.pk).update(discarded_at=now)


def upload(user: Any, data: bytes, *, purpose: str) -> Upload:
    """Keep a picture of the user's, cleaned; raise UnusablePicture or TooManyUploads."""
    recent = Upload.objects.filter(owner=user, created_at__gt=Now() - timedelta(seconds=60)).count()
    if settings.LIMITS_ON and recent >= settings.LIMITS["uploads_per_minute"]:
        raise TooManyUploads(_("That was many uploads for a minute; please wait a moment."), retry_after=60)
    clean = images.clean_upload(data)
    usage.check(user, coming=len(clean.data))
    pk = uuid.uuid4()
    name = files.put(f"uploads/{user.pk}/{pk}.{clean.extension}", clean.data)
    facts = {"width": clean.width, "height": clean.height, "bytes": len(clean.data)}
    return Upload.objects.create(pk=pk, owner=user, purpose=purpose, file=name, **facts)


def upload_behind(user: Any, link: str, *, field: str) -> Upload:
    """Return the user's upload that `link` shows; Invalid when it is no link of ours, NotFound when not the user's."""
    name = files.name_in(link)
    if name is None or not name.startswith("uploads/"):
        sentence = _("Only pictures that you uploaded here can be used; upload the file first.")
        raise Invalid(sentence, fields={field: [sentence]})
    found = Upload.objects.owned_by(user).filter(file=name).first()
    if found is None:
        raise NotFound(_("There is nothing here, or it is not yours."))
    return found
