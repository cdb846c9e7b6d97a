"""Why here: which moments and which sounds of a recording carry a model's answer, and how faithful that account is."""
