#!/usr/bin/env bash
# compose.yaml without Docker: the same addresses, files and rights, each host a network namespace. docs/laptop.md
#   deploy/compose/namespaces.sh             starts all of it, shows what each backend sees of the client, and gives a shell on the client
#   deploy/compose/namespaces.sh --once      without the shell
# Needs haproxy, redis-server, redis-cli, prometheus, curl, ip, nsenter (Debian: haproxy redis prometheus curl iproute2 util-linux), the .NET SDK, and user namespaces or root. Grafana is in no
# release of Debian: there is none here. GATEWAY names a built executable (Whoami lies beside it); else it is built.
# It runs in namespaces of its own, of processes too: nothing that it starts outlives it, and nothing else on this machine sees it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PATH=$PATH:/usr/sbin:/sbin

if [ -z "${GATEWAY_LAPTOP:-}" ]; then
    for program in haproxy redis-server redis-cli prometheus curl ip nsenter; do
        command -v "$program" >/dev/null || { echo "$program is not installed" >&2; exit 75; }
    done
    if [ -z "${GATEWAY:-}" ]; then
        echo "Building the gateway: a minute or two the first time." >&2
        dotnet build "$here/../../src/Gateway" --configuration Release --verbosity quiet >&2
        export GATEWAY=$here/../../src/Gateway/bin/Release/net10.0/Gateway
    fi
    # An executable of .NET looks for the runtime beside the dotnet that is in use.
    [ -n "${DOTNET_ROOT:-}" ] || DOTNET_ROOT=$(dirname "$(readlink -f "$(command -v dotnet)")")
    export DOTNET_ROOT GATEWAY_LAPTOP=1
    user=()
    [ "$(id -u)" = 0 ] || user=(--user --map-root-user)
    exec unshare "${user[@]}" --mount --net --pid --fork --kill-child --mount-proc bash "${BASH_SOURCE[0]}" "$@"
fi

# From here on in namespaces of its own; /run is empty and this script's alone.
mount -t tmpfs tmpfs /run
work=/run/laptop
mkdir "$work"
export DOTNET_EnableDiagnostics=0

# host NAME [NETWORK ADDRESS]…: a namespace with an interface in each network.
host() {
    local name=$1 number=0
    ip netns add "$name"
    on "$name" ip link set lo up
    shift
    while [ $# -gt 0 ]; do
        ip link add "$name$number" type veth peer name "eth$number" netns "$name"
        ip link set "$name$number" master "$1" up
        on "$name" ip address add "$2/24" dev "eth$number"
        on "$name" ip link set "eth$number" up
        number=$((number + 1))
        shift 2
    done
}
on() { local name=$1; shift; nsenter --net="/run/netns/$name" "$@"; }
# start NAME COMMAND…: on the host NAME, until this script ends.
start() { local name=$1; shift; nsenter --net="/run/netns/$name" "$@" >"$work/$(basename "$1").log" 2>&1 & }
eventually() {
    local end=$((SECONDS + 60))
    until "$@" >/dev/null 2>&1; do
        if [ "$SECONDS" -ge "$end" ]; then
            echo "did not come about: $*" >&2
            tail -n 5 "$work"/*.log >&2
            exit 1
        fi
        sleep 0.05
    done
}

for network in internet inside; do
    ip link add "$network" type bridge
    ip link set "$network" up
done
host client internet 203.0.113.7
host balancer internet 203.0.113.2 inside 10.77.0.2
host gateway inside 10.77.0.10
host whoami inside 10.77.0.20
host prometheus inside 10.77.0.30

on gateway sh "$here/return-route.sh"
start whoami "$(dirname "$GATEWAY")/Whoami" --http 8080 --tcp 9100
start gateway redis-server --port 6380 --bind 127.0.0.1 --protected-mode no --save "" --dir "$work"
start gateway setpriv --inh-caps=-all,+net_raw --bounding-set=-all,+net_raw --no-new-privs "$GATEWAY" run --config "$here/gateway/appsettings.json"
start balancer haproxy -db -f "$here/haproxy.cfg"
cp "$here/prometheus.yml" "$here/../prometheus/gateway.rules.yaml" "$work"
start prometheus prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/prometheus" --web.listen-address=10.77.0.30:9090

balancer=203.0.113.2
show() { printf '\n%s$ %s\n' "$1" "${*:2}"; on "$@"; }
eventually on client curl -sf "http://$balancer/"
eventually on client redis-cli -h "$balancer" ping
# Prometheus has been there once.
eventually on prometheus sh -c 'curl -s "http://10.77.0.30:9090/api/v1/query?query=up" | grep -q "\"1\"]"'

show client curl -s "http://$balancer/"
show client redis-cli -h "$balancer" client list
show client bash -c "exec 3<>/dev/tcp/$balancer/9000 && head -n 1 <&3"
printf '\nprometheus$ curl http://10.77.0.10:9900/metrics\n'
on prometheus curl -s http://10.77.0.10:9900/metrics | grep -E '^gateway_(proxy_protocol_(received|sent)|transparent_connect)_total\{.* [1-9]'
[ "${1:-}" != --once ] || exit 0

printf '\nThis is a shell on the client; "on gateway COMMAND" (balancer, whoami, prometheus) runs one elsewhere, "exit" ends all of it. Logs: %s\n' "$work"
export -f on
on client bash --norc
