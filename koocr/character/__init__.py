"""One character: from an image of it to the most likely symbols. Start reading at `reader.py`."""
