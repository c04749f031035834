"""A site's local day as the books have it: which items are its, which may be amiss, and what there was in all."""
