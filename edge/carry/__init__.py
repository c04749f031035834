"""A box that only carries devices for another."""
