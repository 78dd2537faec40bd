"""What a carrier drives."""

from datetime import datetime

from backend.deliveries.models import Vehicle
from backend.journal.kinds import Kind
from backend.journal.operations import record
from backend.kernel.db import own_transaction
from backend.kernel.errors import Malformed
from backend.parties.models import Carrier, Site
from backend.parties.rules import VehicleClass


@own_transaction
def add_vehicle(
    *,
    carrier: Carrier,
    home: Site,
    sign: str,
    vehicle_class: VehicleClass,
    grams: int,
    cm3: int,
    fixed_cost: int,
    km_cost: int,
    hour_cost: int,
    actor: str,
    at: datetime,
    public_id: str = "",
) -> Vehicle:
    """Own transaction. Add a vehicle that starts and ends at `home`; capacity in grams and cm3, costs in fen.

    Raises Malformed when the home is another carrier's.
    """
    if home.organisation_id != carrier.organisation_id:
        raise Malformed("this place is not the carrier's", pointer="/home")
    vehicle = Vehicle.objects.create(
        public_id=public_id,
        carrier=carrier,
        home=home,
        sign=sign,
        vehicle_class=vehicle_class.value,
        grams=grams,
        cm3=cm3,
        fixed_cost=fixed_cost,
        km_cost=km_cost,
        hour_cost=hour_cost,
    )
    record(
        kind=Kind.VEHICLE_ADDED,
        subject=f"vehicle:{vehicle.public_id}",
        actor=actor,
        at=at,
        public={"sign": sign, "class": vehicle_class.value},
    )
    return vehicle
