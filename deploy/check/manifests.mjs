import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { parseAllDocuments } from "yaml";
import { problemsOfEnvoyFilter } from "./envoy-filter.mjs";
import { ReadKeys } from "./read-keys.mjs";

function packageOf(apiVersion) {
  if (apiVersion.startsWith("gateway.networking.k8s.io/")) return "@kubernetes-models/gateway-api";
  if (apiVersion.includes("istio.io")) return "@kubernetes-models/istio";
  return apiVersion.includes("coreos.com") ? "@kubernetes-models/prometheus-operator" : "kubernetes-models";
}

// The package was made before TCPRoute came to v1 (Gateway API 1.6), with the same fields.
function known(manifest) {
  return manifest.kind === "TCPRoute" ? { ...manifest, apiVersion: "gateway.networking.k8s.io/v1alpha2" } : manifest;
}

async function problemsOf(written) {
  const manifest = known(written);
  const models = await import(`${packageOf(manifest.apiVersion)}/${manifest.apiVersion}`);
  const model = models[manifest.kind];
  if (!model) return [`no schema for this kind`];
  const keys = new ReadKeys();
  try {
    model.prototype.validate.call(keys.watch(manifest));
  } catch (problem) {
    return [problem.message];
  }
  return [...keys.unread(manifest).map((path) => `${path} is not a key of the schema`), ...(manifest.kind === "EnvoyFilter" ? problemsOfEnvoyFilter(manifest) : [])];
}

let bad = 0;
let good = 0;
for (const file of process.argv.slice(2)) {
  for (const document of parseAllDocuments(readFileSync(file, "utf8"))) {
    const manifest = document.toJS();
    const problems = document.errors.length > 0 ? document.errors.map((error) => error.message)
      : await problemsOf(manifest).catch((problem) => [problem.message]);
    for (const problem of problems) {
      console.log(`${basename(file)}: ${manifest?.apiVersion} ${manifest?.kind} ${manifest?.metadata?.name}: ${problem}`);
    }
    problems.length === 0 ? good++ : bad++;
  }
}
console.log(`${good} manifests fit their schemas, ${bad} do not`);
process.exit(bad === 0 && good > 0 ? 0 : 1);
