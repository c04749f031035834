"""Long proofs against a simulated world: `barie campaign NAME --seed N`."""
