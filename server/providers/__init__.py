"""Payment providers and bank feeds, one file each."""
