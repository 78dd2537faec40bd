"""Every task of this door, where Celery looks for them."""

from backend.interfaces.jobs import letters, payments, planning, sequencer, sourcing

__all__ = ["letters", "payments", "planning", "sequencer", "sourcing"]
