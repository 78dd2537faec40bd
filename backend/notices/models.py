"""Letters: one per reader, kind and fact."""

from django.db import models
from django.db.models import Q

from backend.kernel.models import Leased, one_of
from backend.notices.rules import LetterState


class Letter(Leased):
    """`to` is a label (gift:…, org:…); the address is looked up when it is sent, never kept here.

    `subject_label` names what the fact is about; `seq` is the fact's place.
    """

    to = models.CharField(max_length=60)
    kind = models.CharField(max_length=32)
    seq = models.BigIntegerField()
    subject_label = models.CharField(max_length=60)
    state = models.CharField(max_length=8, default=LetterState.DUE.value)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            one_of("state", LetterState, "letter_state"),
            models.UniqueConstraint(fields=["to", "kind", "seq"], name="letter_once"),
        ]
        indexes = [models.Index(fields=["due_at", "id"], name="letter_due", condition=Q(state="due"))]
