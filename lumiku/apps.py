from django.apps import AppConfig


class LumikuConfig(AppConfig):
    name = "lumiku"
    default_auto_field = "django.db.models.BigAutoField"
