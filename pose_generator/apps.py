from django.apps import AppConfig


class PoseGeneratorConfig(AppConfig):
    name = "pose_generator"
    default_auto_field = "django.db.models.BigAutoField"
