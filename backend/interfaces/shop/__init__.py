"""The donor's door: what is needed, giving, paying, one's own gifts."""
