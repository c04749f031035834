"""The real devices behind the contracts of `gate.devices`."""
