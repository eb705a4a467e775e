from django.apps import AppConfig


class AvatarsConfig(AppConfig):
    name = "avatars"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from avatars import creation
        from lumiku.users import closing

        closing.discarders.append(creation.discard_all)
