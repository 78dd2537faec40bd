"""Append-only entries, the one sequence over them, and each reader's position in it."""

from django.db import models
from django.db.models import Q

from backend.kernel.models import PublicIdField


class Entry(models.Model):
    """One fact. Only `private` and `salt` may ever change, and only to null (a trigger keeps this)."""

    public_id = PublicIdField(prefix="evt")
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=60)
    charity = models.CharField(max_length=60, blank=True, default="")
    actor = models.CharField(max_length=60)
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    public = models.JSONField(default=dict)
    private = models.JSONField(null=True)
    salt = models.BinaryField(null=True)
    private_digest = models.BinaryField(null=True)

    class Meta:
        verbose_name_plural = "entries"
        indexes = [models.Index(fields=["subject", "id"], name="entry_subject")]


class Sequence(models.Model):
    """The order in which committed entries became visible. Readers go by `seq`, never by Entry.id."""

    seq = models.BigAutoField(primary_key=True)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="place")


class Unplaced(models.Model):
    """Entries that wait for their place; a trigger writes them in the entry's own transaction (0002)."""

    entry = models.OneToOneField(
        Entry, on_delete=models.PROTECT, primary_key=True, db_constraint=False, related_name="waiting"
    )


class Reader(models.Model):
    """How far one reader has come."""

    name = models.CharField(max_length=60, primary_key=True)
    seq = models.BigIntegerField(default=0)


class Answer(models.Model):
    """What was answered to an Idempotency-Key, so that a replay gets the first answer."""

    client = models.CharField(max_length=80)
    key = models.CharField(max_length=120)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "key"], name="answer_once"),
            models.CheckConstraint(
                condition=Q(status__isnull=True) | Q(body__isnull=False), name="answer_has_body"
            ),
        ]
