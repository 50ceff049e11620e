#!/bin/sh
# Sees to the Debian packages that one step needs: dependencies.sh build|python|test|arm64
#
# What is missing is installed when this runs as root on a system with apt-get; otherwise the
# one line that installs it is printed and the step stops.
set -eu

missing=""

# need PACKAGE COMMAND...: PACKAGE is missing unless COMMAND succeeds.
need() {
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}

case ${1:-} in
build)
    need binutils strip --version
    need pkg-config pkg-config --version
    need libopenblas-dev pkg-config --exists openblas
    need libprotobuf-c-dev pkg-config --exists libprotobuf-c
    ;;
python)
    need python3-venv "${PYTHON:-python3}" -c 'import ensurepip, venv'
    ;;
test)
    need binutils readelf --version
    need g++ c++ --version
    need cmake cmake --version
    need protobuf-c-compiler protoc-c --version
    ;;
arm64) # optional: the hot loops are tested in an emulator too
    need gcc-aarch64-linux-gnu aarch64-linux-gnu-gcc --version
    need libc6-dev-arm64-cross test -e /usr/aarch64-linux-gnu/include/stdio.h
    need qemu-user qemu-aarch64 --version
    ;;
*)
    echo "usage: $0 build|python|test|arm64" >&2
    exit 2
    ;;
esac

[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing:$missing"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update --quiet --quiet
    # shellcheck disable=SC2086 # one word per package
    apt-get install --quiet --quiet --yes --no-install-recommends $missing >/dev/null
else
    echo "libcal needs some packages first:" >&2
    echo "    sudo apt-get update && sudo apt-get install --yes$missing" >&2
    exit 1
fi
