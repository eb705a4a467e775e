from django.apps import AppConfig


class PoseGeneratorConfig(AppConfig):
    name = "pose_generator"
    verbose_name = "Pose generator"
    default_auto_field = "django.db.models.BigAutoField"
