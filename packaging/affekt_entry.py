"""Where the frozen program begins."""

import multiprocessing

if __name__ == "__main__":
    # A child process of a frozen program is the program itself: this must come before anything else.
    multiprocessing.freeze_support()

    import sys

    from app.__main__ import main

    sys.exit(main())
