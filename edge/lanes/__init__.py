"""One lane at work: what is seen, decided, ordered and told."""
