from django.apps import AppConfig


class ConfirmConfig(AppConfig):
    name = "backend.interfaces.confirm"
