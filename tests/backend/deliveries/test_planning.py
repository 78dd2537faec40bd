"""What becomes a job, what stays outside and why, who gets where, and what it costs by carrier."""

from datetime import timedelta

import pytest
from django.conf import settings

from backend.deliveries.planning.build import problem_of
from backend.deliveries.planning.ready import the_day
from backend.deliveries.planning.run import with_reasons
from backend.deliveries.rules import midnight
from backend.parties.models import Access, Closure, Leg, Site
from routing.problem import Problem, from_json, to_json
from routing.solver import Params, solve_with
from tests import factories
from tests.backend.deliveries.stories import TUESDAY, County
from tests.cast import MONDAY

pytestmark = pytest.mark.django_db
SATURDAY = TUESDAY + timedelta(days=4)


def day(county: County, on=TUESDAY):
    return the_day(carrier=county.carrier, region="522328", on=on)


def problem(county: County, **values) -> Problem:
    return problem_of(day(county, **values), name="test", at=MONDAY)


def during(on=TUESDAY):
    frm = midnight(on, settings.ZONE)
    return frm + timedelta(hours=9), frm + timedelta(hours=11)


def test_a_shipment_becomes_a_pair_with_weight_volume_hours_and_service_time() -> None:
    county = County()
    shipment = county.shipment(county.school(), quantity=10)
    (job,) = problem(county).jobs
    assert job.id == shipment.public_id
    assert job.amount == (24_000, 240_000)
    assert job.pickup and job.pickup.location == county.warehouse.public_id
    assert job.pickup.windows == ()
    assert job.delivery and [w.start for w in job.delivery.windows] == [8 * 3600, 14 * 3600]
    assert job.delivery.service_seconds == 58
    assert job.tariff is None


def test_the_problem_survives_json() -> None:
    county = County()
    county.shipment(county.school())
    made = problem(county)
    assert from_json(to_json(made)) == made


def test_the_vehicle_is_as_it_is() -> None:
    county = County()
    county.shipment(county.school())
    (van,) = problem(county).vehicles
    assert van.capacity == (800_000, 4_000_000)
    assert (van.start, van.end) == (county.hub.public_id, county.hub.public_id)
    assert (van.fixed_price, van.km_price, van.hour_price) == (12_000, 130, 3_000)
    assert (van.shift.start, van.shift.end) == (7 * 3600, 18 * 3600)


def test_a_carriers_tariff_makes_a_stop_optional() -> None:
    county = County()
    county.shipment(county.school(), quantity=10)
    post = factories.carrier("演示快运", own_fleet=False)
    factories.lane(by=post, base_price=1_000, kg_price=200)
    factories.lane(by=post, to="5224", base_price=1, kg_price=1)
    assert problem(county).jobs[0].tariff == 1_000 + 24 * 200


def test_other_counties_are_not_ours_to_plan() -> None:
    county = County()
    county.shipment(county.school(county_code="522327"))
    assert not day(county).inside


def test_a_far_warehouse_is_not_fetched_from() -> None:
    county = County()
    far = factories.warehouse(county.supplier, lon=106.63, lat=26.65)  # Guiyang
    county.shipment(county.school(), warehouse=far)
    (row,) = day(county).outside
    assert row.outside == "far"


@pytest.mark.parametrize(("on", "why"), [(SATURDAY, "shut"), (TUESDAY, None)])
def test_nobody_receives_on_saturday(on, why) -> None:
    county = County()
    county.shipment(county.school())
    found = day(county, on=on)
    assert [row.outside for row in found.outside] == ([why] if why else [])


def test_a_reported_closure_takes_the_day_out() -> None:
    county = County()
    school = county.school()
    county.shipment(school)
    Closure.objects.create(
        site=school.site, during=during(), kind="exam", source="school", reported_at=MONDAY
    )
    assert [row.outside for row in day(county).outside] == ["closed"]
    assert len(day(county, on=TUESDAY + timedelta(days=1)).inside) == 1


def test_a_closed_warehouse_is_not_fetched_from() -> None:
    county = County()
    county.shipment(county.school())
    Site.objects.filter(pk=county.warehouse.pk).update(hours=[[]] * 7)
    assert [row.outside for row in day(county).outside] == ["warehouse"]


def test_a_road_that_no_vehicle_passes() -> None:
    county = County()
    school = county.school()
    county.shipment(school)
    Access.objects.create(site=school.site, kind="closed", during=during(), source="county")
    assert day(county).inside, "only what is in force at noon counts"
    Access.objects.create(site=school.site, kind="closed", source="county")
    assert [row.outside for row in day(county).outside] == ["road"]


def test_a_narrow_road_admits_the_microvan_alone() -> None:
    county = County()
    school = county.school()
    county.shipment(school)
    Access.objects.create(site=school.site, kind="small_only", source="county")
    (place,) = [p for p in problem(county).locations if p.id == school.site.public_id]
    assert place.classes == ("microvan",)


def test_a_known_leg_wins_over_the_straight_line_and_is_said_so() -> None:
    county = County()
    school = county.school()
    county.shipment(school)
    before = problem(county).profiles[0]
    Leg.objects.create(
        from_site=county.warehouse, to_site=school.site, profile="road", metres=77_000, seconds=7_700,
        method="driven", measured_at=MONDAY,
    )  # fmt: skip
    after = problem(county).profiles[0]
    ids = [place.id for place in problem(county).locations]
    spot = ids.index(county.warehouse.public_id), ids.index(school.site.public_id)
    assert before.metres and after.metres and after.seconds
    assert (after.metres.values[spot], after.seconds.values[spot]) == (77_000, 7_700)
    assert before.metres.values[spot] < 30_000
    assert after.method == f"{before.method}; 1 measured"


def test_mountains_are_slower_and_longer() -> None:
    county = County()
    school = county.school()
    county.shipment(school)
    hills = problem(county).profiles[0]
    Site.objects.update(terrain="mountains")
    mountains = problem(county).profiles[0]
    assert hills.metres and mountains.metres and hills.seconds and mountains.seconds
    assert mountains.metres.values.sum() > hills.metres.values.sum()
    assert mountains.seconds.values.sum() > hills.seconds.values.sum()
    assert "mountains" in mountains.method


def test_reasons_are_written_while_there_is_time_and_prices_always() -> None:
    county = County()
    factories.lane(by=factories.carrier("演示快运", own_fleet=False), base_price=100, kg_price=1)
    for n in range(3):
        county.shipment(county.school(f"示范小学（{n}）", lon=105.4 + n / 50), quantity=1, boxes=1)
    made = problem(county)
    answer = solve_with(made, Params(seconds=20, iterations=20, isolated=False))
    assert len(answer.unserved) == 3
    assert all(item.reasons for item in with_reasons(made, answer).unserved)
    hurried = with_reasons(made, answer, seconds=-1)
    assert [item.job for item in hurried.unserved] == [item.job for item in answer.unserved]
    assert not any(item.reasons for item in hurried.unserved)


def test_the_number_of_queries_does_not_grow() -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    county = County()
    county.shipment(county.school())
    with CaptureQueriesContext(connection) as one:
        problem(county)
    for n in range(8):
        county.shipment(county.school(f"示范小学（{n}）", lon=105.3 + n / 50))
    with CaptureQueriesContext(connection) as many:
        problem(county)
    assert len(many) == len(one)
