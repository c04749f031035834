"""Plate readers: pictures in, plates out."""
