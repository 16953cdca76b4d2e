"""What an operator sees of the service: logs, metrics and traces, none of which holds a value."""
