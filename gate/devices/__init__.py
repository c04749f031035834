"""Contracts of the devices at a lane. The real ones are in `edge.devices`, their twins in `simulator.devices`."""
