from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "backend.journal"
