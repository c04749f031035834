"""Vietnamese number plates in several files; `gate.plate` is the door."""
