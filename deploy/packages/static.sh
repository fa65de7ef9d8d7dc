#!/bin/sh
# Builds the static program, its packages and the list of what is in it, on Debian 12 as root:
#   static.sh amd64|arm64 SOURCE REVISION
# What it makes lies in SOURCE/build/packages. deploy/packages/build runs this in a Debian of its own, the Dockerfile in an image.
#
# Debian has each library for static programs, but for two: those are built from Debian's own sources.
set -eu
architecture=$1 source=$2 revision=$3
export DEBIAN_FRONTEND=noninteractive
case $architecture in
  amd64) machine=x86_64 ;;
  arm64) machine=aarch64 ;;
  *) echo "static.sh: no such architecture: $architecture" >&2; exit 2 ;;
esac
triplet=$machine-linux-gnu
own=$(dpkg --print-architecture)
say() { printf '%s\n' "static: $*" >&2; }

libraries="libyaml-cpp-dev libre2-dev libssl-dev libcrypt-dev zlib1g-dev libprotobuf-dev libsnappy-dev libfmt-dev libspdlog-dev libncurses-dev librdkafka-dev \
liblz4-dev libzstd-dev"
if [ "$architecture" = "$own" ]; then
  compiler=g++
else
  compiler="crossbuild-essential-$architecture qemu-user-static"
  libraries=$(printf "%s:$architecture " $libraries)
fi
tools="ccache cmake ninja-build pkg-config dpkg-dev file ca-certificates protobuf-compiler libboost1.81-dev libcli11-dev libjs-dygraphs"
# A Debian that is kept is brought up to a list that has grown.
installed=/opt/lossd/installed-$(echo "$compiler $libraries $tools" | cksum | cut -d ' ' -f 1)
if [ ! -e "$installed" ]; then
  say "installing what it takes to build for $architecture"
  [ "$architecture" = "$own" ] || dpkg --add-architecture "$architecture"
  printf 'deb http://deb.debian.org/debian %s main\n' bookworm bookworm-updates >/etc/apt/sources.list
  printf 'deb http://deb.debian.org/debian-security bookworm-security main\ndeb-src http://deb.debian.org/debian bookworm main\n' >>/etc/apt/sources.list
  rm -f /etc/apt/sources.list.d/debian.sources
  apt-get update -q=2
  apt-get install -q=2 -y --no-install-recommends $compiler $libraries $tools >/dev/null
  mkdir -p /opt/lossd && touch "$installed"
fi

set -- -G Ninja -DCMAKE_BUILD_TYPE=Release
[ "$architecture" = "$own" ] || set -- "$@" -DCMAKE_TOOLCHAIN_FILE="$source/deploy/packages/$machine.cmake"

if [ ! -e "/opt/lossd/$architecture.ready" ]; then
  mkdir -p /opt/lossd/source && cd /opt/lossd/source
  [ -d simdjson ] || {
    apt-get source -q=2 --download-only simdjson prometheus-cpp
    for name in simdjson prometheus-cpp; do dpkg-source --no-check -x "$name"_*.dsc "$name" >/dev/null; done
  }
  for name in simdjson prometheus-cpp; do
    say "building $name for $architecture"
    cmake --no-warn-unused-cli -S "$name" -B "$name-$architecture" "$@" -DCMAKE_INSTALL_PREFIX="/opt/lossd/$architecture" -DCMAKE_POSITION_INDEPENDENT_CODE=ON \
      -DBUILD_SHARED_LIBS=OFF -DSIMDJSON_DEVELOPER_MODE=OFF -DENABLE_PUSH=OFF -DENABLE_PULL=OFF -DENABLE_COMPRESSION=OFF \
      -DENABLE_TESTING=OFF -DUSE_THIRDPARTY_LIBRARIES=OFF >/dev/null
    cmake --build "$name-$architecture" -j "$(nproc)" >"$name-$architecture.log" 2>&1 || { cat "$name-$architecture.log" >&2; exit 1; }
    cmake --install "$name-$architecture" >/dev/null
  done
  touch "/opt/lossd/$architecture.ready"
fi

build=$source/build/static-$architecture
say "building lossd for $architecture"
cmake -S "$source" -B "$build" "$@" -DCMAKE_PREFIX_PATH="/opt/lossd/$architecture" -DCMAKE_INSTALL_PREFIX=/usr -DLOSSD_STATIC=ON -DLOSSD_TESTS=OFF \
  -DLOSSD_DEVELOPER=OFF -DLOSSD_REVISION="$revision" -DLOSSD_DEBIAN_ARCHITECTURE="$architecture" -DCMAKE_EXE_LINKER_FLAGS="-Wl,-Map,$build/lossd.map" >/dev/null
cmake --build "$build" -j "$(nproc)"
ninja -C "$build" -t deps >"$build/lossd.deps"

# What an image holds: the program, and whom it trusts where it asks for something over TLS.
rm -rf "$build/image"
install -D "$build/bin/lossd" "$build/image/usr/bin/lossd"
"$([ "$architecture" = "$own" ] || echo "$triplet-")strip" "$build/image/usr/bin/lossd"
install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$build/image/etc/ssl/certs/ca-certificates.crt"
install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$build/image/usr/lib/ssl/cert.pem"
install -D -m 644 "$source/LICENSE" "$build/image/usr/share/doc/lossd/LICENSE"
# Its text is in the pages, as it is: the licence asks to go with it.
install -D -m 644 /usr/share/doc/libjs-dygraphs/copyright "$build/image/usr/share/doc/lossd/LICENSE.dygraphs"
