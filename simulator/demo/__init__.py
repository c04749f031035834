"""The whole system on one machine: brokers, centre, boxes and the simulated world as processes."""
