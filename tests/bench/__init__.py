"""Benches: speed and memory of the running parts beside the bare path, in one run. `barie bench NAME --json`."""
