"""API keys of an organisation's own systems."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from backend.journal.kinds import Kind
from backend.journal.operations import record
from backend.kernel.db import own_transaction
from backend.kernel.errors import Missing, NotAllowed
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


class BadKey(NotAllowed):
    """This key opens nothing: it is mistyped, unknown, expired or revoked."""

    code = "bad_key"


@dataclass(frozen=True)
class KeyHolder:
    """Whose key it is, and what it may do."""

    organisation_id: int
    organisation: str
    realm: str
    prefix: str
    scopes: frozenset[str]


def use_key(*, text: str, at: datetime) -> KeyHolder:
    """Own transaction. Who comes with this key; the day of its last use is kept. Raises BadKey."""
    try:
        prefix = tokens.prefix_of(text)
    except tokens.NotAKey as error:
        raise BadKey(str(error)) from error
    key = ApiKey.objects.select_related("organisation").filter(prefix=prefix).first()
    if key is None or not tokens.matches(text, bytes(key.digest)):
        raise BadKey
    if key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= at):
        raise BadKey
    realm = key.organisation.realm
    if not prefix.startswith(f"zs_{realm}_"):
        raise BadKey("a key opens its own realm alone")
    ApiKey.objects.filter(pk=key.pk).exclude(last_used_on=at.date()).update(last_used_on=at.date())
    return KeyHolder(key.organisation_id, key.organisation.public_id, realm, prefix, frozenset(key.scopes))
