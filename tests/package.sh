#!/usr/bin/env bash
# Builds the tarball and the Debian package (deploy/package.sh), and uses them as an operator would: the tarball in an empty folder; the package installed in a fresh Debian, whose own systemd is
# booted in namespaces and runs gateway.service with all of its restrictions. Takes some five minutes on two cores, so CI does not run it: GATEWAY_TEST_PACKAGING=1 bash tests/run.sh, or
#   tests/package.sh [--native] [FOLDER WITH BOTH]
# --native: those of the native build.
# Needs root, mmdebstrap and curl; lintian, where it is there, has to find nothing. Every line of its output begins with "ok" or is about what went wrong.
# What is not held: SELinux and AppArmor, and the limits of cgroups (the container's are not delegated).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
options=()
if [ "${1:-}" = --native ]; then options=(--native) && shift; fi
work=$(mktemp -d)
init=
# shellcheck disable=SC2329 # the trap's
finish() {
    [ -z "$init" ] || kill -KILL "$init" 2>/dev/null || true
    wait
    rmdir "$group" 2>/dev/null || true
    rm -rf "$work"
}
group=/sys/fs/cgroup/systemd/gateway-package-$$
trap finish EXIT

ok() { printf 'ok  %s\n' "$*"; }
fail() { printf 'FAILED  %s\n' "$*"; exit 1; }
# eventually SECONDS COMMAND…
eventually() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || fail "did not come about: $*"
        sleep 0.05
    done
}

if [ $# = 1 ]; then packages=$1; else packages=$work/packages && bash "$here/../deploy/package.sh" "${options[@]}" "$packages"; fi
deb=$(echo "$packages"/gateway_*.deb)
tarball=$(echo "$packages"/gateway-*.tar.gz)

if command -v lintian >/dev/null; then
    lintian --allow-root --fail-on error,warning "$deb" || fail lintian
    ok "lintian finds nothing in $(basename "$deb")"
else
    echo "skipped  lintian is not installed"
fi

# The tarball, where nothing else is. In a network of its own: 8080, 9000 and 9900 may be taken here.
mkdir "$work/tarball"
tar -xzf "$tarball" -C "$work/tarball" --strip-components 1
"$work/tarball/Gateway" validate --config "$work/tarball/appsettings/appsettings.json" >/dev/null
cat >"$work/ready.sh" <<'END'
set -e
ip link set lo up
start=$(date +%s%N)
"$@" >/dev/null 2>&1 &
until [ "$(curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:9900/healthz/ready)" = 200 ]; do
    kill -0 $! || exit 1
    sleep 0.01
done
printf 'ready in %d ms, %d MB resident\n' $((($(date +%s%N) - start) / 1000000)) $(($(sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\) kB/\1/p' /proc/$!/status) / 1024))
kill -TERM $!
wait $!
END
figures=$(cd "$work/tarball" && env -u DOTNET_ROOT unshare --net bash "$work/ready.sh" ./Gateway run) || fail "the tarball does not run"
ok "the tarball, in an empty folder: $figures"

# A fresh Debian, of the release that this is, without anything of .NET.
root=$work/root
mmdebstrap --quiet --variant=minbase --include=systemd,systemd-sysv,libssl3,zlib1g,libgcc-s1,libstdc++6,passwd,ca-certificates,curl \
    "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$root" >"$work/mmdebstrap.log" 2>&1 || { tail -n 5 "$work/mmdebstrap.log"; fail mmdebstrap; }
cp "$deb" "$root/root/gateway.deb"
inside() { chroot "$root" "$@"; }
install_package() { inside dpkg --install /root/gateway.deb >"$work/dpkg.log" 2>&1 || { cat "$work/dpkg.log"; fail dpkg; }; }
install_package
[ "$(inside stat -c '%U %G %a' /etc/gateway/appsettings.json)" = 'root gateway 640' ] || fail "the configuration's owner and mode"
echo '// the operator was here' >>"$root/etc/gateway/appsettings.json"
install_package
tail -n 1 "$root/etc/gateway/appsettings.json" | grep -q 'the operator was here' || fail "the operator's configuration is lost"
ok "installed; what the operator wrote stays when it is installed again"

# systemd as process 1 of namespaces of its own: its file system is the fresh Debian, its network has nothing but loopback.
cat >"$work/boot.sh" <<'END'
set -e
root=$1
mount --make-rprivate /
mount --rbind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for node in 'null 1 3' 'zero 1 5' 'full 1 7' 'random 1 8' 'urandom 1 9' 'tty 5 0'; do
    set -- $node
    mknod -m 666 "$root/dev/$1" c "$2" "$3"
done
ln -s /proc/self/fd "$root/dev/fd"
ln -s pts/ptmx "$root/dev/ptmx"
mkdir "$root/dev/shm" "$root/dev/pts" "$root/dev/mqueue"
mount -t tmpfs tmpfs "$root/sys/fs/cgroup"
mkdir "$root/sys/fs/cgroup/systemd"
mount -t cgroup -o none,name=systemd cgroup "$root/sys/fs/cgroup/systemd"
ip link set lo up
cd "$root"
pivot_root . .
umount -l .
exec env -i container=lxc PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --show-status=0 systemd.unit=basic.target
END
mkdir "$group"
# The parent of systemd's own process is unshare, which waits for it: the process is found by its parent.
(echo "$BASHPID" >"$group/cgroup.procs" && exec unshare --mount --pid --net --uts --ipc --cgroup --fork --kill-child bash "$work/boot.sh" "$root" >"$work/boot.log" 2>&1 </dev/null) &
booted=$!
eventually 10 pgrep --parent "$booted"
init=$(pgrep --parent "$booted")
inside() { nsenter --target "$init" --mount --pid --net --uts --ipc --root --wd -- "$@"; }
eventually 30 inside systemctl is-active basic.target
status() { inside curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$1"; }
is_ready() { [ "$(status 9900/healthz/ready)" = 200 ]; }
# of_process FIELD: a line of the service's /proc/PID/status.
# shellcheck disable=SC2016 # the inner shell's
of_process() { inside sh -c 'sed -n "s/^$1:[[:space:]]*//p" "/proc/$(systemctl show --property MainPID --value gateway)/status"' sh "$1"; }

inside systemctl start gateway.service || fail "systemctl start"
eventually 20 is_ready
security=$(inside systemd-analyze security --no-pager gateway.service | tail -n 1 | grep -o '[0-9][0-9]*\.[0-9]' | head -n 1)
awk -v exposure="$security" 'BEGIN { exit !(exposure > 0 && exposure < 1.5) }' || fail "systemd-analyze security: $security"
[ "$(of_process CapEff) $(of_process CapBnd) $(of_process NoNewPrivs) $(of_process Seccomp)" = '0000000000000000 0000000000000000 1 2' ] || fail "the process has rights"
[ "$(of_process Uid | cut -f1)" = "$(inside id -u gateway)" ] || fail "the process is not of the user gateway"
ok "gateway.service is ready: user gateway, no capability, no new privileges, its system calls filtered; systemd-analyze security: $security"

# The sockets are systemd's: nobody is refused while the service is restarted.
inside systemctl stop gateway.service
inside systemctl start gateway.socket gateway.service || fail "systemctl start gateway.socket"
eventually 20 is_ready
inside sh -c '/usr/lib/gateway/Whoami --http 127.0.0.1:8000 >/dev/null 2>&1 &'
eventually 10 inside curl -s http://127.0.0.1:8000/
cat >"$root/root/clients.sh" <<'END'
answered=0
until [ -e /run/restarted ]; do
    curl -s --max-time 20 http://127.0.0.1:8080/ | grep -q '^X-Forwarded-For: 127.0.0.1$' || { echo "refused after $answered"; exit 1; }
    answered=$((answered + 1))
done
echo "$answered"
END
inside sh /root/clients.sh >"$work/clients" 2>&1 &
clients=$!
for _ in 1 2 3; do
    inside systemctl restart gateway.service
    eventually 20 is_ready
done
inside touch /run/restarted
wait "$clients" || fail "$(cat "$work/clients")"
ok "three restarts behind gateway.socket, $(cat "$work/clients") requests in a row meanwhile, each on a connection of its own: none refused"

# The right of one mode, as docs/deploy.md says.
mkdir -p "$root/etc/systemd/system/gateway.service.d"
printf '[Service]\nCapabilityBoundingSet=CAP_NET_RAW\nAmbientCapabilities=CAP_NET_RAW\n' >"$root/etc/systemd/system/gateway.service.d/transparent.conf"
inside systemctl daemon-reload
inside systemctl restart gateway.service
eventually 20 is_ready
[ "$(of_process CapEff)" = 0000000000002000 ] || fail "NET_RAW is not there, or not alone"
ok "with the drop-in for transparent mode it has NET_RAW, and nothing else"

inside systemctl reload gateway.service || fail "systemctl reload"
inside dpkg --purge gateway >"$work/dpkg.log" 2>&1 || { cat "$work/dpkg.log"; fail "dpkg --purge"; }
[ "$(inside systemctl is-active gateway.service)" = inactive ] || fail "the service goes on after the purge"
for left in /etc/gateway /usr/lib/gateway /usr/bin/gateway /lib/systemd/system/gateway.service; do
    [ ! -e "$root$left" ] || fail "$left is left after the purge"
done
ok "purged: the service has ended, and no file is left"
