"""What is needed to run barie elsewhere, and what is said about it."""
