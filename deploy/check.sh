#!/usr/bin/env bash
# Checks every rendered manifest against the schemas of Kubernetes and Istio. Needs kubectl, node and npm; fetches the schemas from npm into a temporary folder.
# Not part of the build or the tests: they check what needs no network (tests/Gateway.Tests/Deploy).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
npm install --silent --no-audit --no-fund --prefix "$temporary" kubernetes-models@5.1.0 @kubernetes-models/istio@3.0.1 @kubernetes-models/prometheus-operator@6.0.0 yaml@2.9.1 >/dev/null

for folder in base overlays/* istio/*; do
    # A component is rendered by those who use it.
    grep -q '^kind: Kustomization' "$folder/kustomization.yaml" || continue
    kubectl kustomize "$folder" >"$temporary/${folder//\//-}.yaml"
done

cat >"$temporary/check.mjs" <<'JS'
import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";

let bad = 0;
let good = 0;
for (const file of process.argv.slice(2)) {
  for (const document of parseAllDocuments(readFileSync(file, "utf8"))) {
    const manifest = document.toJS();
    const what = `${file.split("/").pop()}: ${manifest.apiVersion} ${manifest.kind} ${manifest.metadata.name}`;
    const from = manifest.apiVersion.includes("istio.io") ? "@kubernetes-models/istio"
      : manifest.apiVersion.includes("coreos.com") ? "@kubernetes-models/prometheus-operator" : "kubernetes-models";
    try {
      const models = await import(`${from}/${manifest.apiVersion}`);
      new models[manifest.kind](manifest).validate();
      good++;
    } catch (problem) {
      console.log(`${what}: ${problem.message}`);
      bad++;
    }
  }
}
console.log(`${good} manifests fit their schemas, ${bad} do not`);
process.exit(bad === 0 && good > 0 ? 0 : 1);
JS
node "$temporary/check.mjs" "$temporary"/*.yaml
