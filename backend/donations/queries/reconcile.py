"""Counters recomputed from the lines they sum up. What differs is a drift: it must never happen."""

from dataclasses import dataclass

from django.db import connection

# name of the counter, and rows (what, kept, summed) where the two differ
CHECKS: dict[str, str] = {
    "need.reserved": """
        SELECT n.public_id, n.reserved, COALESCE(SUM(f.quantity - f.released), 0)
        FROM needs_needline n LEFT JOIN donations_fundedline f ON f.need_line_id = n.id AND f.state <> 'void'
        GROUP BY n.id HAVING n.reserved <> COALESCE(SUM(f.quantity - f.released), 0)
    """,
    "funded_line.filled": """
        SELECT f.public_id, f.filled, COALESCE(SUM(g.amount), 0)
        FROM donations_fundedline f LEFT JOIN donations_funding g ON g.funded_line_id = f.id
        GROUP BY f.id HAVING f.filled <> COALESCE(SUM(g.amount), 0)
    """,
    "funded_line.released": """
        SELECT f.public_id, f.released * f.unit_price, COALESCE(SUM(g.released), 0)
        FROM donations_fundedline f LEFT JOIN donations_funding g ON g.funded_line_id = f.id
        WHERE f.state <> 'void'
        GROUP BY f.id HAVING f.released * f.unit_price <> COALESCE(SUM(g.released), 0)
    """,
    "funded_line.held": """
        SELECT f.public_id, f.held, COALESCE(SUM(q.quantity), 0)
        FROM donations_fundedline f LEFT JOIN donations_question q ON q.funded_line_id = f.id AND q.answer IS NULL
        GROUP BY f.id HAVING f.held <> COALESCE(SUM(q.quantity), 0)
    """,
    "gift_line.directed": """
        SELECT d.public_id, l.directed, COALESCE(SUM(g.amount - g.released), 0)
        FROM donations_donationline l JOIN donations_donation d ON d.id = l.donation_id
        LEFT JOIN donations_funding g ON g.line_id = l.id
        GROUP BY l.id, d.public_id HAVING l.directed <> COALESCE(SUM(g.amount - g.released), 0)
    """,
    "gift_line.refunded": """
        SELECT d.public_id, l.refunded, COALESCE(SUM(r.amount), 0)
        FROM donations_donationline l JOIN donations_donation d ON d.id = l.donation_id
        LEFT JOIN donations_refundline r ON r.line_id = l.id
        GROUP BY l.id, d.public_id HAVING l.refunded <> COALESCE(SUM(r.amount), 0)
    """,
    "gift_line.amount": """
        SELECT d.public_id, l.amount, l.directed + l.refunded
        FROM donations_donationline l JOIN donations_donation d ON d.id = l.donation_id
        WHERE l.amount <> l.directed + l.refunded
    """,
    "gift.amount": """
        SELECT d.public_id, d.amount, COALESCE(SUM(l.amount), 0)
        FROM donations_donation d LEFT JOIN donations_donationline l ON l.donation_id = d.id
        GROUP BY d.id HAVING d.amount <> COALESCE(SUM(l.amount), 0)
    """,
    "payment.amount": """
        SELECT d.public_id, p.amount, d.amount
        FROM donations_payment p JOIN donations_donation d ON d.id = p.donation_id WHERE p.amount <> d.amount
    """,
    "payment.refunded": """
        SELECT d.public_id, p.refunded, COALESCE(SUM(r.amount), 0)
        FROM donations_payment p JOIN donations_donation d ON d.id = p.donation_id
        LEFT JOIN donations_refund r ON r.payment_id = p.id AND r.status = 'paid'
        GROUP BY p.id, d.public_id HAVING p.refunded <> COALESCE(SUM(r.amount), 0)
    """,
    "refund.amount": """
        SELECT r.public_id, r.amount, COALESCE(SUM(l.amount), 0)
        FROM donations_refund r LEFT JOIN donations_refundline l ON l.refund_id = r.id
        GROUP BY r.id HAVING r.amount <> COALESCE(SUM(l.amount), 0)
    """,
    "gift.status": """
        SELECT d.public_id, (p.status = 'paid')::int, (d.paid_at IS NOT NULL)::int
        FROM donations_donation d JOIN donations_payment p ON p.donation_id = d.id
        WHERE (p.status = 'paid') <> (d.paid_at IS NOT NULL)
    """,
    "gathering.amount": """
        SELECT g.public_id, g.gathered_amount, COALESCE(SUM(d.amount), 0)
        FROM donations_gathering g LEFT JOIN donations_donation d ON d.checkout_id = g.checkout_id
        GROUP BY g.id HAVING g.gathered_amount <> COALESCE(SUM(d.amount), 0)
    """,
    "ledger.gateway": """
        SELECT c.id::text,
               COALESCE((SELECT SUM(CASE WHEN t.debit_id = a.id THEN t.amount ELSE -t.amount END)
                         FROM ledger_transfer t JOIN ledger_account a ON a.id IN (t.debit_id, t.credit_id)
                         WHERE a.charity_id = c.id AND a.kind = 'gateway'), 0),
               COALESCE((SELECT SUM(p.amount - p.refunded) FROM donations_payment p
                         JOIN donations_donation d ON d.id = p.donation_id
                         WHERE d.charity_id = c.id AND p.status = 'paid'), 0)
        FROM parties_charity c
    """,
}


@dataclass(frozen=True)
class Drift:
    """One counter that is not what its lines sum up to."""

    counter: str
    subject: str
    kept: int
    summed: int


def reconcile() -> list[Drift]:
    """Every counter of needs, gifts and the gateway account that differs from its lines; none when sound."""
    parts = [
        f"SELECT '{counter}', d.what::text, d.kept::bigint, d.summed::bigint FROM ({query}) d (what, kept, summed)"
        for counter, query in CHECKS.items()
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return [Drift(*row) for row in cursor.fetchall() if row[2] != row[3]]
