"""What can be had: items, offers, stock, lanes."""
