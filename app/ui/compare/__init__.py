"""Two to six recordings side by side, on one axis."""
