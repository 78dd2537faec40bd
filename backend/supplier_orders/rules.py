"""What supplier and platform say to each other about an order."""

from enum import StrEnum

from backend.kernel.states import Transitions


class RequestStatus(StrEnum):
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    PARTIALLY_ACCEPTED = "partially_accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


REQUEST = Transitions(
    "order_request",
    {
        RequestStatus.SUBMITTED: frozenset(
            {
                RequestStatus.ACCEPTED,
                RequestStatus.PARTIALLY_ACCEPTED,
                RequestStatus.REJECTED,
                RequestStatus.EXPIRED,
                RequestStatus.CANCELLED,
            }
        ),
        RequestStatus.ACCEPTED: frozenset(),
        RequestStatus.PARTIALLY_ACCEPTED: frozenset(),
        RequestStatus.REJECTED: frozenset(),
        RequestStatus.EXPIRED: frozenset(),
        RequestStatus.CANCELLED: frozenset(),
    },
)


class Policy(StrEnum):
    """What a supplier may do when it cannot supply all."""

    FILL_OR_KILL = "fill_or_kill"
    FILL_ALL = "fill_all"
    FILL_AVAILABLE = "fill_available"
