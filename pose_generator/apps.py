from django.apps import AppConfig


class PoseGeneratorConfig(AppConfig):
    name = "pose_generator"
    verbose_name = "Pose generator"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from avatars import tasks as avatars
        from lumiku.users import closing
        from pose_generator import belongings, tasks

        closing.discarders.append(belongings.discard)
        avatars.bells.append(tasks.ring)
