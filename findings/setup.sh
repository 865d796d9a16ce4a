# Sourced by each finding: a temp folder, pinned Debian packages unpacked into it (nothing is installed on the machine), a word at the end.
# Needs Debian 12 on amd64, apt, python3 and root (some servers bind or change users).
set -euo pipefail
temp=$(mktemp -d)
root=$temp/root
mkdir -p "$root" "$temp/cache/archives/partial"
chmod 755 "$temp"
# A file, since a server may be started in a subshell.
: >"$temp/started"
finish() {
    [ $? = 0 ] || tail -n 5 "$temp/server.log" 2>/dev/null
    local id
    while read -r id; do kill "$id" 2>/dev/null && tail --pid="$id" -f /dev/null || true; done <"$temp/started"
    rm -rf "$temp"
}
trap finish EXIT

# fetch PACKAGE=VERSION…: downloads them with what they depend on and unpacks them below $root. Exit code 2: a pinned version is not offered any more.
fetch() {
    # By name, whatever this machine has; what they need beyond this machine's packages comes from the solver.
    (cd "$temp/cache" && apt-get -q download "$@") >"$temp/apt.log" 2>&1 ||
        { tail -n 3 "$temp/apt.log"; echo "not run: $* cannot be had (apt-get update?)"; exit 2; }
    apt-get -q -y --no-install-recommends --download-only -o Debug::NoLocking=true -o Dir::Cache="$temp/cache" install "$@" >>"$temp/apt.log" 2>&1 || true
    for package in $(find "$temp/cache" -name '*.deb'); do dpkg -x "$package" "$root"; done
    export PATH="$root/usr/sbin:$root/usr/bin:$PATH"
    export LD_LIBRARY_PATH="$root/usr/lib/x86_64-linux-gnu:$root/lib/x86_64-linux-gnu${EXTRA_LIBRARIES:+:$EXTRA_LIBRARIES}"
}

# start COMMAND…: runs a server until the end of the finding; its output goes to $temp/server.log.
start() {
    "$@" >>"$temp/server.log" 2>&1 &
    echo $! >>"$temp/started"
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# until_listening PORT: returns when something accepts there; at most 30 s.
until_listening() {
    python3 - "$1" <<'PY' || { tail -n 20 "$temp/server.log"; echo "not run: the server did not start"; exit 2; }
import socket, sys, time
end = time.time() + 30
while time.time() < end:
    try:
        socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1).close(); sys.exit(0)
    except OSError:
        time.sleep(0.05)
sys.exit(1)
PY
}

# same EXPECTED SEEN: the finding holds, or has changed (exit code 1).
same() {
    if [ "$1" = "$2" ]; then
        echo "holds:   $2"
    else
        printf 'changed: %s\nwas:     %s\n' "$2" "$1"
        tail -n 5 "$temp/server.log" 2>/dev/null || true
        exit 1
    fi
}
