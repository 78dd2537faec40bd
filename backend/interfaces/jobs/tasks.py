"""Every task of this door, where Celery looks for them."""

from backend.interfaces.jobs import payments, planning

__all__ = ["payments", "planning"]
