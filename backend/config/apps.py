from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "backend.config"

    def ready(self) -> None:
        from backend.config import celery, checks, logs

        celery.app.set_default()
        checks.register()
        logs.configure()
