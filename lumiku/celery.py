"""The Celery application: `celery -A lumiku worker` and `celery -A lumiku beat` need no further options.

Threads, not processes: a render waits on a remote service for seconds and uses the processor for milliseconds; 100
threads take 120 MB where 16 processes take 1 GB. A pool has a few threads more than `WORKER_CONCURRENCY`, because
renders are handed out only up to that number (`pose_generator.dispatch`) and the sweeper must find a free thread
however long they take.

No result backend, no chords, no countdowns: messages are bells, the rows are the truth. Late acknowledgement keeps a
worker from hoarding bells that another could answer; a bell that comes twice finds the row claimed.
"""

import os
from typing import Any

from celery import Celery, signals
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lumiku.settings")

SPARE_THREADS = 3

app = Celery("lumiku")


@app.on_configure.connect
def configure(sender: Celery, **kwargs: Any) -> None:
    """Read the Django settings when Celery first needs them."""
    from django.conf import settings

    sender.conf.update(
        broker_url=settings.CELERY_BROKER_URL,
        broker_connection_retry_on_startup=True,
        broker_transport_options={
            "visibility_timeout": 3600,
            "socket_timeout": 5,
            "socket_connect_timeout": 1,
            # kombu would wait 2 + 4 s for a broker that refuses, inside somebody's request.
            "max_retries": 0,
            "socket_keepalive": True,
            "max_connections": 400,
        },
        # A request must not wait for a broker that is away: the sweeper rings again. One more try at once, since a
        # connection that stood idle while the broker was restarted only shows that it is dead when it is used.
        task_publish_retry=True,
        task_publish_retry_policy={"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0},
        task_ignore_result=True,
        task_acks_late=True,
        task_serializer="json",
        accept_content=["json"],
        worker_pool="threads",
        worker_concurrency=settings.WORKER_CONCURRENCY + SPARE_THREADS,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        timezone="UTC",
        beat_schedule={
            "sweep": {
                "task": "pose_generator.tasks.sweep",
                "schedule": settings.TIMES["sweep"],
                # A sweep that waited longer than the next one is worth nothing.
                "options": {"expires": settings.TIMES["sweep"] * 2},
            },
            "stop_jobs": {"task": "pose_generator.tasks.stop_jobs", "schedule": 10.0, "options": {"expires": 10}},
            "tidy": {"task": "pose_generator.tasks.tidy", "schedule": 3600.0, "options": {"expires": 3600}},
            "grant_due": {"task": "credits.tasks.grant_due", "schedule": 3600.0, "options": {"expires": 3600}},
            # Just after midnight in Jakarta; beat makes up for a night that it missed.
            "expire": {"task": "credits.tasks.expire", "schedule": crontab(hour=17, minute=10)},
            "audit": {"task": "credits.tasks.audit", "schedule": crontab(hour=18, minute=30)},
        },
    )


app.autodiscover_tasks(["credits", "avatars", "pose_generator"])


@signals.setup_logging.connect
def keep_django_logging(**kwargs: Any) -> None:
    """Leave logging as the settings describe it: Celery would replace the handlers."""
    from logging.config import dictConfig

    from django.conf import settings

    dictConfig(settings.LOGGING)


@signals.worker_init.connect
def keep_to_itself(sender: Any, **kwargs: Any) -> None:
    """Leave out what workers tell each other through the broker (gossip, mingle): nothing here asks for it, it costs a
    second at each start, and a worker whose broker is killed at the wrong moment dies while it takes leave of it."""
    sender.options.update(without_gossip=True, without_mingle=True)
