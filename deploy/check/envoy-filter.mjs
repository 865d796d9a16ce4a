// What an EnvoyFilter inserts is Envoy's, and Istio's schema says nothing of it. Here are the messages that our manifests use, with the fields of Envoy's v3 API: api/envoy/config/listener/v3/
// listener_components.proto and api/envoy/extensions/filters/listener/proxy_protocol/v3/proxy_protocol.proto. A message that is missing here is refused: add it from its .proto.
const predicate = {
  any_match: "boolean",
  destination_port_range: { start: "number", end: "number" },
};
predicate.not_match = predicate;
predicate.and_match = predicate.or_match = { rules: [predicate] };

const filters = {
  "envoy.filters.listener.proxy_protocol": {
    type: "type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol",
    fields: {
      rules: [{ tlv_type: "number", on_tlv_present: { metadata_namespace: "string", key: "string" } }],
      allow_requests_without_proxy_protocol: "boolean",
      pass_through_tlvs: { match_type: "string", tlv_type: ["number"] },
    },
  },
};

// What stands in Istio's inbound listener: pilot/pkg/networking/core/listener_inbound.go, populateListenerFilters. Another name would match nothing, and say nothing.
const istiosFilters = ["original_dst", "original_src", "tls_inspector", "http_inspector"].map((name) => `envoy.filters.listener.${name}`);

export function problemsOfEnvoyFilter(manifest) {
  return (manifest.spec.configPatches ?? []).flatMap((patch, i) => {
    const path = `/spec/configPatches/${i}`;
    if (patch.applyTo !== "LISTENER_FILTER") return [`${path}/applyTo: ${patch.applyTo} is not checked here: add its messages`];
    const anchor = patch.match?.listener?.listenerFilter;
    const unknownAnchor = istiosFilters.includes(anchor) ? [] : [`${path}/match/listener/listenerFilter: Istio has no ${anchor} there`];
    return [...unknownAnchor, ...problemsOfFilter(patch.patch?.value ?? {}, `${path}/patch/value`)];
  });
}

function problemsOfFilter(value, path) {
  const filter = filters[value.name];
  if (!filter) return [`${path}/name: ${value.name} is not checked here: add its message`];
  const { "@type": type, ...fields } = value.typed_config ?? {};
  const wrongType = type === filter.type ? [] : [`${path}/typed_config/@type: ${type} instead of ${filter.type}`];
  return [
    ...wrongType,
    ...misfits({ ...value, typed_config: fields }, { name: "string", typed_config: filter.fields, filter_disabled: predicate }, path),
  ];
}

function misfits(value, shape, path) {
  if (typeof shape === "string") return typeof value === shape ? [] : [`${path} must be a ${shape}`];
  if (Array.isArray(shape)) return Array.isArray(value) ? value.flatMap((item, i) => misfits(item, shape[0], `${path}/${i}`)) : [`${path} must be a list`];
  if (value === null || typeof value !== "object" || Array.isArray(value)) return [`${path} must be an object`];
  return Object.entries(value).flatMap(([key, member]) => (shape[key] ? misfits(member, shape[key], `${path}/${key}`) : [`${path}/${key} is not a field of Envoy's message`]));
}
