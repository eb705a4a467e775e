"""Orders that have come, with small pictures and in no time: for tests of what is done with pictures afterwards."""

from datetime import timedelta

from django.utils import timezone

from lumiku import files
from lumiku.testing import order_for, picture
from lumiku.users.models import User
from pose_generator import generations, settlement
from pose_generator.models import Generation, Pose, Project, Result, Status


def delivered(owner: User, project: Project, pose: Pose, number: int = 1) -> list[Result]:
    """Return the completed pictures of a new order of `number`, as workers settle them."""
    generation = generations.place(owner, order_for(project, [pose], variations=number))
    lease = timezone.now() + timedelta(minutes=1)
    generation.results.update(status=Status.PROCESSING, attempt=1, started_at=timezone.now(), lease_until=lease)
    Generation.objects.filter(pk=generation.pk).update(status=Status.PROCESSING, started_at=timezone.now())
    for result in generation.results.order_by("number"):
        image = files.put(f"results/{result.pk}/1-0.png", picture(60, 60, seed=result.number))
        thumbnail = files.put(f"results/{result.pk}/1-0-400.webp", picture(30, 30, format="WEBP", seed=result.number))
        assert settlement.succeed(result, image=image, thumbnail=thumbnail)
    return list(generation.results.order_by("number"))
