"""Session files: what was open, with all marks, climaxes and layers, as one file to keep or to hand on."""
