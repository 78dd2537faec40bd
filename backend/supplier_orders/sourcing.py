"""The window to the sourcing mathematics: due funded lines become a choice of offers."""
