#!/usr/bin/env bash
# Builds the Dockerfile, its three images, and runs them as the manifests of deploy/ say: user, capabilities, no_new_privs, seccomp profile, read-only root, mounts and commands are read from what
# kubectl renders. Prints sizes, and the time until a container is ready.
#   tests/image.sh            some minutes at first, since it makes base images; they are kept below artifacts/image
#   tests/image.sh --clean    removes them
# Needs root, buildah, podman, crun, mmdebstrap, jq, kubectl (1.22 or later), ip, curl (Debian: buildah podman crun mmdebstrap jq kubernetes-client iproute2 curl) and the SDK of global.json. CI does not
# run it: GATEWAY_TEST_PACKAGING=1 bash tests/run.sh does.
#
# The base images are not Microsoft's, which a machine without its registry cannot pull. The SDK's is a Debian with this machine's SDK; the chiseled one is this machine's runtime on nothing but the
# libraries that it needs, without a shell, with the same user, variables and entry point; the redirect image's is a Debian with the runtime. The images that the Dockerfile names by default are
# therefore not held, and neither are their versions of libc and OpenSSL. RuntimeDefault is podman's own profile, which is the one that CRI-O takes; containerd's differs in a few calls.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# Mounts of its own. crun refuses a host that has both versions of cgroups; no container gets a cgroup here.
if [ -z "${GATEWAY_IMAGE_MOUNTS:-}" ]; then
    GATEWAY_IMAGE_MOUNTS=1 exec unshare --mount bash "${BASH_SOURCE[0]}" "$@"
fi
[ "$(stat --file-system --format %T /sys/fs/cgroup/unified 2>/dev/null)" != cgroup2fs ] || umount --lazy /sys/fs/cgroup/unified
root=$(realpath "$here/..")
store=$root/artifacts/image
engine=(--root "$store/storage" --runroot "$store/run" --storage-driver "${STORAGE_DRIVER:-overlay}")
buildah() { command buildah "${engine[@]}" "$@"; }
podman() { command podman "${engine[@]}" --cgroup-manager cgroupfs --runtime crun "$@"; }
ok() { printf 'ok  %s\n' "$*"; }
fail() { printf 'FAILED  %s\n' "$*"; exit 1; }

if [ "${1:-}" = --clean ]; then
    [ ! -d "$store/storage" ] || { buildah rm --all >/dev/null; buildah rmi --all --force >/dev/null; }
    rm -rf "$store"
    exit 0
fi
for program in buildah podman crun mmdebstrap jq kubectl ip curl dotnet; do
    command -v "$program" >/dev/null || fail "$program is not installed"
done

work=$(mktemp -d)
pods=()
finish() {
    for pod in "${pods[@]}"; do
        podman rm --force --time 0 --filter "label=pod=$pod" >/dev/null 2>&1 || podman rm --force --all --time 0 >/dev/null 2>&1 || true
        ip netns delete "$pod" 2>/dev/null || true
        ip netns delete "$pod-client" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap finish EXIT
mkdir -p "$store"

# Base images, kept by the version of what is in them.
sdk=$(dotnet --version)
dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
libraries=libc6,libgcc-s1,libssl3,libstdc++6,zlib1g
# debian FILE VARIANT PACKAGES
debian() {
    [ -s "$1" ] || { mmdebstrap --quiet --variant="$2" --include="$3" "$release" "$1.new" --format=tar >"$work/mmdebstrap.log" 2>&1 && mv "$1.new" "$1"; } ||
        { tail -n 5 "$work/mmdebstrap.log"; fail mmdebstrap; }
}
# base NAME TARBALL PARTS-OF-DOTNET… -- OPTIONS OF buildah config…
base() {
    local name=$1 tarball=$2 container folder
    shift 2
    ! buildah inspect --type image "localhost/$name:$sdk" >/dev/null 2>&1 || return 0
    container=$(buildah from scratch)
    folder=$(buildah mount "$container")
    tar --extract --file "$tarball" --directory "$folder"
    mkdir -p "$folder/usr/share/dotnet" "$folder/etc/ssl/certs" "$folder/usr/bin" "$folder/tmp"
    while [ "$1" != -- ]; do
        cp -a --parents -t "$folder" "$dotnet/$1"
        [ "$dotnet" = /usr/share/dotnet ] || mv "$folder$dotnet/$1" "$folder/usr/share/dotnet/"
        shift
    done
    shift
    ln -sf /usr/share/dotnet/dotnet "$folder/usr/bin/dotnet"
    cp /etc/ssl/certs/ca-certificates.crt "$folder/etc/ssl/certs/"
    grep -qs '^root:' "$folder/etc/passwd" || echo 'root:x:0:0:root:/root:/sbin/nologin' >"$folder/etc/passwd"
    echo 'app:x:1654:1654::/home/app:/sbin/nologin' >>"$folder/etc/passwd"
    [ ! -d "$folder/etc/apt/apt.conf.d" ] || cp /etc/apt/apt.conf.d/* "$folder/etc/apt/apt.conf.d/"
    buildah umount "$container" >/dev/null
    buildah config "$@" "$container"
    buildah commit --quiet --rm "$container" "localhost/$name:$sdk" >/dev/null
}
debian "$store/debian.tar" minbase "$libraries,ca-certificates"
# Extracted alone: neither a shell nor a package manager.
debian "$store/libraries.tar" extract "$libraries"
variables=(--env APP_UID=1654 --env ASPNETCORE_HTTP_PORTS=8080 --env DOTNET_RUNNING_IN_CONTAINER=true)
base gateway-base-sdk "$store/debian.tar" dotnet host packs sdk sdk-manifests shared templates -- --env DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 --env DOTNET_CLI_TELEMETRY_OPTOUT=1
base gateway-base-runtime "$store/libraries.tar" dotnet host shared -- "${variables[@]}" --user 1654
base gateway-base-redirect "$store/debian.tar" dotnet host shared -- "${variables[@]}"
base gateway-base-native "$store/libraries.tar" -- --env APP_UID=1654 --user 1654

# The Dockerfile as it stands. Packages come from this machine's NuGet folder, as far as they are there.
packages=${NUGET_PACKAGES:-$HOME/.nuget/packages}
mkdir -p "$packages" "$HOME/.nuget/NuGet"
build() { # build TAG OPTIONS…
    local tag=$1 start=$SECONDS
    shift
    buildah build --isolation chroot --layers --volume "$packages:/root/.nuget/packages" --volume "$HOME/.nuget/NuGet:/root/.nuget/NuGet:ro" \
        --build-arg "SDK_IMAGE=localhost/gateway-base-sdk:$sdk" --build-arg "RUNTIME_IMAGE=localhost/gateway-base-runtime:$sdk" \
        --build-arg "REDIRECT_IMAGE=localhost/gateway-base-redirect:$sdk" --build-arg "NATIVE_IMAGE=localhost/gateway-base-native:$sdk" --tag "localhost/$tag" "$@" "$root" >"$work/$tag.log" 2>&1 || { tail -n 30 "$work/$tag.log"; fail "$tag"; }
    ok "$tag is built in $((SECONDS - start)) s: $(megabytes "$tag"), of it the base $(megabytes "$(sed 's/^gateway$/gateway-base-runtime/; s/-\(redirect\|native\)$/-base-\1/' <<<"$tag"):$sdk")"
}
megabytes() { podman image inspect --format '{{.Size}}' "localhost/$1" | awk '{ printf "%.0f MB", $1 / 1e6 }'; }
build gateway
build gateway-redirect --target redirect
build gateway-native --target native

for image in gateway gateway-native; do
    [ "$(podman image inspect --format '{{.User}}' "localhost/$image")" = 1654 ] || fail "the user of $image"
    folder=$(podman image mount "localhost/$image")
    [ -z "$(find "$folder" \( -name sh -o -name bash -o -name apt -o -name dpkg \) -type f)" ] || fail "there is a shell, or a package manager, in $image"
    podman image unmount "localhost/$image" >/dev/null
    ok "the user of $image is 1654, and it has neither a shell nor a package manager"
done

# pod FOLDER WORKLOAD: one pod of what the folder renders. Its containers share a network namespace, and a client has another.
gateway=gateway
number=0
pod_address=10.77.1.10
client_address=10.77.1.20
pod() {
    local overlay=$1 workload=$2 json containers container
    number=$((number + 1))
    local name=gwimage$$x$number
    json=$work/$name.json
    kubectl kustomize "$root/deploy/$overlay" | kubectl label --local --filename - --dry-run=client --output json image=test | jq --slurp . >"$json"
    mkdir -p "$work/$name/config" "$work/$name/host"
    jq --raw-output '.[] | select(.kind == "ConfigMap") | .data["appsettings.json"]' "$json" >"$work/$name/config/appsettings.json"
    chmod -R a+rX "$work"
    ip netns add "$name"
    pods+=("$name")
    ip netns add "$name-client"
    ip link add pod0 netns "$name" type veth peer name client0 netns "$name-client"
    ip -n "$name" address add "$pod_address/24" dev pod0
    ip -n "$name-client" address add "$client_address/24" dev client0
    ip -n "$name" link set lo up
    ip -n "$name" link set pod0 up
    ip -n "$name-client" link set client0 up
    ip -n "$name" route add default via "$client_address"

    # Init containers first, in their order; those that stay (restartPolicy: Always) go on beside the others.
    containers=$(jq --compact-output --arg workload "$workload" '
        .[] | select((.kind == "Deployment" or .kind == "DaemonSet") and .metadata.name == $workload) | .spec.template.spec as $pod
        | (($pod.initContainers // [])[] | . + { init: (.restartPolicy != "Always") }), ($pod.containers[] | . + { init: false })
        | {
            name, init, image, command: (.command // []), args: (.args // []),
            user: (.securityContext.runAsUser // $pod.securityContext.runAsUser), group: (.securityContext.runAsGroup // $pod.securityContext.runAsGroup // 0),
            added: (.securityContext.capabilities.add // []), dropped: .securityContext.capabilities.drop,
            readOnly: .securityContext.readOnlyRootFilesystem, escalation: .securityContext.allowPrivilegeEscalation, seccomp: $pod.securityContext.seccompProfile.type,
            mounts: [(.volumeMounts // [])[] | . as $mount | $pod.volumes[] | select(.name == $mount.name) | { path: $mount.mountPath, kind: (keys - ["name"])[0] }]
          }' "$json")
    [ -n "$containers" ] || fail "$overlay: no workload $workload"
    while read -r container; do
        run_container "$overlay" "$name" "$container"
    done <<<"$containers"
}

run_container() {
    local overlay=$1 pod=$2 json=$3 image start ms process capabilities
    of() { jq --raw-output "$1" <<<"$json"; }
    [ "$(of '"\(.dropped) \(.readOnly) \(.escalation) \(.seccomp)"')" = '["ALL"] true false RuntimeDefault' ] || fail "$overlay: the restrictions of $(of .name)"
    case $(of .image) in
        *gateway-redirect:*) image=localhost/gateway-redirect ;;
        # Whoami is in the first image alone.
        */gateway:*) image=localhost/gateway; [[ $(of '.command | join(" ")') == *Whoami* ]] || image=localhost/$gateway ;;
        # What the manifests run in it are a shell, ip and coreutils, which this image has too.
        alpine:*) image=localhost/gateway-redirect ;;
        *) fail "$overlay: the image $(of .image)" ;;
    esac
    local options=(--name "$pod-$(of .name)" --label "pod=$pod" --network "ns:/run/netns/$pod" --cgroups disabled --no-hosts --ulimit "nofile=$(ulimit -Hn):$(ulimit -Hn)" --ulimit nproc=4096:4096
        --read-only --read-only-tmpfs=false --cap-drop all --security-opt no-new-privileges --user "$(of '"\(.user):\(.group)"')")
    local line
    while read -r line; do options+=(--cap-add "$line"); done < <(of '.added[]')
    while read -r line; do
        case ${line#* } in
            configMap) options+=(--volume "$work/$pod/config:${line% *}:ro") ;;
            hostPath) options+=(--volume "$work/$pod/host:${line% *}") ;;
            emptyDir) options+=(--tmpfs "${line% *}:rw,size=16m,mode=1777") ;;
            *) fail "$overlay: a volume of kind ${line#* }" ;;
        esac
    done < <(of '.mounts[] | "\(.path) \(.kind)"')
    [ "$(of '.command | length')" = 0 ] || options+=(--entrypoint "$(of '.command | tojson')")
    local arguments=()
    # Arguments may have line ends in them.
    while IFS= read -r -d '' line; do arguments+=("$line"); done < <(of '.args[] | @base64' | while read -r line; do base64 --decode <<<"$line"; printf '\0'; done)
    [ "$image" != localhost/gateway-redirect ] || [ "$(of '.command | length')" != 0 ] || [ ${#arguments[@]} != 0 ] || fail "$overlay: nothing to run"

    podman create "${options[@]}" "$image" "${arguments[@]}" >/dev/null
    start=$(date +%s%N)
    if [ "$(of .init)" = true ]; then
        podman start --attach "$pod-$(of .name)" >"$work/init.log" 2>&1 </dev/null || { tail -n 5 "$work/init.log"; fail "$overlay: the init container $(of .name)"; }
        ok "$overlay: the init container $(of .name) does its work as uid $(of .user), $(of '.added | if . == [] then "no capability" else join(", ") end')"
        return
    fi
    podman start "$pod-$(of .name)" >/dev/null </dev/null
    process=$(podman inspect --format '{{.State.Pid}}' "$pod-$(of .name)")
    if [[ $(of '.command | join(" ")') != *Whoami* ]]; then
        until [ "$(ip netns exec "$pod" curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:9900/healthz/ready)" = 200 ]; do
            kill -0 "$process" 2>/dev/null || { podman logs --tail 5 "$pod-$(of .name)"; fail "$overlay: $(of .name) has ended"; }
            [ $(($(date +%s%N) - start)) -lt 60000000000 ] || { podman logs --tail 5 "$pod-$(of .name)"; fail "$overlay: $(of .name) is not ready"; }
            sleep 0.01
        done
        ms=", ready $((($(date +%s%N) - start) / 1000000)) ms after podman start, $(($(field "$process" VmRSS | tr -dc '0-9') / 1024)) MB resident"
    fi
    capabilities=$(capsh_mask "$(of '.added | join(" ")')")
    [ "$(field "$process" Uid | cut -f1)" = "$(of .user)" ] || fail "$overlay: $(of .name) is of user $(field "$process" Uid)"
    [ "$(field "$process" CapBnd)" = "$capabilities" ] || fail "$overlay: $(of .name) may have the capabilities $(field "$process" CapBnd), not $capabilities"
    # Kubernetes gives added capabilities to root alone.
    [ "$(of .user)" != 0 ] || [ "$(field "$process" CapEff)" = "$capabilities" ] || fail "$overlay: $(of .name) has $(field "$process" CapEff)"
    [ "$(field "$process" NoNewPrivs) $(field "$process" Seccomp)" = '1 2' ] || fail "$overlay: $(of .name) is not restricted"
    awk '$5 == "/" { print $6 }' "/proc/$process/mountinfo" | grep -q '^ro' || fail "$overlay: the root of $(of .name) can be written"
    ok "$overlay: $(of .name) runs as uid $(of .user), $(of '.added | if . == [] then "no capability" else join(", ") end'), read-only, seccomp${ms:-}"
}
field() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"; }
# The mask of names as /proc shows it: bits of linux/capability.h.
capsh_mask() {
    local name mask=0
    for name in $1; do
        case $name in CHOWN) mask=$((mask | 1 << 0)) ;; NET_ADMIN) mask=$((mask | 1 << 12)) ;; NET_RAW) mask=$((mask | 1 << 13)) ;; *) fail "the capability $name" ;; esac
    done
    printf '%016x' "$mask"
}
# ends: the gateway's container drains on SIGTERM, and its exit code is 0.
ends() {
    podman kill --signal TERM "$1-gateway" >/dev/null
    [ "$(podman wait "$1-gateway")" = 0 ] || fail "the gateway's exit code"
}

# sees_client FOLDER POD: port 9000 of the pod tells of the client's own address, by the socket alone. The backend may have started a moment ago: the
# gateway refuses clients until it listens.
sees_client() {
    local seen end=$((SECONDS + 30))
    until seen=$(ip netns exec "$2-client" bash -c "exec 3<>/dev/tcp/$pod_address/9000 && timeout 10 head -n 1 <&3" 2>/dev/null) && [ -n "$seen" ]; do
        [ $SECONDS -lt $end ] || break
        sleep 0.2
    done
    [[ $seen == "client=$client_address:"*" via=socket "* ]] || { podman logs --tail 3 "$2-gateway"; fail "$1: the backend sees $seen"; }
    ok "$1: the backend in the pod sees the client's own address"
}

for overlay in overlays/whoami overlays/clb-proxy-v2 overlays/daemonset; do pod "$overlay" gateway; done
ends "gwimage$$x1"
ok "SIGTERM: it drained, and its exit code is 0"
[ "$(stat -c '%u %a' "$work/gwimage$$x3/host")" = '1654 700' ] && [ -S "$work/gwimage$$x3/host/handover.sock" ] || fail "overlays/daemonset: the folder of the handover"
ok "overlays/daemonset: the folder is the gateway's alone, and its socket is there"

pod overlays/transparent gateway
sees_client overlays/transparent "gwimage$$x4"

pod istio/sidecar app
sees_client istio/sidecar "gwimage$$x5"

gateway=gateway-native
pod overlays/clb-proxy-v2 gateway
ends "gwimage$$x6"
pod overlays/transparent gateway
sees_client overlays/transparent "gwimage$$x7"
ok "the native image: the same"
ok "all"
