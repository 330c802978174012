#!/bin/sh
# Gathers what one program needs to run, and nothing else, into a directory that is then the root of its image.
#
#   image-files.sh PROGRAM ROOT
#
# The program without its debug symbols, the libraries it is linked with and the loader, the certificate authorities, an
# unprivileged user, an empty /tmp, the notices, and the package list that scanners read. There is no shell. ROOT must not
# exist.
set -eu
scripts=$(dirname "$0")/../scripts
program=$1
root=$2
[ ! -e "$root" ] || { echo "$root already exists" >&2; exit 64; }
mkdir -p "$root/usr/bin" "$root/etc/ssl/certs" "$root/var/lib/dpkg"
strip -o "$root/usr/bin/$(basename "$program")" "$program"

# Where every loader looks, and the loader where the program names it. The name service's DNS is part of the C library
# (glibc 2.34 on).
"$scripts/program-libraries" "$root/usr/lib" "$program"
loader=$(ldd "$program" | sed -n 's/^[[:space:]]*\(\/[^ ]*\) .*/\1/p')
mkdir -p "$root$(dirname "$loader")"
mv "$root/usr/lib/$(basename "$loader")" "$root$loader"
"$scripts/notices" "$root/usr/share/doc/maven-package-reconciler" "$program"
libraries=$(ldd "$program" | grep -o '/[^ ]*')
# A package lists a file under one of two paths, since /lib is a link to /usr/lib. A file of no package is not listed.
# shellcheck disable=SC2046,SC2086 # One word for each path.
packages=$(dpkg -S $libraries $(realpath $libraries) 2>/dev/null | sed 's/: .*//' | sort -u || true)
# shellcheck disable=SC2086
dpkg -s $packages ca-certificates > "$root/var/lib/dpkg/status"

cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
printf 'hosts: files dns\n' > "$root/etc/nsswitch.conf"
printf 'reconcile:x:65532:65532::/tmp:/sbin/nologin\n' > "$root/etc/passwd"
printf 'reconcile:x:65532:\n' > "$root/etc/group"
mkdir -m 1777 "$root/tmp"
