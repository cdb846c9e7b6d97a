#!/bin/sh
# Print a Python that is new enough for Affekt and can make virtual environments, or say what to do.
# PYTHON, if set, is the only one tried. As root on a Debian-like system a missing one is installed.

good() {
    "$@" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

search() {
    for name in ${PYTHON:-python3.13 python3.12 python3.11 python3.14 python3 python}; do
        if command -v "$name" >/dev/null 2>&1 && good "$name"; then
            command -v "$name"
            return 0
        fi
    done
    # The launcher of Python for Windows.
    if [ -z "${PYTHON:-}" ] && command -v py >/dev/null 2>&1 && good py -3; then
        py -3 -c 'import sys; print(sys.executable)'
        return 0
    fi
    return 1
}

search && exit 0

if [ -z "${PYTHON:-}" ] && command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "Installing Python with apt-get." >&2
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq; apt-get install -qq -y --no-install-recommends python3 python3-venv; } >&2
    search && exit 0
fi

found="${PYTHON:-python3}"
version=$("$found" -c 'import platform; print(platform.python_version())' 2>/dev/null || echo "none")
echo "Affekt needs Python 3.11 or later, with venv and pip; $found here is: $version." >&2
if command -v apt-get >/dev/null 2>&1; then
    echo "Paste:  sudo apt-get install -y python3 python3-venv   (Debian 12, Ubuntu 24.04 or later)" >&2
else
    echo "Install one from https://www.python.org/downloads/ and try again, or name it: make run PYTHON=/path/to/python" >&2
fi
exit 1
