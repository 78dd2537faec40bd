"""A small county that is open today: doors read the clock of the wall."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from backend.catalogue.models import Item
from backend.interfaces.shop import robots
from backend.needs.models import Appeal, NeedLine
from backend.parties.models import Charity, Recipient
from tests import factories


@pytest.fixture(autouse=True)
def nobody_gave_before(settings: Any) -> None:
    """All tests give from one address: each counts its gifts from nothing."""
    settings.QUEUE_PREFIX = f"{settings.QUEUE_PREFIX}-{uuid4().hex[:8]}"
    robots.forget()


@dataclass
class County:
    """One charity, one school, an appeal with quilts (6,800 fen); more can be asked."""

    now: datetime
    charity: Charity
    school: Recipient
    quilts: Item
    appeal: Appeal
    need: NeedLine

    def ask(self, *, wanted: int = 10, item: Item | None = None, **fields: Any) -> NeedLine:
        """Another school asks for quilts (or `item`)."""
        charity = fields.pop("charity", self.charity)
        school = fields.pop("school", None) or factories.recipient("示范小学（坡云村）")
        line = {k: fields.pop(k) for k in ("reserved", "stopped_at", "received") if k in fields}
        appeal = factories.appeal(charity, school, at=self.now, **fields)
        return factories.need(appeal, item or self.quilts, wanted=wanted, **line)


def another_charity(now: datetime, name: str = "水边人家慈善会（演示）") -> Charity:
    charity = factories.charity(name)
    Charity.objects.filter(pk=charity.pk).update(certificate_until=now.date() + timedelta(days=700))
    charity.refresh_from_db()
    return charity


@pytest.fixture
def county(db: None) -> County:
    now = timezone.now()
    charity = another_charity(now, "山里人家慈善会（演示）")
    school = factories.recipient()
    quilts = factories.item()
    appeal = factories.appeal(charity, school, at=now)
    return County(now, charity, school, quilts, appeal, factories.need(appeal, quilts, wanted=10))


Pages = Callable[..., str]


@pytest.fixture
def read(client: Any) -> Pages:
    """The text of a page; the status must be 200 unless told."""

    def get(path: str, status: int = 200, **query: Any) -> str:
        answer = client.get(path, query)
        assert answer.status_code == status, answer.content.decode()[:500]
        text: str = answer.content.decode()
        return text

    return get
