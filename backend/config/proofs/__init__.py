"""Long proofs against real processes: nothing oversold, nothing lost to a kill, nothing that grows."""
