"""The SQL by which needs are claimed, for writers that join fragments of several rooms into one batch."""

# parameters: need_refs text[]. Always in id order: writers in different orders would deadlock.
LOCK = """
SELECT id FROM needs_needline WHERE public_id = ANY(%(need_refs)s) ORDER BY id FOR NO KEY UPDATE
"""

# parameters: need_refs text[]. Read after LOCK, in a statement of its own: only then does it see what a writer
# before us has committed. With READ_APPEALS its columns are the fields of rules.OpenNeed (see rules.open_needs).
READ = """
SELECT public_id, id, appeal_id, charity_id, wanted, reserved, unit_price, stopped_at IS NOT NULL
FROM needs_needline WHERE public_id = ANY(%(need_refs)s)
"""

# parameters: need_refs text[]. What the needs of an appeal have in common, once.
READ_APPEALS = """
SELECT a.id, o.public_id, a.currency, a.state = 'live', a.starts_at, a.ends_at,
       c.certificate_no, c.certificate_until, c.mode
FROM needs_appeal a
JOIN parties_charity c ON c.id = a.charity_id
JOIN parties_organisation o ON o.id = c.organisation_id
WHERE a.id IN (SELECT appeal_id FROM needs_needline WHERE public_id = ANY(%(need_refs)s))
"""

# parameters: at, appeal text, category text, township text (empty: all). What can be given now, in id order:
# need, quantity left, unit price, for a writer that keeps it as a wish.
OPEN_REST = """
SELECT n.id, n.wanted - n.reserved, n.unit_price
FROM needs_needline n
JOIN needs_appeal a ON a.id = n.appeal_id
JOIN catalogue_item i ON i.id = n.item_id
JOIN parties_recipient r ON r.id = n.recipient_id
JOIN parties_site s ON s.id = r.site_id
WHERE n.stopped_at IS NULL AND n.reserved < n.wanted
  AND a.state = 'live' AND a.starts_at <= %(at)s AND %(at)s < a.ends_at
  AND (%(appeal)s = '' OR a.public_id = %(appeal)s)
  AND (%(category)s = '' OR i.category = %(category)s)
  AND (%(township)s = '' OR s.township_code = %(township)s)
ORDER BY n.id
"""

# parameters: claim_ids bigint[], claim_quantities int[]: one row per need, grouped by the caller.
# The check need_not_oversold refuses the whole batch if admission was wrong.
CLAIM = """
UPDATE needs_needline n SET reserved = n.reserved + c.quantity
FROM unnest(%(claim_ids)s::bigint[], %(claim_quantities)s::int[]) AS c (id, quantity)
WHERE n.id = c.id
"""

# parameters: need_ids bigint[]
LOCK_BY_ID = """
SELECT id FROM needs_needline WHERE id = ANY(%(need_ids)s) ORDER BY id FOR NO KEY UPDATE
"""

# parameters: need_ids bigint[], quantities int[], at. Returns what was claimed; all or nothing is the
# caller's decision. Only open needs of live appeals.
CLAIM_IF_OPEN = """
UPDATE needs_needline n SET reserved = n.reserved + c.quantity
FROM unnest(%(need_ids)s::bigint[], %(quantities)s::int[]) AS c (id, quantity), needs_appeal a
WHERE n.id = c.id AND a.id = n.appeal_id AND n.stopped_at IS NULL AND a.state = 'live'
  AND a.starts_at <= %(at)s AND %(at)s < a.ends_at AND n.reserved + c.quantity <= n.wanted
RETURNING n.id
"""

# parameters: need_ids bigint[], quantities int[]
FREE = """
UPDATE needs_needline n SET reserved = n.reserved - c.quantity
FROM unnest(%(need_ids)s::bigint[], %(quantities)s::int[]) AS c (id, quantity)
WHERE n.id = c.id
"""

# parameters: need_ids bigint[], quantities int[]
RECEIVE = """
UPDATE needs_needline n SET received = n.received + c.quantity
FROM unnest(%(need_ids)s::bigint[], %(quantities)s::int[]) AS c (id, quantity),
     parties_charity k, parties_organisation o
WHERE n.id = c.id AND k.id = n.charity_id AND o.id = k.organisation_id
RETURNING n.public_id, n.received, n.wanted, c.quantity, o.public_id
"""
