"""Load the whole demonstration county, once."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from backend.donations.operations.accounts import open_payment_account
from backend.interfaces.jobs.demo import appeals, goods, parties
from backend.interfaces.jobs.demo.cut import demo_id
from backend.parties.queries import is_registered


@dataclass(frozen=True)
class Loaded:
    """How much was loaded; all zero when the county was there already."""

    recipients: int = 0
    suppliers: int = 0
    items: int = 0
    appeals: int = 0


@transaction.atomic
def load(*, at: datetime) -> Loaded:
    """Own transaction: all or nothing. A second run changes nothing."""
    if is_registered(organisation=demo_id("org", "charity")):
        return Loaded()
    bodies = parties.build(at=at)
    open_payment_account(
        charity=bodies.charity,
        gateway="sandbox",
        merchant_no="sandbox-demo-1",
        secret_ref="sandbox",
        actor=parties.ACTOR,
        at=at,
    )
    items = goods.build_items(at=at)
    goods.build_offers(bodies, items, at=at)
    goods.build_roads(bodies, at=at)
    opened = appeals.build(bodies, items, at=at)
    return Loaded(len(bodies.recipients), len(bodies.suppliers), len(items), opened)
