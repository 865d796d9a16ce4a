using System.Text.Json;
using Gateway.Kubernetes.Client;
using Gateway.Kubernetes.GatewayApi.Objects;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>
/// The policies and annotations. For a route's backend the narrowest decides: those of the route, then of the Service, of the Gateway's
/// listener, of the Gateway. At one object a policy decides before an annotation, and of two policies the older one.
/// </summary>
internal sealed class Policies
{
    private static readonly string[] Kinds = [ApiNames.Gateway, ApiNames.Service, ApiNames.TcpRoute, ApiNames.TlsRoute, ApiNames.HttpRoute];

    private readonly Dictionary<PolicyTarget, ReadPolicy> _byTarget = [];
    private readonly List<ReadPolicy> _policies;

    /// <summary>Reads all policies.</summary>
    public Policies(IEnumerable<PolicyObject> policies)
    {
        _policies = [.. policies.Oldest().Select(ReadPolicy.From)];
        foreach (var policy in _policies)
        {
            // What has no such target must not be in force at an object of the same name.
            foreach (var target in (policy.Policy.Spec.TargetRefs ?? []).Where(IsKnown))
            {
                _byTarget.TryAdd(TargetOf(policy.Policy, target), policy);
            }
        }
    }

    /// <summary>How the backend of a route learns the client's address.</summary>
    /// <param name="kind">The kind of the route.</param>
    /// <param name="route">The route.</param>
    /// <param name="service">The backend's Service; null: there is none.</param>
    /// <param name="gateway">The Gateway.</param>
    /// <param name="listener">The Gateway's listener.</param>
    public SourceIpChoice SourceIpOf(string kind, ObjectMeta route, ObjectMeta? service, ObjectMeta gateway, string listener) =>
        At(new(kind, route.Key), route)
            ?? (service is null ? null : At(new(ApiNames.Service, service.Key), service))
            ?? At(new(ApiNames.Gateway, gateway.Key, listener), null)
            ?? At(new(ApiNames.Gateway, gateway.Key), gateway)
            ?? SourceIpChoice.None;

    /// <summary>Who in front of a Gateway's port tells of clients.</summary>
    /// <param name="gateway">The Gateway.</param>
    /// <param name="port">The Gateway's listeners with this port. What one of them has a policy for counts for the port.</param>
    public PortPolicy PortOf(ResourceKey gateway, IReadOnlyCollection<ListenerSlot> port)
    {
        (string Section, ReadPolicy Policy)[] attached =
        [
            .. port.Select(static slot => slot.Spec.Name).Append("")
                .Select(section => (Section: section, Policy: _byTarget.GetValueOrDefault(new(ApiNames.Gateway, gateway, section))))
                .Where(static entry => entry.Policy is not null)
                .Select(static entry => (entry.Section, entry.Policy!)),
        ];
        var isHttp = port.All(static slot => slot.IsHttp);
        var proxy = attached.FirstOrDefault(static one => one.Policy is { Problem: not null } or { ProxyProtocol: not null }).Policy;
        var (section, forwarded) = attached
            .FirstOrDefault(static one => one.Policy is { Problem: not null } or { ForwardedHeaders: not null });
        if (new[] { proxy, forwarded }.FirstOrDefault(static one => one?.Problem is not null) is { } wrong)
        {
            return new PortPolicy(null, null, Describe(wrong));
        }

        ReadPolicy[] ofListeners = [.. attached.Where(static one => one.Section.Length > 0).Select(static one => one.Policy).Distinct()];
        if ((Difference("proxyProtocol", ofListeners, ProxyProtocolOf) ?? Difference("forwardedHeaders", ofListeners, ForwardedHeadersOf))
            is { } different)
        {
            return new PortPolicy(null, null, different);
        }

        // One for the whole Gateway is for those of its listeners that have HTTP.
        if (!isHttp && section is { Length: > 0 })
        {
            return new PortPolicy(
                null, null, $"the SourceIpPolicy {forwarded!.Policy.Metadata.Key}: forwardedHeaders is for HTTP and HTTPS listeners");
        }

        forwarded = isHttp ? forwarded : null;
        return new PortPolicy(proxy?.ProxyProtocol, forwarded?.ForwardedHeaders)
        {
            Text = $"{(proxy is null ? null : ProxyProtocolOf(proxy))} {(forwarded is null ? null : ForwardedHeadersOf(forwarded))}",
        };
    }

    /// <summary>The statuses of the policies.</summary>
    /// <param name="exists">Whether an object exists.</param>
    /// <param name="isOurs">Whether an object belongs to the Gateways that this gateway serves. Others write the other statuses.</param>
    public IEnumerable<PolicyStatus> Statuses(Func<PolicyTarget, bool> exists, Func<PolicyTarget, bool> isOurs)
    {
        foreach (var policy in _policies)
        {
            var all = (policy.Policy.Spec.TargetRefs ?? []).Select(target => (Ref: target, Target: TargetOf(policy.Policy, target)))
                .ToLookup(target => isOurs(target.Target) || !exists(target.Target));
            var targets = all[true]
                .Select(target => (target.Ref, Condition.Of("Accepted", "Accepted", ProblemOf(policy, target.Ref, target.Target, exists))))
                .ToList();
            if (targets.Count > 0)
            {
                yield return new PolicyStatus(policy.Policy.Metadata, targets, [.. all[false].Select(static target => target.Ref)]);
            }
        }
    }

    private Problem? ProblemOf(ReadPolicy policy, PolicyTargetRef reference, PolicyTarget target, Func<PolicyTarget, bool> exists)
    {
        if (!IsKnown(reference))
        {
            return new("Invalid", $"a policy is attached to {string.Join(", ", Kinds)}, not to {reference.Group}/{target.Kind}");
        }

        if (target.Section.Length > 0 && target.Kind != ApiNames.Gateway)
        {
            return new("Invalid", $"sectionName is for the listeners of a Gateway, not for a {target.Kind}");
        }

        if (!exists(target))
        {
            var section = target.Section.Length > 0 ? $" with a listener {target.Section}" : "";
            return new("TargetNotFound", $"there is no {target.Kind} {target.Key}{section}");
        }

        if (_byTarget[target] is var first && first != policy)
        {
            return new("Conflicted", $"the SourceIpPolicy {first.Policy.Metadata.Name} is older, and attached to the same {target.Kind}");
        }

        return policy.Problem is { } problem ? new("Invalid", problem)
            : target.Kind == ApiNames.Gateway ? null
            : policy.ProxyProtocol is not null
                ? new("Invalid", $"proxyProtocol is for the listeners of a Gateway, not for a {target.Kind}")
            : policy.ForwardedHeaders is not null
                ? new("Invalid", $"forwardedHeaders is for the listeners of a Gateway, not for a {target.Kind}")
                : null;
    }

    private SourceIpChoice? At(PolicyTarget target, ObjectMeta? annotated)
    {
        if (_byTarget.GetValueOrDefault(target) is { } policy && (policy.Problem ?? (object?)policy.SourceIp) is not null)
        {
            return policy.Problem is null ? new(policy.SourceIp!) : SourceIpChoice.None with { Problem = Describe(policy) };
        }

        if (annotated?.Annotations?.GetValueOrDefault(ApiNames.SourceIp) is not { } text)
        {
            return null;
        }

        return SourceIpText.TryRead(text, out var config) is { } problem
            ? SourceIpChoice.None with { Problem = $"the annotation {ApiNames.SourceIp} of {target.Kind} {target.Key}: {problem}" }
            : new SourceIpChoice(config!);
    }

    // Nobody could see at a port which of them is in force.
    private static string? Difference(string key, ReadPolicy[] policies, Func<ReadPolicy, string?> textOf)
    {
        ReadPolicy[] different = [.. policies.Where(policy => textOf(policy) is not null).DistinctBy(textOf)];
        return different is [var one, var other, ..]
            ? $"the SourceIpPolicies {one.Policy.Metadata.Key} and {other.Policy.Metadata.Key} are for listeners of one port, and their "
                + $"{key} says different things"
            : null;
    }

    private static string? ProxyProtocolOf(ReadPolicy policy) => policy.Policy.Spec.ProxyProtocol is { } section
        ? JsonSerializer.Serialize(section, ObjectJson.Default.PolicyProxyProtocol)
        : null;

    private static string? ForwardedHeadersOf(ReadPolicy policy) => policy.Policy.Spec.ForwardedHeaders is { } section
        ? JsonSerializer.Serialize(section, ObjectJson.Default.PolicyForwardedHeaders)
        : null;

    private static bool IsKnown(PolicyTargetRef target) =>
        Kinds.Contains(target.Kind) && target.Group == (target.Kind == ApiNames.Service ? "" : ApiNames.Group);

    private static string Describe(ReadPolicy policy) => $"the SourceIpPolicy {policy.Policy.Metadata.Key}: {policy.Problem}";

    private static PolicyTarget TargetOf(PolicyObject policy, PolicyTargetRef target) =>
        new(target.Kind, new ResourceKey(policy.Metadata.Namespace, target.Name), target.SectionName ?? "");
}
