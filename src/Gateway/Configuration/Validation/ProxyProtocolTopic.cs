using Gateway.Tcp.Configuration;

namespace Gateway.Configuration.Validation;

/// <summary>Checks PROXY protocol policies: which peers may send a PROXY header, and how long a header may take.</summary>
internal sealed class ProxyProtocolTopic : IConfigTopic
{
    // A v1 line has up to 107 bytes, so a lower limit would refuse valid headers. The longest v2 header has 16 + 65535 = 65551 bytes.
    private const int MinHeaderBytes = 107;
    private const int MaxHeaderBytes = 16 + ushort.MaxValue;

    // haproxy doc/proxy-protocol.txt: "at least 3 seconds to cover a TCP retransmit".
    private static readonly TimeSpan AdvisedHeaderTimeout = TimeSpan.FromSeconds(3);

    /// <inheritdoc/>
    public void Validate(ValidationContext context)
    {
        foreach (var (path, policy) in context.ProxyProtocolPolicies())
        {
            Validate(context, path, policy);
        }
    }

    private static void Validate(ValidationContext context, string path, ProxyProtocolConfig policy)
    {
        CheckTrust(context, path, policy);
        Range.CheckTimeout(context, $"{path}:HeaderTimeout", policy.HeaderTimeout);
        Range.CheckTimeout(context, $"{path}:OptionalWait", policy.OptionalWait);
        Range.Check(context, $"{path}:MaxHeaderBytes", policy.MaxHeaderBytes, MinHeaderBytes, MaxHeaderBytes);
        if (policy.Versions.Count == 0)
        {
            context.Issues.Error($"{path}:Versions", "[]", "no version would be taken; leave it out for both");
        }

        if (policy.Versions.Count > 0 && !policy.Versions.Contains(ProxyProtocolVersion.V1))
        {
            context.NotApplicable(path, "only version 1 can mix families, and Versions has none", "MixedFamilies");
        }

        if (policy.Versions.Distinct().Count() != policy.Versions.Count)
        {
            context.Error($"{path}:Versions", "a version is listed twice");
        }

        if (policy.HeaderTimeout > TimeSpan.Zero && policy.HeaderTimeout < AdvisedHeaderTimeout)
        {
            context.Warning($"{path}:HeaderTimeout", "the specification asks for at least 3 s, to cover a TCP retransmit");
        }

        if (policy.NestedHeader == NestedHeaderAction.Pass)
        {
            context.Warning(
                $"{path}:NestedHeader",
                "a header behind the believed one reaches the backend, and some believe the last one that they see (MariaDB): only "
                    + "where the trusted proxies let no client's through");
        }

        if (policy.Enforcement == ProxyProtocolEnforcement.Observe)
        {
            context.Warning(
                $"{path}:Enforcement",
                "nobody is refused; set Enforce when gateway_proxy_protocol_observed_total{rule} counts nobody who should be let in");
        }

        if (policy is { Header: HeaderExpectation.Required, Enforcement: ProxyProtocolEnforcement.Enforce })
        {
            context.NotApplicable(path, "Header is Required, this is for Optional", "OptionalWait");
            return;
        }

        var isUsed = policy.Header == HeaderExpectation.Optional || context.Written.ContainsKey($"{path}:OptionalWait");
        if (isUsed && policy.OptionalWait > policy.HeaderTimeout)
        {
            context.Error($"{path}:OptionalWait", "must not be longer than HeaderTimeout");
        }

        if (policy.Header == HeaderExpectation.Required)
        {
            return;
        }

        context.Issues.Warning(
            $"{path}:Header",
            "\"Optional\"",
            "for migrations only: an old proxy cannot be told from a forging client behind a trusted L4 forwarder; go back to Required");
    }

    private static void CheckTrust(ValidationContext context, string path, ProxyProtocolConfig policy)
    {
        if (policy.TrustedProxies.Count == 0 && !context.Issues.HasError($"{path}:TrustedProxies"))
        {
            if (context.Written.ContainsKey($"{path}:TrustedProxies"))
            {
                context.Issues.Error(
                    $"{path}:TrustedProxies",
                    "[]",
                    "must not be empty: nobody could send a header; remove ProxyProtocol if nobody does");
            }
            else
            {
                context.Missing(
                    path,
                    "TrustedProxies",
                    "the CIDRs or network names of the load balancers that send headers (or remove ProxyProtocol)");
            }
        }

        var trusted = Cidr.Expand(policy.TrustedProxies, context.Config.Networks);
        foreach (var network in trusted.Where(network => network.PrefixLength == 0))
        {
            context.Issues.Warning(
                $"{path}:TrustedProxies",
                $"\"{network}\"",
                "everybody may claim any client address; name the load balancers' networks");
        }

        foreach (var network in Cidr.Expand(policy.HealthCheckers, context.Config.Networks).Where(trusted.Contains))
        {
            context.Issues.Error(
                $"{path}:HealthCheckers",
                $"\"{network}\"",
                "the same prefix is in TrustedProxies; a peer is one or the other");
        }
    }
}
