"""What the live process serves: its health and the streams, no door besides."""

from django.urls import path

from backend.config import health

urlpatterns = [
    path("health/live", health.live),
    path("health/ready", health.ready),
]
