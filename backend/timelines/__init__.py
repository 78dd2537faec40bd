"""The donor's story: reads everything, owns nothing."""
