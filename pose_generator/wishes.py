"""The wish board: users ask for poses and vote, operators decide, everybody concerned is told.

    pending → approved → in_progress → completed, and rejected from every open one.

A move is one conditional UPDATE whose row count is the verdict, in one transaction with the news of it: two operators
at once make one move. The asker's own vote counts from the beginning and can be taken back like any other; news goes
to the asker and to the voters. Nobody is named to anybody. Locks: the asker's User row or the wish, then Streams.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext as _

from lumiku import moderation
from lumiku.errors import DomainError, Invalid, NotFound
from pose_generator import circulars
from pose_generator.models import Category, Pose, PoseRequest, Vote
from pose_generator.models.wishes import OPEN_WISHES, SHOWN, Status

NEWS = "wish-update"
MOST_OPEN = 5
#: One transaction tells so many voters, those who voted first; the others see it on the board.
MOST_TOLD = 2_000


class TooManyWishes(DomainError):
    """As many wishes are open as one person may have."""

    code = "too_many_wishes"
    status = 409


class AskedAlready(DomainError):
    """The same wish of the same person is open."""

    code = "asked_already"
    status = 409


class WrongState(DomainError):
    """The wish does not stand where this can be done."""

    code = "wrong_state"
    status = 409


@transaction.atomic
def ask(user: Any, *, title: str, description: str = "", category: Category | None = None) -> PoseRequest:
    """Put a wish before the operators, with the asker's own vote; raise Refused, TooManyWishes or AskedAlready."""
    moderation.check(title=title, description=description)
    _refuse_more(user, title)
    wish = PoseRequest.objects.create(owner=user, title=title, description=description, category=category)
    Vote.objects.create(request=wish, user=user)
    return wish


def _refuse_more(user: Any, title: str) -> None:
    """Count under the lock of the asker's row, so that wishes at the same moment are counted exactly."""
    list(get_user_model()._default_manager.select_for_update(no_key=True).filter(pk=user.pk).values_list("pk"))
    mine = PoseRequest.objects.open().filter(owner=user)
    if mine.alias(said=Lower("title")).filter(said=Lower(Value(title))).exists():  # as the constraint compares
        raise AskedAlready(_("You have asked for this already; it is still open."))
    if settings.LIMITS_ON and mine.count() >= MOST_OPEN:
        raise TooManyWishes(
            _("You have %(most)d open wishes; please wait until one is done.") % {"most": MOST_OPEN}, most=MOST_OPEN
        )


@transaction.atomic
def vote(user: Any, pk: UUID) -> None:
    """Want a wish too, once; raise NotFound for one that the user does not see, WrongState for one that has ended."""
    # Under the wish's lock, so that whoever votes before it moves is told of the move.
    wish = PoseRequest.objects.visible_to(user).select_for_update(no_key=True).filter(pk=pk).first()
    if wish is None:
        raise NotFound(_("There is nothing here, or it is not yours."))
    if Vote.objects.filter(request=wish, user=user).exists():
        return
    if wish.status not in OPEN_WISHES:
        raise WrongState(_("This wish has been decided; it takes no more votes."))
    Vote.objects.create(request=wish, user=user)


def unvote(user: Any, pk: UUID) -> None:
    """Take one's vote back, if there is one; raise NotFound for a wish that the user does not see."""
    if not PoseRequest.objects.visible_to(user).filter(pk=pk).exists():
        raise NotFound(_("There is nothing here, or it is not yours."))
    Vote.objects.filter(request=pk, user=user).delete()


def approve(wish: PoseRequest) -> None:
    """Show a wish to everybody; raise WrongState unless it waits."""
    _move(wish, [Status.PENDING], status=Status.APPROVED)


def reject(wish: PoseRequest, *, reason: str) -> None:
    """Decline an open wish for a reason, which the asker reads; raise Invalid without one."""
    if not reason.strip():
        raise Invalid(_("A rejection needs a reason."))
    _move(wish, OPEN_WISHES, status=Status.REJECTED, reason=reason.strip())


def start(wish: PoseRequest) -> None:
    """Say that the pose of an approved wish is being made."""
    _move(wish, [Status.APPROVED], status=Status.IN_PROGRESS)


def complete(wish: PoseRequest, *, pose: Pose) -> None:
    """Fulfil a started wish with a pose of the library; raise Invalid for one that is not published."""
    if not Pose.objects.published().filter(pk=pose.pk).exists():
        raise Invalid(_("Choose a pose that everybody can see."))
    _move(wish, [Status.IN_PROGRESS], status=Status.COMPLETED, pose=pose)


@transaction.atomic
def _move(wish: PoseRequest, before: Collection[str], **change: Any) -> None:
    """Move a wish that stands at one of `before`, and tell everybody concerned."""
    rows = PoseRequest.objects.filter(pk=wish.pk)
    if not rows.filter(status__in=before).update(updated_at=Now(), **change):
        raise WrongState(_("This wish has been decided otherwise meanwhile; look at it again."))
    moved = rows.with_votes().get()
    circulars.send(_concerned(moved), NEWS, _news(moved))


def _concerned(wish: PoseRequest) -> set[UUID]:
    """Return the asker and the earliest voters, without accounts that were given up."""
    voters = Vote.objects.filter(request=wish, user__is_active=True).order_by("created_at", "pk")
    told = set(voters.values_list("user", flat=True)[:MOST_TOLD])
    return told | {wish.owner_id} if wish.owner.is_active else told


def _news(wish: Any) -> dict[str, Any]:
    """Return the data of a `wish-update`: of people only their number."""
    return {
        "request_id": str(wish.pk),
        "title": wish.title,
        "status": str(wish.status),
        "votes": wish.votes,
        "reason": wish.reason or None,
        "pose_id": str(wish.pose_id) if wish.pose_id else None,
    }


@transaction.atomic
def forget(user: Any) -> None:
    """Forget what an account that is given up wanted: its votes, and its wishes that only it has seen.

    What is on the board stays there, without a name, since others voted for it.
    """
    Vote.objects.filter(user=user).delete()
    PoseRequest.objects.filter(owner=user).exclude(status__in=SHOWN).delete()
