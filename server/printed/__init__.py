"""Reports on paper: PDF with letterhead and charts, the same bytes for the same day."""
