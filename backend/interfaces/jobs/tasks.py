"""Every task of this door, where Celery looks for them."""

from backend.interfaces.jobs import payments, planning, sourcing

__all__ = ["payments", "planning", "sourcing"]
