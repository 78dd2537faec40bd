"""Payment gateways behind one port (port.py): create, query, close, refund, verify."""
