#!/usr/bin/env bash
# Checks manifests against the schemas of Kubernetes, Istio and Envoy: wrong values and, what those schemas themselves let through, misspelt keys.
#   deploy/check.sh            every folder of deploy/, rendered
#   deploy/check.sh FILE…      rendered manifests
#   deploy/check.sh --fetch    only fetches the schemas
# Needs node, npm and kubectl (1.22 or later). The schemas come from npm, once, in the versions of deploy/check/package-lock.json, into artifacts/deploy-check.
# Exit code 0: all fit; 1: some do not; 75: the schemas cannot be had. tests/run.sh runs it (tests/Gateway.FunctionalTests/Deploy/ManifestSchemaTests.cs).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$here/../artifacts/deploy-check
cannot_be_had=75

# One at a time: tests run side by side.
fetch() {
    exec 9>"$work/lock"
    flock 9
    cmp -s "$here/check/package-lock.json" "$work/fetched" && return
    # Every test asks: once without a network is enough for a while.
    [ -z "$(find "$work/failed" -mmin -5 2>/dev/null)" ] || { cat "$work/failed"; exit $cannot_be_had; }
    cp "$here/check/package.json" "$here/check/package-lock.json" "$work"
    if ! (cd "$work" && timeout 90 npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=1) >"$work/npm.log" 2>&1; then
        # package.json and package-lock.json do not agree: that is ours to repair.
        grep EUSAGE "$work/npm.log" && exit 1
        { grep -E 'npm (error|ERR!)' "$work/npm.log" || echo "npm did not end"; } | head -n 3 | tee "$work/failed"
        exit $cannot_be_had
    fi
    cp "$here/check/package-lock.json" "$work/fetched"
}

mkdir -p "$work"
fetch
[ "${1:-}" = --fetch ] && exit 0

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
files=("$@")
if [ $# = 0 ]; then
    for folder in "$here"/base "$here"/backend "$here"/overlays/* "$here"/istio/*; do
        # A component is rendered by those who use it.
        grep -q '^kind: Kustomization' "$folder/kustomization.yaml" || continue
        name=${folder#"$here"/}
        kubectl kustomize "$folder" >"$temporary/${name//\//-}.yaml"
        files+=("$temporary/${name//\//-}.yaml")
    done
fi

# Modules are looked for beside the script that imports them.
cp "$here"/check/*.mjs "$temporary"
ln -s "$work/node_modules" "$temporary/node_modules"
flock -u 9
node "$temporary/manifests.mjs" "${files[@]}"
