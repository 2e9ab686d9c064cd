"""Where text stands on a page: an image in, quads of its lines out."""
