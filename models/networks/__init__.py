"""The networks of the papers, one file each. They read log-mel and know nothing of files, windows or training."""
