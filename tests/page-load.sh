#!/usr/bin/env bash
# What the status page costs: 50,000 live connections of TCP, HTTP and Dnat, the page in a headless Chromium, and the round trips of others while
# the page is open and while nobody looks, one after the other in pairs. Not in CI: it takes some ten minutes and wants a quiet machine.
#   tests/page-load.sh [--replay] [CONNECTIONS] [PAIRS] [SECONDS]      50000 10 5, with --replay 12
# --replay: the browser tells once what the page asks for; then a client at idle priority asks for that, and others make 500 round trips a second of
# either kind (RATE=500), so that it is the gateway's own work that is seen and not the browser's. On a machine that has other work, REALTIME=1 puts
# gateway, backends and those others before it (SCHED_FIFO).
# Needs root, python3, chromium, nftables and its library. Clients, gateway and backends have network namespaces of their own.
set -euo pipefail
cd "$(dirname "$0")/.."

rate=0 seconds=5
[ "${1:-}" != --replay ] || { rate=${RATE:-500} seconds=12; shift; }
# Before all other sessions of this machine, where the kernel groups processes by session.
echo -20 2>/dev/null > /proc/self/autogroup || true
gateway=${GATEWAY:-artifacts/gateway/Gateway}
[ -x "$gateway" ] || dotnet publish src/Gateway -c Release -o artifacts/gateway -v q
c=page-$$-c g=page-$$-g b=page-$$-b
trap 'for name in $c $g $b; do ip netns del "$name" 2>/dev/null || true; done' EXIT
for name in $c $g $b; do
  ip netns add "$name"
  ip -n "$name" link set lo up
  ip netns exec "$name" sysctl -qw net.ipv4.ip_local_port_range="10000 65535"
done
# link NAMESPACE ITS-ADDRESS GATEWAY'S-ADDRESS
link() {
  ip -n "$g" link add "to-${1##*-}" type veth peer name eth0 netns "$1"
  ip -n "$g" address add "$3/24" dev "to-${1##*-}"
  ip -n "$g" link set "to-${1##*-}" up
  ip -n "$1" address add "$2/24" dev eth0
  ip -n "$1" link set eth0 up
  ip -n "$1" route add default via "$3"
}
link "$c" 10.99.1.2 10.99.1.1
link "$b" 10.99.2.2 10.99.2.1
# Each client has an address of its own.
ip -n "$c" route add local 198.18.0.0/15 dev lo
ip -n "$g" route add 198.18.0.0/15 via 10.99.1.2
ip netns exec "$g" sysctl -qw net.ipv4.ip_forward=1
ip netns exec "$g" ${REALTIME:+chrt --fifo 1} python3 tests/page_load.py run "$gateway" "$c" "$b" "${1:-50000}" "${2:-10}" "${3:-$seconds}" "$rate"
