"""Pictures of vehicles in a lane, drawn from nothing: the simulator's cameras show them, the reader reads them."""
