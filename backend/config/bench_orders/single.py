"""The gift path's own statement with one gift in it, as pgbench and a bare view run it.

It is the text that the writer runs (writer.batch.WRITE), each column an array of one. Only what the writer
does beside it is left out: to lock first, to look, and to decide.
"""

import re
from collections.abc import Sequence

from backend.config.bench_orders.wishes import Need
from backend.donations.writer.batch import WRITE

# by parameter of WRITE: what a single gift has there; :id and :need are pgbench's variables
TEXT_ID = "'{}_' || lpad((:id)::bigint::text, 26, '0')"
VALUES = {
    "claim_ids": ":need",
    "claim_quantities": "1",
    "checkout_id": ":id",
    "checkout_client": "'visitor:' || (:id)::bigint",
    "checkout_key": TEXT_ID.format("key"),
    "checkout_fingerprint": "repeat('f', 64)",
    "checkout_created_at": "now()",
    "donation_id": ":id",
    "donation_public_id": TEXT_ID.format("don"),
    "donation_checkout_id": ":id",
    "donation_charity_id": "{charity}",
    "donation_currency": "'CNY'",
    "donation_user_id": "NULL",
    "donation_amount": "{price}",
    "donation_placed_at": "now()",
    "keep": "'30 minutes'",
    "payment_account_id": "{account}",
    "detail_name": "'阿明'",
    "detail_mail": "'aming@example.org'",
    "detail_phone": "''",
    "detail_message": "'冬天不冷'",
    "detail_language": "'zh-hans'",
    "line_id": ":id",
    "line_donation_id": ":id",
    "line_charity_id": "{charity}",
    "line_need_line_id": ":need",
    "line_quantity": "1",
    "line_amount": "{price}",
    "line_unit_price": "{price}",
    "line_promise": "'refund'",
    "funded_id": ":id",
    "funded_public_id": TEXT_ID.format("fun"),
    "entry_public_id": TEXT_ID.format("evt"),
    "entry_kind": "'gift.placed'",
    "entry_subject": "'gift' || chr(58) || " + TEXT_ID.format("don"),
    "entry_charity": "'org_00000000000000000000000000'",
    "entry_actor": "'visitor:' || (:id)::bigint",
    "entry_happened_at": "now()",
    "entry_public": "jsonb_build_array(jsonb_build_object('amount', {price}, 'currency', 'CNY', 'lines', "
    "jsonb_build_array(jsonb_build_object('need', '{ref}', 'quantity', 1))))",
}
WHOLE = {"keep", "entry_kind", "entry_public"}  # no columns: one for all gifts of a statement
FIRST_ID = 1_000_000_000_000


def statement(need: Need, account: int) -> str:
    """One gift in one statement, with :id and :need as variables."""

    def value(found: re.Match[str]) -> str:
        text = VALUES[found[1]].format(
            charity=need.charity_id, price=need.price, account=account, ref=need.ref
        )
        return text if found[1] in WHOLE else f"ARRAY[{text}]"

    return re.sub(r"%\((\w+)\)s", value, WRITE).strip() + ";\n"


def script(needs: Sequence[Need], account: int, run: int) -> str:
    """A pgbench script: every client counts its own ids, and takes any of `needs`."""
    first = FIRST_ID + run * 10_000_000_000
    pick = f"\\set need random({needs[0].id}, {needs[-1].id})"
    return f"\\set n :n + 1\n\\set id {first} + :client_id * 10000000 + :n\n{pick}\n{statement(needs[0], account)}"
