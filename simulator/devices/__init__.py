"""Twins of the devices at a lane: each speaks its original's own protocol, and its faults are ordinary settings."""
