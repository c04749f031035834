"""Files from banks and providers: read with all their errors named, kept whole or not at all."""
