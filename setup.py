"""For tools that ask for a setup.py; everything is in pyproject.toml."""

__import__("setuptools").setup()
