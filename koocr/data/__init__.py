"""Faces, handwriting, patches and where they come from."""
