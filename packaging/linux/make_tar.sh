#!/bin/sh
# Wrap dist/affekt (made by `make package`) into dist/affekt-<version>-linux-<machine>.tar.zst.
# Unpacked anywhere, its install.sh puts a link to the program into ~/.local/bin and an entry into the desktop's menu.
set -eu
cd "$(dirname "$0")/../.."
[ -x dist/affekt/affekt ] || { echo "dist/affekt is not there: run make package first." >&2; exit 1; }
command -v zstd >/dev/null || { echo "zstd is missing. Paste:  sudo apt-get install -y zstd" >&2; exit 1; }

version=$(dist/affekt/affekt --version | cut -d' ' -f2)
name="affekt-$version-linux-$(uname -m)"
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
mkdir "$stage/$name"
cp -a dist/affekt/. "$stage/$name/"
cp packaging/linux/affekt.desktop packaging/linux/install.sh LICENSE LICENSE-WEIGHTS "$stage/$name/"
if [ -f resources/icons/affekt.svg ]; then cp resources/icons/affekt.svg "$stage/$name/"; fi
tar -C "$stage" --sort=name --owner=0 --group=0 --numeric-owner -cf - "$name" \
    | zstd -q -T0 "-${ZSTD_LEVEL:-12}" -f -o "dist/$name.tar.zst"
ls -lh "dist/$name.tar.zst"
