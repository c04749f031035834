"""Twins of payment providers: each keeps its provider's own rules, signs with code of its own, and has its own book."""
