"""Which gateways there are."""

from backend.donations.payments.port import Gateway, UnknownGateway
from backend.donations.payments.sandbox.adapter import SandboxGateway

GATEWAYS: dict[str, Gateway] = {"sandbox": SandboxGateway()}


def gateway(name: str) -> Gateway:
    """The gateway called `name`; UnknownGateway when there is none."""
    try:
        return GATEWAYS[name]
    except KeyError as error:
        raise UnknownGateway(name) from error
