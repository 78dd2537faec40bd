"""Words and limits of who and where."""

from enum import StrEnum


class Realm(StrEnum):
    LIVE = "live"
    TEST = "test"


class Role(StrEnum):
    """What a member may do for an organisation."""

    OWNER = "owner"
    DESK = "desk"  # supplier: answer orders, pack, hand over
    DISPATCH = "dispatch"  # carrier: draft and release plans
    COURIER = "courier"  # carrier: drive
    KEEPER = "keeper"  # recipient: count
    OFFICER = "officer"  # charity: appeals, refunds, reports


class Mode(StrEnum):
    """In which legal role a charity's appeals run here."""

    DESIGNATED_PLATFORM = "designated_platform"
    CHARITY_SITE = "charity_site"
    DIRECTED = "directed"
    LOGISTICS_ONLY = "logistics_only"


class SiteKind(StrEnum):
    SCHOOL = "school"
    CLINIC = "clinic"
    VILLAGE = "village"
    WAREHOUSE = "warehouse"
    HUB = "hub"


class VehicleClass(StrEnum):
    MICROVAN = "microvan"
    TRUCK_42 = "truck_42"
    TRUCK_52 = "truck_52"


class AccessKind(StrEnum):
    OPEN = "open"
    SMALL_ONLY = "small_only"
    CLOSED = "closed"


class Scope(StrEnum):
    """What an API key may do."""

    ORDERS_READ = "orders:read"
    ORDERS_WRITE = "orders:write"
    STOCK_WRITE = "stock:write"
    EVENTS_READ = "events:read"


# minutes of the day, [opens, closes); one list of windows per weekday, Monday first
Hours = list[list[tuple[int, int]]]


def windows_on(hours: Hours, weekday: int) -> list[tuple[int, int]]:
    """The opening windows (minutes of the day) on `weekday` (0: Monday); none means closed."""
    return [(int(a), int(b)) for a, b in hours[weekday]] if hours else [(0, 24 * 60)]
