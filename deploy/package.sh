#!/usr/bin/env bash
# Builds what is installed without a container: a tarball that runs from any folder, and a Debian package with a service of systemd. Both bring the .NET runtime with them (docs/deploy.md, On a host).
#   deploy/package.sh [--native] [FOLDER]      default: artifacts/package
# --native: of the native build (docs/native.md), which is linked here: gcc libc6-dev zlib1g-dev. The same package in another version, so that either replaces the other.
# MAINTAINER='Name <address>' is who the package says builds it.
# Needs the .NET SDK of global.json, NuGet (the runtime's packages) and dpkg-deb. Prints each file with its size. The same sources and SDK give the same bytes: times are those of the
# last commit, or of SOURCE_DATE_EPOCH.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$here/..
native=
if [ "${1:-}" = --native ]; then native=native && shift; fi
out=$(realpath -m "${1:-$root/artifacts/package}")
version=$(sed -n 's/.*<Version>\(.*\)<\/Version>.*/\1/p' "$root/Directory.Build.props")
case $(uname -m) in
    x86_64) rid=linux-x64 architecture=amd64 ;;
    aarch64) rid=linux-arm64 architecture=arm64 ;;
    *) echo "package.sh: $(uname -m) is not built for" >&2; exit 1 ;;
esac
debian=$version${native:++native}
maintainer=${MAINTAINER:-Gateway <gateway@localhost>}
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || date +%s)}
# Files get their modes from here, whatever the caller's are.
umask 022
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
mkdir -p "$out"

# From a copy, so that neither this build nor another one of the same sources finds the other's files. ReadyToRun, as in the image; for the runtime's version restore asks once more, without the
# lock files' runtime-less answers.
mkdir "$stage/source"
tar --create --directory "$root" --exclude bin --exclude obj .editorconfig global.json Directory.Build.props Directory.Packages.props THIRD-PARTY-NOTICES.txt appsettings src |
    tar --extract --directory "$stage/source"
publish() { # publish PROJECT OPTION…
    dotnet publish "$stage/source/src/$1" --configuration Release --runtime "$rid" --self-contained true --verbosity quiet -p:PublishDocumentationFiles=false \
        -p:RestoreLockedMode=false -p:NuGetLockFilePath=obj/package.lock.json --output "$stage/publish" "${@:2}" >&2
}
if [ -n "$native" ]; then
    runtime='It is machine code, and needs no .NET runtime.' libc=2.36
    publish Whoami -p:PublishAot=true
    publish Gateway -p:PublishAot=true
    rm -f "$stage"/publish/*.{runtimeconfig,deps}.json
else
    runtime='The .NET runtime comes with it.' libc=2.34
    publish Gateway -p:PublishReadyToRun=true -p:DebugType=none
fi
# For debuggers and tracers alone.
rm -f "$stage"/publish/{createdump,libmscordaccore.so,libmscordbi.so,libcoreclrtraceptprovider.so} "$stage"/publish/*.{staticwebassets.endpoints.json,pdb,dbg}
find "$stage/publish" -type f -exec chmod 644 {} +
chmod 755 "$stage/publish/Gateway" "$stage/publish/Whoami"

documents() { # documents FOLDER: what a reader needs without the repository.
    mkdir -p "$1/docs"
    cp "$root/README.md" "$root/CHANGELOG.md" "$1"
    cp "$root"/docs/*.md "$1/docs"
}

# The tarball: unpack it anywhere, and run ./Gateway.
name=gateway-$version-$rid${native:+-native}
cp -r "$stage/publish" "$stage/$name"
cp -r "$here/systemd" "$root/LICENSE" "$stage/$name"
documents "$stage/$name"
tar --create --gzip --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" --directory "$stage" --file "$out/$name.tar.gz" "$name"

# The Debian package.
tree=$stage/deb
installed=$tree/usr/lib/gateway
share=$tree/usr/share/doc/gateway
mkdir -p "$tree"/{DEBIAN,etc,usr/bin,usr/lib/systemd/system,usr/lib/sysusers.d,usr/share/lintian/overrides,usr/share/man/man8} "$share"
cp -r "$stage/publish" "$installed"
mv "$installed/appsettings/examples" "$share/examples"
# For editors: beside the configuration, and where the examples look for it.
mkdir "$tree/usr/share/gateway"
mv "$installed/appsettings/gateway.schema.json" "$tree/usr/share/gateway"
ln -s ../../gateway/gateway.schema.json "$share/gateway.schema.json"
mv "$installed/appsettings" "$tree/etc/gateway"
ln -s /usr/share/gateway/gateway.schema.json "$tree/etc/gateway/gateway.schema.json"
# The default configuration lies beside the executable: /etc/gateway.
ln -s /etc/gateway "$installed/appsettings"
ln -s ../lib/gateway/Gateway "$tree/usr/bin/gateway"
chmod 750 "$tree/etc/gateway"
chmod 640 "$tree/etc/gateway/appsettings.json"
install -m 644 "$here"/systemd/gateway.{service,socket} "$tree/usr/lib/systemd/system"
install -m 644 "$here/systemd/gateway.sysusers" "$tree/usr/lib/sysusers.d/gateway.conf"
install -m 644 "$here/package/lintian-overrides" "$tree/usr/share/lintian/overrides/gateway"
gzip -9n <"$here/package/gateway.8" >"$tree/usr/share/man/man8/gateway.8.gz"
documents "$share"
mv "$installed/THIRD-PARTY-NOTICES.txt" "$share"
{
    printf 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: Gateway\n\nFiles: *\n'
    sed -n 's/^Copyright (c) /Copyright: /p' "$root/LICENSE"
    printf 'License: Expat\n'
    sed '1,/^Copyright/d' "$root/LICENSE" | sed '1{/^$/d}; s/^$/./; s/^/ /'
    printf '\nFiles: usr/lib/gateway/*\nCopyright: the .NET Foundation and Contributors, and those of THIRD-PARTY-NOTICES.txt\nLicense: Expat\n'
} >"$share/copyright"
printf 'gateway (%s) stable; urgency=medium\n\n  * CHANGELOG.md has what changed.\n\n -- %s  %s\n' \
    "$debian" "$maintainer" "$(date --utc --date="@$SOURCE_DATE_EPOCH" '+%a, %d %b %Y %H:%M:%S +0000')" | gzip -9n >"$share/changelog.gz"
for script in postinst prerm postrm; do
    install -m 755 "$here/package/$script" "$tree/DEBIAN/$script"
done
echo /etc/gateway/appsettings.json >"$tree/DEBIAN/conffiles"
cat >"$tree/DEBIAN/control" <<END
Package: gateway
Version: $debian
Architecture: $architecture
Maintainer: $maintainer
Installed-Size: $(du -sk --apparent-size "$tree" | cut -f1)
Depends: libc6 (>= $libc), libgcc-s1, libssl3 | libssl3t64, libstdc++6, zlib1g, passwd
Recommends: ca-certificates
Suggests: iproute2, iptables, libnftables1, nftables
Section: net
Priority: optional
Description: tells backends the real address of the client
 Stands between a load balancer and its backends, over HTTP and raw TCP, and
 tells each backend who the client is: by a PROXY protocol header, by a
 connection from the client's own address, by a TCP option, by a header.
 .
 $runtime
END
(cd "$tree" && find etc usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
dpkg-deb --root-owner-group -Zxz --build "$tree" "$out/gateway_${debian}_$architecture.deb" >/dev/null
cd "$out"
for file in "$name.tar.gz" "gateway_${debian}_$architecture.deb"; do
    printf '%s\t%s MB\n' "$out/$file" "$(awk -v bytes="$(stat -c %s "$file")" 'BEGIN { printf "%.1f", bytes / 1e6 }')"
done
printf 'installed\t%s MB\n' "$(du -sm --apparent-size "$tree/usr" | cut -f1)"
