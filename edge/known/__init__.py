"""What the box knows: the centre's papers, the site's lists, who is inside."""
