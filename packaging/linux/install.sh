#!/bin/sh
# Install the unpacked program for this user: a link in ~/.local/bin, an entry in the menu. Run again after moving it.
# Undo:  rm ~/.local/bin/affekt ~/.local/share/applications/affekt.desktop ~/.local/share/icons/hicolor/scalable/apps/affekt.svg
set -eu
here=$(cd "$(dirname "$0")" && pwd)
share="${XDG_DATA_HOME:-$HOME/.local/share}"
mkdir -p "$HOME/.local/bin" "$share/applications" "$share/icons/hicolor/scalable/apps"
ln -sf "$here/affekt" "$HOME/.local/bin/affekt"
sed "s|^Exec=affekt |Exec=\"$here/affekt\" |" "$here/affekt.desktop" >"$share/applications/affekt.desktop"
if [ -f "$here/affekt.svg" ]; then cp "$here/affekt.svg" "$share/icons/hicolor/scalable/apps/"; fi
echo "Affekt is installed for $(id -un). Start it from the menu, or with: $HOME/.local/bin/affekt"
