"""What the box keeps on its disk and sends to the centre."""
