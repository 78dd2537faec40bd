"""What happened: append-only entries, one sequencer, readers with their own position."""
