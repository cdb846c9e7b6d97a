"""Playlists that travel from one mood to another: the path, what may lie on it, and the solver."""
