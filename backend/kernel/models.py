"""Abstract models and fields that every room shares. A closed list."""

from enum import StrEnum
from functools import lru_cache
from typing import Any

import uuid_utils
from django.db import models

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
PAIRS = [first + second for first in ALPHABET for second in ALPHABET]


def new_public_id(prefix: str) -> str:
    """A sortable public id: prefix, underscore, UUIDv7 in 26 letters of Crockford's base 32."""
    number = uuid_utils.uuid7().int
    high, low = number >> 40 & 0xFF_FFFF_FFFF, number & 0xFF_FFFF_FFFF
    return (
        f"{prefix}_{_moment(number >> 80)}"
        f"{PAIRS[high >> 30]}{PAIRS[high >> 20 & 1023]}{PAIRS[high >> 10 & 1023]}{PAIRS[high & 1023]}"
        f"{PAIRS[low >> 30]}{PAIRS[low >> 20 & 1023]}{PAIRS[low >> 10 & 1023]}{PAIRS[low & 1023]}"
    )


@lru_cache(maxsize=16)
def _moment(millisecond: int) -> str:
    """The first ten letters: many ids are made in one millisecond."""
    return "".join([PAIRS[millisecond >> shift & 1023] for shift in range(40, -1, -10)])


class PublicIdField(models.CharField[str, str]):
    """A unique public id, made in Python when the row is first saved. No right follows from knowing it."""

    def __init__(self, prefix: str = "", **kwargs: Any) -> None:
        self.prefix = prefix
        kwargs.setdefault("max_length", 40)
        kwargs.setdefault("unique", True)
        kwargs.setdefault("editable", False)
        super().__init__(**kwargs)

    def deconstruct(self) -> Any:
        # migrations must import nothing of ours
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = getattr(model_instance, self.attname)
        if not value:
            value = new_public_id(self.prefix)
            setattr(model_instance, self.attname, value)
        return value


def one_of(field: str, states: type[StrEnum], name: str) -> models.CheckConstraint:
    """A check that `field` holds a value of `states`: the database keeps the table of states too."""
    values = [state.value for state in states]
    return models.CheckConstraint(condition=models.Q(**{f"{field}__in": values}), name=name)


class Leased(models.Model):
    """A row that is work: claimed for a while, free again when the claimer dies. See kernel.db.claim."""

    claimed_until = models.DateTimeField(null=True, editable=False)
    claimed_by = models.CharField(max_length=80, blank=True, default="", editable=False)

    class Meta:
        abstract = True
