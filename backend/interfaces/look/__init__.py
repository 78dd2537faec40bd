"""What every door shares to show itself: styles, templates, components, words and drawings."""
