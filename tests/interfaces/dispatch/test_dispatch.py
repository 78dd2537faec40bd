"""Xiao Tan asks for a plan, looks at it, lets it go and follows it; the stranger sees nothing of it."""

import io
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pypdf import PdfReader

from backend.deliveries.models import Drop, Plan, Route
from backend.deliveries.operations import issue_code, load, release_plan
from backend.deliveries.planning import run_next
from backend.deliveries.tokens import link_token
from backend.interfaces import tickets
from backend.parties.rules import Role
from backend.shipments.models import Shipment
from tests import factories
from tests.backend.deliveries.stories import LAO_YANG, XIAO_TAN, County, codes, stops
from tests.cast import MONDAY, later

pytestmark = pytest.mark.django_db


def tomorrow() -> str:
    """A weekday to come, for a plan asked for now."""
    day = timezone.now().date() + timedelta(days=1)
    while day.weekday() > 4:
        day += timedelta(days=1)
    return day.isoformat()


def test_from_asking_to_a_released_plan() -> None:
    county = County()
    shipment = county.shipment(county.school())
    tan = factories.signed_in(county.tan)
    assert "示范" not in tan.get("/dispatch/").content.decode()
    asked = tan.post("/dispatch/plans/", {"region": "522328", "on": tomorrow(), "seconds": "2"})
    page = tan.get(asked.url)
    assert "排队等着算" in page.content.decode()
    Plan.objects.update(limit=20)
    run_next(by="worker-1", clock=timezone.now)
    text = tan.get(asked.url).content.decode()
    assert "放行这个计划" in text and "示范小学（者贵村）" in text and "路上不会低于" in text
    assert text.count('class="ln ') == 1
    tan.post(f"{asked.url}release/")
    shipment.refresh_from_db()
    assert shipment.state == "planned"
    text = tan.get(asked.url).content.decode()
    assert "已放行" in text and "等装车" in text
    assert "放行这个计划" not in text
    assert Plan.objects.get().released_at


def test_progress_stands_on_a_plain_page() -> None:
    county = County()
    plan = county.ask()
    Plan.objects.update(
        progress={"elapsed": 3.2, "seconds": 20, "incumbent": 146_300, "bound": 140_300, "owed": 1}
    )
    text = factories.signed_in(county.tan).get(f"/dispatch/plans/{plan.public_id}/").content.decode()
    assert "正在算" in text and "3／20" in text and "¥1,463" in text and "¥1,403" in text


def test_the_search_is_followed_and_the_page_turns_when_it_ends() -> None:
    county = County()
    county.shipment(county.school())
    plan = county.ask()
    Plan.objects.update(progress={"elapsed": 3.2, "seconds": 20, "incumbent": 146_300, "bound": 140_300})
    tan, where = factories.signed_in(county.tan), f"/dispatch/plans/{plan.public_id}/"
    assert '<noscript><meta http-equiv="refresh"' in tan.get(where).content.decode()
    part = tan.get(f"{where}progress/").content.decode()
    assert "3／20" in part and "4.1%" in part and "<form" not in part
    assert tickets.read_ticket(tan.get(f"{where}ticket/").json()["ticket"]) == plan.public_id

    stranger = factories.signed_in(factories.user("别人"))
    elsewhere = factories.signed_in(County().tan)
    for path in ("progress/", "ticket/"):
        assert (stranger.get(where + path).status_code, elsewhere.get(where + path).status_code) == (403, 404)

    Plan.objects.update(limit=20)
    run_next(by="worker-1", clock=lambda: MONDAY)
    assert tan.get(f"{where}progress/")["HX-Refresh"] == "true"
    assert "http-equiv" not in tan.get(where).content.decode()


def test_while_something_owed_is_left_out_no_gap_is_told() -> None:
    county = County()
    plan = county.ask()
    Plan.objects.update(progress={"elapsed": 3, "incumbent": 146_300, "bound": 140_300, "owed": 1})
    tan = factories.signed_in(county.tan)
    assert "4.1%" not in tan.get(f"/dispatch/plans/{plan.public_id}/progress/").content.decode()


def test_a_failed_plan_says_why_and_may_be_asked_again() -> None:
    county = County()
    plan = county.drafted()
    tan = factories.signed_in(county.tan)
    text = tan.get(f"/dispatch/plans/{plan.public_id}/").content.decode()
    assert "没有装好箱、等着运的单子" in text
    tan.post(f"/dispatch/plans/{plan.public_id}/retry/")
    assert Plan.objects.get().state == "asked"


def test_a_draft_that_nobody_wants() -> None:
    county = County()
    county.shipment(county.school())
    plan = county.drafted()
    factories.signed_in(county.tan).post(f"/dispatch/plans/{plan.public_id}/discard/")
    assert Plan.objects.get().state == "discarded"
    assert Shipment.objects.get().state == "ready_for_pickup"


def test_a_draft_without_a_search_says_so() -> None:
    county = County()
    factories.lane(by=factories.carrier("演示快运", own_fleet=False), base_price=100, kg_price=1)
    county.shipment(county.school(), quantity=1, boxes=1)
    plan = county.drafted()
    tan, where = factories.signed_in(county.tan), f"/dispatch/plans/{plan.public_id}/"
    assert "没来得及" not in tan.get(where).content.decode()

    row = plan.answer["unserved"][0]
    row["reasons"] = [{**row["reasons"][0], "code": "unused", "amount": 0}]
    Plan.objects.update(iterations={"ortools": 0}, answer=plan.answer)
    text = tan.get(where).content.decode()
    assert "这次没来得及找路线" in text and "先别放行" in text
    assert "这次没来得及排进去" in text and "专门跑一趟比快运贵" not in text
    tan.post("/choose/", {"language": "en", "next": where})
    assert "No time to search for routes" in tan.get(where).content.decode()


def test_a_plan_without_a_job_for_a_vehicle_needs_no_search() -> None:
    county = County()
    county.shipment(county.school(), warehouse=factories.warehouse(county.supplier, lon=116.4, lat=39.9))
    plan = county.drafted()
    assert plan.state == "drafted" and not any(plan.iterations.values())
    text = factories.signed_in(county.tan).get(f"/dispatch/plans/{plan.public_id}/").content.decode()
    assert "仓库离车队太远" in text and "没来得及" not in text


def test_what_a_carrier_does_cheaper_is_ticked_and_goes() -> None:
    county = County()
    factories.lane(by=factories.carrier("演示快运", own_fleet=False), base_price=100, kg_price=1)
    shipment = county.shipment(county.school(), quantity=1, boxes=1)
    plan = county.drafted()
    tan = factories.signed_in(county.tan)
    text = tan.get(f"/dispatch/plans/{plan.public_id}/").content.decode()
    assert "专门跑一趟比快运贵" in text and "交给快运" in text and "甲：比快运贵" in text
    tan.post(f"/dispatch/plans/{plan.public_id}/release/", {"by_carrier": shipment.public_id})
    shipment.refresh_from_db()
    assert shipment.mode == "carrier"
    assert "已经走了快运" in tan.get(f"/dispatch/plans/{plan.public_id}/").content.decode()


def test_everything_left_out_goes_by_carrier_with_one_click() -> None:
    county = County()
    factories.lane(by=factories.carrier("演示快运", own_fleet=False), base_price=100, kg_price=1)
    for name in ("甲村", "乙村"):
        county.shipment(county.school(f"示范小学（{name}）"), quantity=1, boxes=1)
    plan = county.drafted()
    tan = factories.signed_in(county.tan)
    assert "放行，2单都交快运" in tan.get(f"/dispatch/plans/{plan.public_id}/").content.decode()
    tan.post(f"/dispatch/plans/{plan.public_id}/release/", {"all_by_carrier": "1"})
    assert set(Shipment.objects.values_list("mode", "state")) == {("carrier", "in_transit")}


def test_a_parcel_in_another_plan_is_refused_in_words() -> None:
    county = County()
    shipment = county.shipment(county.school())
    first, second = county.drafted(), county.drafted()
    release_plan(plan=first, actor=XIAO_TAN, at=MONDAY)
    tan = factories.signed_in(county.tan)
    answer = tan.post(f"/dispatch/plans/{second.public_id}/release/", follow=True)
    assert f"没有放行：{shipment.number}已经在别的计划里" in answer.content.decode()


@pytest.mark.parametrize(
    "field", [{"on": "gestern"}, {"on": "2020-01-01"}, {"region": "x"}, {"seconds": "-3"}]
)
def test_nonsense_is_answered_in_words(field: dict[str, str]) -> None:
    county = County()
    form = {"region": "522328", "on": tomorrow(), "seconds": "10", **field}
    answer = factories.signed_in(county.tan).post("/dispatch/plans/", form, follow=True)
    assert answer.status_code == 200
    assert "note--late" in answer.content.decode()
    assert not Plan.objects.exists()


def test_strangers_and_other_carriers_see_nothing() -> None:
    county = County()
    county.shipment(county.school())
    plan = county.drafted()
    path = f"/dispatch/plans/{plan.public_id}/"
    assert Client().get(path).status_code == 302
    assert factories.signed_in(county.yang).get(path).status_code == 403
    other = factories.member("别家调度", factories.carrier("别家车队").organisation, Role.DISPATCH)
    for method, url in (("get", path), ("post", f"{path}release/"), ("post", f"{path}discard/")):
        assert getattr(factories.signed_in(other), method)(url).status_code == 404
    assert Plan.objects.get().state == "drafted"


def test_a_get_changes_nothing() -> None:
    county = County()
    county.shipment(county.school())
    plan = county.drafted()
    tan = factories.signed_in(county.tan)
    for act in ("release", "discard", "retry"):
        assert tan.get(f"/dispatch/plans/{plan.public_id}/{act}/").status_code == 405
    assert Plan.objects.get().state == "drafted"


def queries_of(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return len(seen)


def test_as_many_queries_for_many_stops_as_for_one() -> None:
    county = County()
    county.shipment(county.school())
    tan = factories.signed_in(county.tan)
    small = county.drafted()
    one = queries_of(tan, f"/dispatch/plans/{small.public_id}/")
    for n in range(29):
        county.shipment(county.school(f"示范小学（{n}村）", lon=105.3 + n / 200, lat=25.0 + n / 300), boxes=1)
    large = county.drafted()
    assert queries_of(tan, f"/dispatch/plans/{large.public_id}/") == one
    release_plan(plan=large, actor=XIAO_TAN, at=MONDAY)
    released = queries_of(tan, f"/dispatch/plans/{large.public_id}/")
    assert released <= one + 2


def test_as_many_queries_for_many_plans_as_for_one() -> None:
    county = County()
    tan = factories.signed_in(county.tan)
    county.drafted()
    one = queries_of(tan, "/dispatch/")
    for _ in range(29):
        county.drafted()
    assert queries_of(tan, "/dispatch/") == one


# after the release


def released() -> tuple[County, Plan, Route]:
    county = County()
    county.shipment(county.school())
    plan = county.released()
    return county, plan, Route.objects.get(plan=plan)


def test_a_courier_is_named() -> None:
    county, _, route = released()
    tan = factories.signed_in(county.tan)
    tan.post(f"/dispatch/routes/{route.public_id}/courier/", {"courier": county.yang.public_id})
    route.refresh_from_db()
    assert route.courier == county.yang
    text = tan.get(f"/dispatch/plans/{route.plan.public_id}/").content.decode()
    assert "老杨" in text


def test_five_wrong_codes_ring_at_the_dispatchers() -> None:
    county, plan, _ = released()
    load(stop=stops(plan)[0], client_uuid="load-0001", actor=LAO_YANG, at=later(hours=23))
    Drop.objects.update(code_tries=5)
    tan = factories.signed_in(county.tan)
    assert "码输错了五次" in tan.get("/dispatch/").content.decode()
    drop = Drop.objects.get()
    shown = tan.post(f"/dispatch/drops/{drop.public_id}/code/").content.decode()
    assert re.search(r">\d{6}<", shown)
    assert "码输错了五次" not in tan.get("/dispatch/").content.decode()
    answer = tan.post(f"/dispatch/drops/{drop.public_id}/waive/", {"reason": " "}, follow=True)
    assert "要写为什么不用码" in answer.content.decode()
    tan.post(f"/dispatch/drops/{drop.public_id}/waive/", {"reason": "韦老师在电话里"})
    drop.refresh_from_db()
    assert (drop.state, drop.code_waived) == ("delivered", "韦老师在电话里")


def pdf(body: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(body))


def pdf_text(body: bytes) -> str:
    return "\n".join(page.extract_text() for page in pdf(body).pages)


@pytest.mark.parametrize(("paper", "points"), [("a5", (420, 595)), ("a4", (595, 842))])
def test_the_run_sheet_has_the_road_and_never_the_code(paper: str, points: tuple[int, int]) -> None:
    county, plan, route = released()
    code = next(iter(codes(plan).values()))
    drop = Drop.objects.get()
    answer = factories.signed_in(county.tan).get(
        f"/dispatch/routes/{route.public_id}/sheet.pdf?paper={paper}"
    )
    assert answer["Content-Type"] == "application/pdf"
    text = pdf_text(answer.content)
    for words in ("甲车送货单", "示范小学（者贵村）", plan.number, "收货码在收货人手里"):
        assert words in text.replace("\n", "")
    for box in Shipment.objects.get().parcels.all():
        assert box.code in text
    assert code not in text and link_token(drop.public_id, 1) not in text
    box = pdf(answer.content).pages[0].mediabox
    assert (round(box.width), round(box.height)) == points


def test_what_somebody_typed_is_never_markup() -> None:
    county = County()
    county.shipment(county.school('示范小学 #pagebreak() *粗* $x$ \\ "引号"'))
    plan = county.released()
    route = Route.objects.get(plan=plan)
    answer = factories.signed_in(county.tan).get(f"/dispatch/routes/{route.public_id}/sheet.pdf")
    assert '#pagebreak() *粗* $x$ \\ "引号"' in pdf_text(answer.content)


def test_codes_are_issued_again_only_while_the_drop_is_open() -> None:
    county, plan, _ = released()
    load(stop=stops(plan)[0], client_uuid="load-0001", actor=LAO_YANG, at=later(hours=23))
    drop = Drop.objects.get()
    issue_code(drop=drop, actor=XIAO_TAN, at=MONDAY)
    tan = factories.signed_in(county.tan)
    tan.post(f"/dispatch/drops/{drop.public_id}/waive/", {"reason": "打过电话"})
    answer = tan.post(f"/dispatch/drops/{drop.public_id}/code/", follow=True)
    assert "刚才有人先动了" in answer.content.decode()
