namespace Gateway.Configuration.Validation;

/// <summary>X-Forwarded-For trust of Http listeners: by CIDRs or by number of hops, not both.</summary>
internal sealed class ForwardedHeadersTopic : IConfigTopic
{
    // More proxies than this in front of one gateway are a typing error.
    private const int MaxHops = 32;

    /// <inheritdoc/>
    public void Validate(ValidationContext context)
    {
        foreach (var (name, listener) in context.Config.Listeners)
        {
            if (listener.ForwardedHeaders is { } headers)
                Validate(context, $"Listeners:{name}:ForwardedHeaders", headers);
        }
    }

    private static void Validate(ValidationContext context, string path, ForwardedHeadersConfig headers)
    {
        if (headers.TrustedProxies is not null && headers.TrustedHops is not null)
            context.Issues.Error(path, null, "TrustedProxies and TrustedHops exclude each other; keep one");
        if (headers is { TrustedProxies: null, TrustedHops: null } && !context.Written.ContainsKey($"{path}:Untrusted"))
            context.Issues.Error(path, null, "says nothing: set TrustedProxies, TrustedHops or Untrusted, or remove it");
        if (headers.TrustedHops is { } hops)
            Range.Check(context, $"{path}:TrustedHops", hops, 1, MaxHops);
        if (headers.TrustedProxies is not { } proxies)
            return;
        if (proxies.Count == 0)
            context.Issues.Error($"{path}:TrustedProxies", "[]", "must not be empty: leave it out to trust nobody");
        foreach (var network in Cidr.Expand(proxies, context.Config.Networks).Where(network => network.PrefixLength == 0))
            context.Issues.Warning($"{path}:TrustedProxies", $"\"{network}\"", "everybody may claim any client address; name the proxies' networks");
    }
}
