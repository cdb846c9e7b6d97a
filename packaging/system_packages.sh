#!/bin/sh
# See to the system libraries that Qt needs on Linux and pip cannot bring. As root they are installed with apt-get;
# otherwise the missing ones are named in one line to paste, and we go on: what needs no window works without them.

[ "$(uname -s)" = Linux ] || exit 0
PATH="$PATH:/usr/sbin:/sbin"

# The library that is looked for, and the Debian package that holds it.
needed="
libEGL.so.1             libegl1
libGL.so.1              libgl1
libglib-2.0.so.0        libglib2.0-0
libdbus-1.so.3          libdbus-1-3
libfontconfig.so.1      libfontconfig1
libxkbcommon.so.0       libxkbcommon0
libpulse.so.0           libpulse0
libXrandr.so.2          libxrandr2
libxcb-cursor.so.0      libxcb-cursor0
libxcb-icccm.so.4       libxcb-icccm4
libxcb-keysyms.so.1     libxcb-keysyms1
libxcb-shape.so.0       libxcb-shape0
libxkbcommon-x11.so.0   libxkbcommon-x11-0
"

missing() {
    present=$(ldconfig -p 2>/dev/null)
    echo "$needed" | while read -r library package; do
        [ -n "$library" ] || continue
        case "$present" in *"$library "*) ;; *) echo "$package" ;; esac
    done
    # A font with Chinese, Japanese and Korean glyphs: titles are often written in them.
    if ! find -L /usr/share/fonts /usr/local/share/fonts "$HOME/.fonts" "$HOME/.local/share/fonts" \
        \( -iname '*cjk*' -o -iname '*wqy*' -o -iname '*uming*' -o -iname '*droidsansfallback*' \) \
        2>/dev/null | grep -q .; then
        echo fonts-wqy-microhei
    fi
}

list=$(missing | tr '\n' ' ')
[ -n "$list" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "Missing on this system, by their Debian names; without them the window may not open: $list" >&2
    exit 0
fi
if [ "$(id -u)" = 0 ]; then
    echo "Installing system libraries with apt-get: $list"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq -o Acquire::Retries=1 -o Acquire::http::Timeout=20 || true
    # shellcheck disable=SC2086  # a list of words
    apt-get install -qq -y --no-install-recommends $list >/dev/null && exit 0
    echo "apt-get could not install them all; going on." >&2
fi
echo "System libraries are missing; without them the window may not open. Paste:" >&2
echo "  sudo apt-get install -y --no-install-recommends $list" >&2
exit 0
