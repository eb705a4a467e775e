from django.apps import AppConfig


class StudioConfig(AppConfig):
    name = "lumiku.studio"
    label = "studio"
