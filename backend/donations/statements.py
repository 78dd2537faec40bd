"""The SQL of the gift path: whole columns at a time, so that one gift or two hundred cost one statement.

Columns may be given as lists or as the text of an array (kernel.db.texts), which is many times quicker.
"""

# parameters: clients text[], keys text[]
FIND_CHECKOUTS = """
SELECT c.client, c.key, c.id, c.fingerprint FROM donations_checkout c
JOIN unnest(%(clients)s::text[], %(keys)s::text[]) AS k (client, key) ON k.client = c.client AND k.key = c.key
"""

# parameters: need_refs text[], gateway: the account of each charity that is asked
FIND_ACCOUNTS = """
SELECT DISTINCT ON (charity_id) charity_id, id, gateway, merchant_no FROM donations_paymentaccount
WHERE gateway = %(gateway)s
  AND charity_id IN (SELECT charity_id FROM needs_needline WHERE public_id = ANY(%(need_refs)s))
ORDER BY charity_id, id
"""

# parameters: gifts int, lines int. Each line could be a donation of its own; numbers left over are lost.
TAKE_IDS = """
SELECT ARRAY(SELECT nextval('donations_checkout_id_seq') FROM generate_series(1, %(gifts)s)),
       ARRAY(SELECT nextval('donations_donation_id_seq') FROM generate_series(1, %(lines)s)),
       ARRAY(SELECT nextval('donations_donationline_id_seq') FROM generate_series(1, %(lines)s)),
       ARRAY(SELECT nextval('donations_fundedline_id_seq') FROM generate_series(1, %(lines)s))
"""

INSERT_CHECKOUTS = """
INSERT INTO donations_checkout (id, client, key, fingerprint, created_at)
SELECT * FROM unnest(%(checkout_id)s::bigint[], %(checkout_client)s::text[], %(checkout_key)s::text[],
                     %(checkout_fingerprint)s::text[], %(checkout_created_at)s::timestamptz[])
"""

INSERT_DONATIONS = """
INSERT INTO donations_donation (id, public_id, checkout_id, charity_id, currency, user_id, amount,
                                placed_at, expires_at, source, status, link_version)
SELECT d.*, d.placed_at + %(keep)s::interval, 'gateway', 'placed', 1
FROM unnest(%(donation_id)s::bigint[], %(donation_public_id)s::text[], %(donation_checkout_id)s::bigint[],
            %(donation_charity_id)s::bigint[], %(donation_currency)s::text[], %(donation_user_id)s::bigint[],
            %(donation_amount)s::bigint[], %(donation_placed_at)s::timestamptz[])
     AS d (id, public_id, checkout_id, charity_id, currency, user_id, amount, placed_at)
"""

INSERT_DETAILS = """
INSERT INTO donations_detail (donation_id, name, mail, phone, message, language, honouree)
SELECT *, '' FROM unnest(%(donation_id)s::bigint[], %(detail_name)s::text[], %(detail_mail)s::text[],
                         %(detail_phone)s::text[], %(detail_message)s::text[], %(detail_language)s::text[])
"""

INSERT_LINES = """
INSERT INTO donations_donationline (id, donation_id, charity_id, need_line_id, quantity, amount, directed,
                                    promise, kind, refunded)
SELECT id, donation_id, charity_id, need_line_id, quantity, amount, amount,
       jsonb_build_object('shortfall', promise), 'need', 0
FROM unnest(%(line_id)s::bigint[], %(line_donation_id)s::bigint[], %(line_charity_id)s::bigint[],
            %(line_need_line_id)s::bigint[], %(line_quantity)s::int[], %(line_amount)s::bigint[],
            %(line_promise)s::text[])
     AS l (id, donation_id, charity_id, need_line_id, quantity, amount, promise)
"""

# whole units: filled at once, due once the money is there
INSERT_FUNDED_LINES = """
INSERT INTO donations_fundedline (id, public_id, need_line_id, charity_id, quantity, unit_price, amount, filled,
                                  sourced, held, released, reopened, state)
SELECT id, public_id, need_line_id, charity_id, quantity, unit_price, amount, amount, 0, 0, 0, 0, 'funded'
FROM unnest(%(funded_id)s::bigint[], %(funded_public_id)s::text[], %(line_need_line_id)s::bigint[],
            %(line_charity_id)s::bigint[], %(line_quantity)s::int[], %(line_unit_price)s::bigint[],
            %(line_amount)s::bigint[])
     AS f (id, public_id, need_line_id, charity_id, quantity, unit_price, amount)
"""

INSERT_FUNDINGS = """
INSERT INTO donations_funding (line_id, funded_line_id, amount, released)
SELECT *, 0 FROM unnest(%(line_id)s::bigint[], %(funded_id)s::bigint[], %(line_amount)s::bigint[])
"""

INSERT_PAYMENTS = """
INSERT INTO donations_payment (donation_id, account_id, merchant_ref, amount, currency, refunded, status)
SELECT *, 0, 'created' FROM unnest(%(donation_id)s::bigint[], %(payment_account_id)s::bigint[],
    %(donation_public_id)s::text[], %(donation_amount)s::bigint[], %(donation_currency)s::text[])
"""

# all that a placed gift writes beside its claim and its fact; no part reads what another writes
PLACE = (
    INSERT_CHECKOUTS,
    INSERT_DONATIONS,
    INSERT_DETAILS,
    INSERT_LINES,
    INSERT_FUNDED_LINES,
    INSERT_FUNDINGS,
    INSERT_PAYMENTS,
)

# parameters: funded_ids bigint[], quantities int[], at. Wins as much as is still due of each, in id order.
CLAIM_GOODS = """
WITH due AS (
    SELECT f.id, LEAST(c.quantity, f.quantity + f.reopened - f.released - f.held - f.sourced) AS won
    FROM donations_fundedline f
    JOIN unnest(%(funded_ids)s::bigint[], %(quantities)s::int[]) AS c (id, quantity) ON c.id = f.id
    JOIN needs_needline n ON n.id = f.need_line_id
    WHERE f.state = 'funded' AND f.due_at <= %(at)s AND n.stopped_at IS NULL
    ORDER BY f.id FOR NO KEY UPDATE OF f
)
UPDATE donations_fundedline f SET sourced = f.sourced + due.won
FROM due WHERE f.id = due.id AND due.won > 0
RETURNING f.id, due.won
"""

# parameters: gathering bigint, beside those of needs.statements.OPEN_REST, which takes the place of {rest}
INSERT_WISHES = """
INSERT INTO donations_wish (gathering_id, need_line_id, quantity, unit_price)
SELECT %(gathering)s, w.* FROM ({rest}) AS w
"""

# parameters: gathering bigint, most int
NEXT_WISHES = """
SELECT w.id, n.public_id, w.quantity, w.unit_price
FROM donations_wish w JOIN needs_needline n ON n.id = w.need_line_id
WHERE w.gathering_id = %(gathering)s ORDER BY w.need_line_id LIMIT %(most)s
"""

# parameters: account_ids bigint[], notice_ids text[], at. Returns those that were not known before.
INSERT_NOTICES = """
INSERT INTO donations_paymentnotice (account_id, notice_id, received_at)
SELECT v.account, v.notice, %(at)s
FROM unnest(%(account_ids)s::bigint[], %(notice_ids)s::text[]) AS v (account, notice)
ORDER BY v.account, v.notice
ON CONFLICT (account_id, notice_id) DO NOTHING RETURNING account_id, notice_id
"""

# parameters: line_ids bigint[], amounts bigint[]
TAKE_FROM_LINES = """
UPDATE donations_donationline l SET directed = l.directed - v.amount, refunded = l.refunded + v.amount
FROM unnest(%(line_ids)s::bigint[], %(amounts)s::bigint[]) AS v (id, amount) WHERE l.id = v.id
"""

# parameters: payment_ids bigint[], amounts bigint[], one row per payment. Returns the gifts sent back whole.
MARK_REFUNDED = """
UPDATE donations_payment p SET refunded = p.refunded + v.amount
FROM unnest(%(payment_ids)s::bigint[], %(amounts)s::bigint[]) AS v (id, amount) WHERE p.id = v.id
RETURNING CASE WHEN p.refunded = p.amount THEN p.donation_id END
"""

# parameters: payment_ids bigint[], gateway_refs text[]
MARK_PAID = """
UPDATE donations_payment p SET status = 'paid', gateway_ref = v.ref
FROM unnest(%(payment_ids)s::bigint[], %(gateway_refs)s::text[]) AS v (id, ref)
WHERE p.id = v.id AND p.status IN ('created', 'closed')
"""

# parameters: donation_ids bigint[], due. What was paid for is due to suppliers, but for gifts that a person looks at.
MAKE_DUE = """
UPDATE donations_fundedline SET due_at = %(due)s
WHERE state = 'funded' AND due_at IS NULL AND id IN (
    SELECT g.funded_line_id FROM donations_donationline l JOIN donations_funding g ON g.line_id = l.id
    WHERE l.donation_id = ANY(%(donation_ids)s::bigint[]) AND NOT EXISTS (
        SELECT FROM donations_review r WHERE r.donation_id = l.donation_id AND r.decision IS NULL))
"""
