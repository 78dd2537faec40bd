"""Every kind of fact that the journal knows. Closed: a new fact gets its line here first."""

from enum import StrEnum


class Kind(StrEnum):
    # parties
    PARTY_REGISTERED = "party.registered"
    SITE_ADDED = "site.added"
    ACCESS_LIMITED = "site.access_limited"
    USER_ADDED = "user.added"
    SEAT_GIVEN = "user.seat_given"
    KEY_MINTED = "key.minted"
    KEY_REVOKED = "key.revoked"
    # catalogue
    ITEMS_ADDED = "catalogue.items_added"
    OFFERS_PRICED = "catalogue.offers_priced"
    STOCK_REPORTED = "catalogue.stock_reported"
    LANES_OPENED = "catalogue.lanes_opened"
    # accounts and vehicles
    PAYMENT_ACCOUNT_OPENED = "charity.payment_account_opened"
    VEHICLE_ADDED = "vehicle.added"
    # needs
    APPEAL_DRAFTED = "appeal.drafted"
    APPEAL_OPENED = "appeal.opened"
    APPEAL_CLOSED = "appeal.closed"
    NEED_STOPPED = "need.stopped"
    NEED_RESUMED = "need.resumed"
    NEED_RECEIVED = "need.received"
    # donations
    GIFT_PLACED = "gift.placed"
    GIFT_PAID = "gift.paid"
    GIFT_EXPIRED = "gift.expired"
    GIFT_TAKEN_BACK = "gift.taken_back"
    GIFT_LATE_PAID = "gift.late_paid"
    NOTICE_REFUSED = "gift.notice_refused"
    QUESTION_ASKED = "gift.question_asked"
    QUESTION_ANSWERED = "gift.question_answered"
    REFUND_ASKED = "gift.refund_asked"
    REFUND_PAID = "gift.refund_paid"
    REFUND_FAILED = "gift.refund_failed"
    GIFT_REDIRECTED = "gift.redirected"
    LINK_RENEWED = "gift.link_renewed"
    GOODS_REOPENED = "gift.goods_reopened"
    # supplier orders
    ORDER_SENT = "order.sent"
    ORDER_ANSWERED = "order.answered"
    ORDER_EXPIRED = "order.expired"
    ORDER_CANCELLED = "order.cancelled"
    ORDER_SHIPPED = "order.shipped"
    # shipments
    SHIPMENT_PACKED = "shipment.packed"
    SHIPMENT_READY = "shipment.ready"
    PARCEL_HANDED = "parcel.handed"
    SHIPMENT_MOVED = "shipment.moved"
    # deliveries
    PLAN_ASKED = "plan.asked"
    PLAN_DRAFTED = "plan.drafted"
    PLAN_FAILED = "plan.failed"
    PLAN_RELEASED = "plan.released"
    PLAN_DISCARDED = "plan.discarded"
    ROUTE_ASSIGNED = "route.assigned"
    ROUTE_LOADED = "route.loaded"
    STOP_ARRIVED = "stop.arrived"
    STOP_FAILED = "stop.failed"
    ROUTE_DONE = "route.done"
    DROP_EXPECTED = "drop.expected"
    DROP_CODE_ISSUED = "drop.code_issued"
    DROP_FAILED = "drop.failed"
    DROP_DELIVERED = "drop.delivered"
    # confirmations
    TALLY_RECEIVED = "tally.received"
    DROP_CONFIRMED = "drop.confirmed"
    # staff
    STAFF_CHANGED = "staff.changed"
