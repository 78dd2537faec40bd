"""SQL on stock that must look and change in one go."""

HOLD = """
WITH free AS (
    SELECT id, LEAST(%(quantity)s, GREATEST(on_hand - reserved, 0)) AS held
    FROM catalogue_stock WHERE warehouse_id = %(warehouse)s AND item_id = %(item)s
    FOR UPDATE
)
UPDATE catalogue_stock s SET reserved = s.reserved + free.held
FROM free WHERE s.id = free.id AND s.reserved + free.held <= GREATEST(s.on_hand, s.reserved)
RETURNING s.id, free.held
"""
