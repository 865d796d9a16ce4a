#!/usr/bin/env bash
# Runs deploy/compose/compose.yaml, as docs/laptop.md says, where no Docker is: Debian's docker-compose speaks to podman. Some three minutes, so CI does not run it: GATEWAY_TEST_PACKAGING=1
# bash tests/run.sh, or
#   tests/compose.sh [FOLDER OF deploy/package.sh]
# Needs root, podman, crun, docker-compose (1.29 or 2), mmdebstrap and curl (Debian: podman crun netavark aardvark-dns docker-compose mmdebstrap curl).
# The images are made here: the gateway's from the tarball, and one Debian with HAProxy, Redis and Prometheus under the names of the others. So their versions are not held, the Dockerfile is
# tests/image.sh's, and Grafana is left out: no release of Debian has it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# Mounts, networks and processes of its own: nothing is left, and nobody's ports and rules are touched.
if [ -z "${GATEWAY_COMPOSE:-}" ]; then
    for program in podman crun docker-compose mmdebstrap curl; do
        command -v "$program" >/dev/null || { echo "FAILED  $program is not installed"; exit 1; }
    done
    GATEWAY_COMPOSE=$(mktemp -d)
    export GATEWAY_COMPOSE
    trap 'rm -rf "$GATEWAY_COMPOSE"' EXIT
    if [ $# = 1 ]; then ln -s "$(realpath "$1")" "$GATEWAY_COMPOSE/packages"; else bash "$here/../deploy/package.sh" "$GATEWAY_COMPOSE/packages"; fi
    # While there is a network.
    mmdebstrap --quiet --variant=minbase --include=haproxy,redis-server,redis-tools,prometheus,iproute2,busybox,libssl3,zlib1g "$(. /etc/os-release && echo "$VERSION_CODENAME")" \
        "$GATEWAY_COMPOSE/debian.tar" >"$GATEWAY_COMPOSE/mmdebstrap.log" 2>&1 || { tail -n 5 "$GATEWAY_COMPOSE/mmdebstrap.log"; echo "FAILED  mmdebstrap"; exit 1; }
    unshare --mount --net --pid --fork --mount-proc --kill-child bash "${BASH_SOURCE[0]}"
    exit
fi
work=$GATEWAY_COMPOSE
[ "$(stat --file-system --format %T /sys/fs/cgroup/unified 2>/dev/null)" != cgroup2fs ] || umount --lazy /sys/fs/cgroup/unified
mount -t tmpfs tmpfs /run
mkdir -p /run/netns /run/lock /run/podman "$work/networks"
ip link set lo up
podman() { command podman --root "$work/storage" --runroot /run/storage --network-config-dir "$work/networks" --storage-driver overlay --cgroup-manager cgroupfs --runtime crun --events-backend file "$@"; }
ok() { printf 'ok  %s\n' "$*"; }
fail() { printf 'FAILED  %s\n' "$*"; exit 1; }
eventually() { # eventually TEXT COMMAND…: what it says has the text, within half a minute.
    local end=$((SECONDS + 30)) said
    until said=$("${@:2}" 2>&1) && grep -q -- "$1" <<<"$said"; do
        [ "$SECONDS" -lt "$end" ] || fail "$* said: $said"
        sleep 0.1
    done
    ok "${*:2}: $(grep -m 1 -- "$1" <<<"$said" | cut -c 1-100)"
}
# shellcheck disable=SC2329 # the trap's
finish() { podman rm --force --all --time 0 >/dev/null 2>&1 || true; }
trap finish EXIT

podman import --quiet "$work/debian.tar" localhost/debian >/dev/null
rm "$work/debian.tar"
image() { # image NAME, with the Dockerfile's lines after FROM as input
    mkdir -p "$work/context"
    (echo 'FROM localhost/debian' && cat) | podman build --quiet --isolation chroot --tag "$1" --file - "$work/context" >/dev/null
}
named() { sed -n "s|^ *image: \($1\)|\1|p" "$here/../deploy/compose/compose.yaml" | head -n 1; }
image "docker.io/library/$(named 'redis:.*')" </dev/null
image "docker.io/library/$(named 'alpine:.*')" </dev/null
image "docker.io/library/$(named 'haproxy:.*')" <<<'CMD ["haproxy", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]'
image "docker.io/$(named 'prom/.*')" <<<'ENTRYPOINT ["prometheus", "--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/tmp/prometheus"]'
mkdir "$work/context/app"
tar -xzf "$work"/packages/gateway-*.tar.gz -C "$work/context/app" --strip-components 1
printf 'COPY app /app\nENV DOTNET_EnableDiagnostics=0\nENTRYPOINT ["/app/Gateway"]\nCMD ["run"]\n' | image localhost/gateway-laptop

# A copy without the line that docker-compose 1 does not know.
mkdir "$work/repository"
cp -r "$here/../deploy" "$work/repository/"
sed -i '/^name:/d' "$work/repository/deploy/compose/compose.yaml"
podman system service --time 0 unix:///run/podman/podman.sock >"$work/service.log" 2>&1 &
export DOCKER_HOST=unix:///run/podman/podman.sock
for _ in $(seq 100); do [ ! -S /run/podman/podman.sock ] || break; sleep 0.1; done
compose() { docker-compose --project-name gateway-laptop --file "$work/repository/deploy/compose/compose.yaml" "$@"; }
compose up --detach --no-build client balancer gateway return-route redis whoami prometheus >"$work/up.log" 2>&1 || { tail -n 20 "$work/up.log"; fail "docker-compose up"; }

# What docs/laptop.md promises.
container() { podman ps --filter "label=com.docker.compose.service=$1" --format '{{.Names}}'; }
client=$(container client)
on_client() { podman exec "$client" "$@"; }
eventually 'addr=203.0.113.7:' on_client redis-cli -h 203.0.113.2 client list
eventually '^X-Forwarded-For: 203.0.113.7$' on_client busybox wget -qO- http://203.0.113.2/
eventually '^client=203.0.113.7:.* via=proxy-v2 ' on_client bash -c 'exec 3<>/dev/tcp/203.0.113.2/9000 && head -n 1 <&3'
eventually 'client=203.0.113.7:' podman logs "$(container gateway)"
eventually '^X-Forwarded-For: \(203.0.113\|10.77.0\).1$' curl --silent --max-time 5 http://127.0.0.1:8080/
eventually '"readOnly":true' curl --silent --max-time 5 http://127.0.0.1:9901/api/status
eventually '"job":"gateway"},"value":\[[0-9.]*,"1"\]' curl --silent --max-time 5 'http://127.0.0.1:9090/api/v1/query?query=up'
ok "all of compose.yaml but Grafana"
