"""The networks of the papers, one file each. They read log-mel and know nothing of files, windows or training."""

#: Four 2x2 poolings each halve time: one step of a network is this many log-mel frames (0.37 s).
FRAMES_PER_STEP = 16
