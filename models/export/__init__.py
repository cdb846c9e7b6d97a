"""File formats, both ways."""
