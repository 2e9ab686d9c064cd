"""Lines of text: an image of one line in, its text out."""
