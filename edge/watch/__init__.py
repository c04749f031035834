"""Who watches over the box: supervisor, signs of life, doctor."""
