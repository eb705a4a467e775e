"""What Celery runs for avatars.

Who knows the free places and hands work out stands above (`pose_generator.tasks`) and is told through `bells`.
"""

from collections.abc import Callable

from celery import shared_task

from avatars import painting

#: Each tells the workers, after the commit, that there is something to do; filled in `AppConfig.ready`.
bells: list[Callable[[], None]] = []


def ring() -> None:
    """Tell the workers, after the commit, that something is to be painted; the sweeper finds it anyway."""
    for bell in bells:
        bell()


@shared_task
def paint_portrait(avatar_id: str) -> None:
    """Paint one avatar's photo, then let the next one in."""
    try:
        painting.run(avatar_id)
    finally:
        ring()
