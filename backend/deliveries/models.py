"""Who drives what where, and what arrives at one recipient at one time."""

from django.db import models
from django.db.models import Q

from backend.deliveries.rules import CODE_TRIES, DropState, PlanState, RouteState, StopKind, StopState
from backend.kernel.models import Leased, PublicIdField, one_of
from backend.parties.models import Carrier, Recipient, Site, User
from backend.parties.rules import VehicleClass
from backend.shipments.models import Parcel


class Vehicle(models.Model):
    """Capacities in grams and cm3, costs in fen, the shift in minutes of the day."""

    public_id = PublicIdField(prefix="veh")
    carrier = models.ForeignKey(Carrier, on_delete=models.PROTECT, related_name="vehicles")
    sign = models.CharField(max_length=8)
    vehicle_class = models.CharField(max_length=16)
    home = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="vehicles")
    grams = models.PositiveIntegerField()
    cm3 = models.PositiveBigIntegerField()
    fixed_cost = models.BigIntegerField()
    km_cost = models.BigIntegerField()
    hour_cost = models.BigIntegerField()
    shift_from = models.PositiveSmallIntegerField(default=7 * 60)
    shift_to = models.PositiveSmallIntegerField(default=18 * 60)
    max_metres = models.PositiveIntegerField(null=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            one_of("vehicle_class", VehicleClass, "vehicle_class"),
            models.CheckConstraint(condition=Q(shift_from__lt=models.F("shift_to")), name="vehicle_shift"),
            models.CheckConstraint(condition=Q(grams__gt=0, cm3__gt=0), name="vehicle_holds"),
        ]


class Plan(Leased):
    """One planning run for a county and a day: its input, answer, bounds and all that repeats it.

    `limit` ends the search after so many engine iterations (a run that repeats); else `seconds` alone do.
    """

    public_id = PublicIdField(prefix="pln")
    number = models.CharField(max_length=24, unique=True)
    carrier = models.ForeignKey(Carrier, on_delete=models.PROTECT, related_name="plans")
    region = models.CharField(max_length=6)
    on = models.DateField()
    state = models.CharField(max_length=12, default=PlanState.ASKED.value)
    seed = models.PositiveIntegerField(default=1)
    seconds = models.PositiveIntegerField(default=10)
    limit = models.PositiveIntegerField(null=True)
    problem = models.JSONField(null=True)
    answer = models.JSONField(null=True)
    bounds = models.JSONField(null=True)
    versions = models.JSONField(null=True)
    iterations = models.JSONField(null=True)
    progress = models.JSONField(default=dict)
    error = models.CharField(max_length=400, blank=True, default="")
    asked_at = models.DateTimeField()
    drafted_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            one_of("state", PlanState, "plan_state"),
            models.UniqueConstraint(
                fields=["carrier", "region", "on"], condition=Q(state="asked"), name="one_asked_plan"
            ),
            models.CheckConstraint(
                condition=~Q(state="released") | Q(answer__isnull=False), name="released_plan"
            ),
        ]
        indexes = [models.Index(fields=["id"], name="plan_to_run", condition=Q(state="asked"))]


class Route(models.Model):
    public_id = PublicIdField(prefix="rou")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="routes")
    vehicle = models.ForeignKey(Vehicle, on_delete=models.PROTECT, related_name="routes")
    courier = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="routes")
    on = models.DateField()
    state = models.CharField(max_length=8, default=RouteState.PLANNED.value)
    metres = models.PositiveIntegerField(default=0)
    cost = models.BigIntegerField(default=0)
    loaded_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            one_of("state", RouteState, "route_state"),
            models.UniqueConstraint(fields=["plan", "vehicle"], name="route_once"),
        ]
        indexes = [models.Index(fields=["courier", "on"], name="route_of_courier")]


class Stop(models.Model):
    """One visit of a route at a site; `planned_*` is what was released, the rest what happened.

    `price` (fen) is what the visit added to the plan; `ended_by` is the phone's mark of the act that ended it.
    """

    public_id = PublicIdField(prefix="stp")
    route = models.ForeignKey(Route, on_delete=models.PROTECT, related_name="stops")
    step = models.PositiveSmallIntegerField()
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="stops")
    kind = models.CharField(max_length=8)
    planned_arrival = models.DateTimeField()
    planned_departure = models.DateTimeField()
    window_from = models.DateTimeField(null=True)
    window_to = models.DateTimeField(null=True)
    metres = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=8, default=StopState.PLANNED.value)
    arrived_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    fail_reason = models.CharField(max_length=16, blank=True, default="")
    fail_note = models.CharField(max_length=200, blank=True, default="")
    price = models.BigIntegerField(null=True)
    ended_by = models.CharField(max_length=64, unique=True, null=True)

    class Meta:
        constraints = [
            one_of("kind", StopKind, "stop_kind"),
            one_of("state", StopState, "stop_state"),
            models.UniqueConstraint(fields=["route", "step"], name="stop_once"),
        ]


class Drop(models.Model):
    """What arrives at one recipient at one time, by a stop of ours or by a carrier's hand.

    The receiver's one-time code is kept as an HMAC; after rules.CODE_TRIES wrong ones only a call helps.
    """

    public_id = PublicIdField(prefix="drp")
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="drops")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="drops")
    stop = models.ForeignKey(Stop, on_delete=models.PROTECT, null=True, related_name="drops")
    carrier_ref = models.CharField(max_length=80, null=True)
    state = models.CharField(max_length=10, default=DropState.EXPECTED.value)
    expected_from = models.DateTimeField(null=True)
    expected_to = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    code_digest = models.BinaryField(null=True)
    code_tries = models.PositiveSmallIntegerField(default=0)
    code_waived = models.CharField(max_length=200, blank=True, default="")
    link_version = models.PositiveIntegerField(default=1)
    client_uuid = models.CharField(max_length=64, unique=True, null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            one_of("state", DropState, "drop_state"),
            models.CheckConstraint(condition=Q(code_tries__lte=CODE_TRIES), name="drop_code_tries"),
            models.CheckConstraint(
                condition=~Q(state="delivered") | Q(delivered_at__isnull=False), name="drop_delivered_when"
            ),
            models.CheckConstraint(
                condition=Q(stop__isnull=False, carrier_ref__isnull=True)
                | Q(stop__isnull=True, carrier_ref__isnull=False),
                name="drop_by_one_way",
            ),
        ]


class DropParcel(models.Model):
    drop = models.ForeignKey(Drop, on_delete=models.PROTECT, related_name="parcels")
    parcel = models.ForeignKey(Parcel, on_delete=models.PROTECT, related_name="drops")
    pickup = models.ForeignKey(Stop, on_delete=models.PROTECT, null=True, related_name="pickups")
    state = models.CharField(max_length=10, default=DropState.EXPECTED.value)

    class Meta:
        constraints = [
            one_of("state", DropState, "drop_parcel_state"),
            models.UniqueConstraint(
                fields=["parcel"], condition=~Q(state=DropState.FAILED.value), name="parcel_in_one_drop"
            ),
        ]
