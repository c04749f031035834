"""What tests stand on: real brokers, real databases, parts as processes."""
