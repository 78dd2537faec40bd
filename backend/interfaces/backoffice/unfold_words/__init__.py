"""The Chinese of unfold, which ships English alone: an app of catalogues and nothing else.

Its msgids are unfold's own English; what Django's admin translates already is not repeated. `en` mends what
unfold says badly. A test compares it with the words in the installed unfold.
"""
