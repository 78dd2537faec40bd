from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    name = "backend.interfaces.backoffice"

    def ready(self) -> None:
        from backend.interfaces.backoffice.names import name_rooms

        name_rooms()
