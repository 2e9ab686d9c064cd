"""Making patches: drawing faces, fetching them from where they are published, converting AI Hub's OCR set."""
