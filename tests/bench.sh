#!/usr/bin/env bash
# Compares the gateway with HAProxy and nginx, side by side in one run, and prints one table.
#   tests/bench.sh [--quick] [--rounds N] [--seconds S] [--cells TEXT] [--json FILE] [--markdown FILE] [--other FILE]
#   --other FILE adds another build of the gateway (its executable, published in the same way) as one more row.
#   tests/bench.sh --micro [BenchmarkDotNet's options]
#   tests/bench.sh --soak [--connections N] [--minutes M]: N short connections (2,000,000) of as many clients, with reloads, limits and ejections
# --markdown docs/performance.md replaces what stands below "## The last run" there.
# As root it runs in a network namespace of its own with nothing but loopback in it; otherwise on this host's loopback.
set -euo pipefail
cd "$(dirname "$0")/.."

need=()
command -v haproxy >/dev/null || need+=(haproxy)
command -v nginx >/dev/null || need+=(nginx)
[ -e /usr/lib/nginx/modules/ngx_stream_module.so ] || need+=(libnginx-mod-stream)
command -v wrk >/dev/null || need+=(wrk)
command -v openssl >/dev/null || need+=(openssl)
if [ ${#need[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${need[@]}" >/dev/null
  else
    echo "missing: ${need[*]} (apt-get install ${need[*]})" >&2
    exit 1
  fi
fi

dotnet build tests/Gateway.Benchmarks -c Release -v q
bench=(tests/Gateway.Benchmarks/bin/Release/net10.0/Gateway.Benchmarks)
if [ "${1:-}" = --micro ]; then
  shift
  exec "${bench[@]}" micro "$@"
fi
mode=run
if [ "${1:-}" = --soak ]; then
  mode=soak
  shift
fi
args=()
while [ $# -gt 0 ]; do
  case "$1" in
    --quick) args+=(--rounds 1 --seconds 0.5); shift ;;
    *) args+=("$1"); shift ;;
  esac
done

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
# As in the container image. The lock files are for builds without a runtime identifier, so this restore goes its own way.
dotnet publish src/Gateway -c Release -r "linux-$(uname -m | sed 's/x86_64/x64/;s/aarch64/arm64/')" --self-contained false \
  -p:PublishReadyToRun=true -p:RestoreLockedMode=false -p:NuGetLockFilePath=obj/bench.lock.json -o "$out/gateway" -v q
run=("${bench[@]}" "$mode" --gateway "$out/gateway/Gateway" "${args[@]}")
if [ "$(id -u)" = 0 ]; then
  unshare --net bash -c 'ip link set lo up
    echo 1 > /proc/sys/net/ipv4/tcp_tw_reuse
    echo "10000 65535" > /proc/sys/net/ipv4/ip_local_port_range
    echo reno > /proc/sys/net/ipv4/tcp_congestion_control
    exec "$@"' bash "${run[@]}"
else
  "${run[@]}"
fi
