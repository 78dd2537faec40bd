"""`make bench-orders`: gifts a second through the real door, beside what others and the database alone do."""
