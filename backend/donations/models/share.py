"""A gift's page for everybody."""

from django.db import models

from backend.donations.models.gift import Donation


class Share(models.Model):
    """The address of a gift's shared page, while it is shared. Taking it back ends the code; the next one is new.

    A row of its own, because few gifts are shared and each gift of a crowd would write the columns.
    """

    donation = models.OneToOneField(Donation, on_delete=models.CASCADE, related_name="share")
    code = models.CharField(max_length=24, unique=True)
    shared_at = models.DateTimeField()
