"""Fetching data from the network, and unpacking it without trusting it."""
