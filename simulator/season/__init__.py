"""A season of a car park without pictures: who came when, what they paid and how, and what went wrong."""
