namespace Gateway.Configuration.Validation;

/// <summary>Checks the section Kubernetes. What a pod finds in its own container is checked when the gateway starts.</summary>
internal sealed class KubernetesTopic : IConfigTopic
{
    /// <inheritdoc/>
    public void Validate(ValidationContext context)
    {
        if (context.Config.Kubernetes is not { } config)
        {
            return;
        }

        if (config.ApiServer is { } server
            && (!Uri.TryCreate(server, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.PathAndQuery != "/"))
        {
            context.Error("Kubernetes:ApiServer", "must be a URL without a path, such as https://10.0.0.1:6443");
        }
        else if (config.ApiServer?.StartsWith("http://", StringComparison.OrdinalIgnoreCase) == true)
        {
            if (config.TokenPath is not null && !new Uri(config.ApiServer).IsLoopback)
            {
                context.Warning("Kubernetes:ApiServer", "without TLS everybody on the way reads the token; use https://");
            }

            context.NotApplicable("Kubernetes", "ApiServer is http://, and there is no certificate to check", "CaPath");
        }

        CheckText(context, "Kubernetes:TokenPath", config.TokenPath, "the path of a file");
        CheckText(context, "Kubernetes:CaPath", config.CaPath, "the path of a PEM file");
        CheckText(context, "Kubernetes:Zone", config.Zone, "the zone of this gateway's node, or absent");
        CheckText(context, "Kubernetes:GatewayClass", config.GatewayClass, "the name of a GatewayClass, or absent");
        for (var i = 0; i < config.GatewayAddresses.Count; i++)
        {
            if (config.GatewayAddresses[i] is { } address && Uri.CheckHostName(address) == UriHostNameType.Unknown)
            {
                context.Issues.Error(
                    $"Kubernetes:GatewayAddresses:{i}", ConfigIssue.Quote(address), "must be an IP address or a host name");
            }
        }

        if (config.GatewayClass is null)
        {
            context.NotApplicable("Kubernetes", "there is no GatewayClass", "GatewayAddresses");
        }
    }

    private static void CheckText(ValidationContext context, string path, string? text, string what)
    {
        if (string.IsNullOrWhiteSpace(text) && text is not null)
        {
            context.Error(path, $"must not be empty: {what}");
        }
    }
}
