from django.apps import AppConfig


class UnfoldWordsConfig(AppConfig):
    name = "backend.interfaces.backoffice.unfold_words"
    label = "unfold_words"
