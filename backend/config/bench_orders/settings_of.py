"""How the single-order rivals plan: as the writer does, at their best."""

PLANS = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off"
