"""A payment gateway to practise with. `adapter` is our side; `remote` is the gateway's own side.

The two sides share nothing but signed messages: each has its own ed25519 key, and the gateway keeps
its orders in tables of its own that no other module reads.
"""
