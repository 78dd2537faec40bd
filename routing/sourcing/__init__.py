"""Who supplies what: the cheapest choice of offers for lines, goods and ways together.

A line is broken only at pack boundaries: every part is a whole number of its offer's packs, but for one part
per line, which may carry the odd rest. A stop from a warehouse to a recipient is paid once, whatever it
brings; weight and delay count by the unit. All units of an offer in one order have the price of so many, and an
order reaches its warehouse's minimum. As much as possible is supplied; among the ways to do that, the cheapest is
chosen, and every part says why.
"""

from .choice import choose
from .model import Because, Lane, Line, Offer, Pick, Reason, Supply, Terms, Unsupplied, Why

__all__ = [
    "Because",
    "Lane",
    "Line",
    "Offer",
    "Pick",
    "Reason",
    "Supply",
    "Terms",
    "Unsupplied",
    "Why",
    "choose",
]
