from django.apps import AppConfig


class TrackConfig(AppConfig):
    name = "backend.interfaces.track"
