"""Where gateways knock, and the practice gateway's own pages."""
