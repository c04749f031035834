"""The console: pages for people, Vietnamese first."""
