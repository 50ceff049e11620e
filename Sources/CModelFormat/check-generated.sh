#!/bin/sh
# Fails if cal_model.pb-c.[ch] are not what protoc-c makes of cal_model.proto. With --write it
# makes them. Exit status 77: not checked, because protoc-c is not installed, or is not the
# version that the committed files were made with, whose output differs.
set -eu
cd "$(dirname "$0")"

if ! command -v protoc-c >/dev/null; then
    echo "protoc-c not found (Debian: protobuf-c-compiler)" >&2
    exit 77
fi
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
protoc-c --c_out="$fresh" cal_model.proto

if [ "${1:-}" = --write ]; then
    cp "$fresh/cal_model.pb-c.c" .
    cp "$fresh/cal_model.pb-c.h" include/
    exit 0
fi

# The generated header has its compiler's version in the test of the library's.
version() { sed -n 's/^#elif \([0-9]*\) < PROTOBUF_C_MIN_COMPILER_VERSION$/\1/p' "$1"; }
made=$(version include/cal_model.pb-c.h)
here=$(version "$fresh/cal_model.pb-c.h")
if [ "$made" != "$here" ]; then
    echo "made with protoc-c $made, this machine has $here" >&2
    exit 77
fi
diff -u cal_model.pb-c.c "$fresh/cal_model.pb-c.c"
diff -u include/cal_model.pb-c.h "$fresh/cal_model.pb-c.h"
