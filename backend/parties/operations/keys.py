"""API keys of an organisation's own systems."""

from collections.abc import Sequence
from datetime import datetime

from backend.journal.kinds import Kind
from backend.journal.operations import record
from backend.kernel.db import own_transaction
from backend.kernel.errors import Missing
from backend.parties import tokens
from backend.parties.models import ApiKey, Organisation
from backend.parties.rules import Scope


@own_transaction
def mint_key(
    *,
    organisation: Organisation,
    scopes: Sequence[Scope],
    actor: str,
    at: datetime,
    expires_at: datetime | None = None,
    entropy: bytes = b"",
) -> tokens.Minted:
    """Own transaction. A new key in the organisation's realm; its text is in the answer and nowhere else."""
    minted = tokens.mint(realm=organisation.realm, entropy=entropy)
    ApiKey.objects.create(
        organisation=organisation,
        prefix=minted.prefix,
        digest=minted.digest,
        scopes=[scope.value for scope in scopes],
        expires_at=expires_at,
    )
    record(
        kind=Kind.KEY_MINTED,
        subject=f"organisation:{organisation.public_id}",
        actor=actor,
        at=at,
        public={"prefix": minted.prefix, "scopes": [scope.value for scope in scopes]},
    )
    return minted


@own_transaction
def revoke_key(*, prefix: str, actor: str, at: datetime) -> ApiKey:
    """Own transaction. The key opens nothing from now on. Raises Missing; a second call changes nothing."""
    key = ApiKey.objects.select_related("organisation").filter(prefix=prefix).first()
    if key is None:
        raise Missing("no key has this prefix")
    if ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=at):
        key.revoked_at = at
        record(
            kind=Kind.KEY_REVOKED,
            subject=f"organisation:{key.organisation.public_id}",
            actor=actor,
            at=at,
            public={"prefix": prefix},
        )
    return key
