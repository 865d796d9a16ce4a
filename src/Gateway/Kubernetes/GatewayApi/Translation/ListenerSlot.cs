using Gateway.Kubernetes.GatewayApi.Objects;
using Gateway.Tcp.Configuration;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>A listener of a Gateway while it is being translated.</summary>
/// <param name="gateway">The Gateway.</param>
/// <param name="spec">The listener.</param>
internal sealed class ListenerSlot(GatewayObject gateway, ListenerSpec spec)
{
    /// <summary>The Gateway.</summary>
    public GatewayObject Gateway { get; } = gateway;

    /// <summary>The listener.</summary>
    public ListenerSpec Spec { get; } = spec;

    /// <summary>What the listener does.</summary>
    public ListenerMode Mode { get; init; }

    /// <summary>The kinds of routes that may attach.</summary>
    public IReadOnlyList<string> Kinds { get; init; } = [];

    /// <summary>The certificates by name.</summary>
    public IReadOnlyDictionary<string, CertificateConfig> Certificates { get; init; } = new Dictionary<string, CertificateConfig>();

    /// <summary>Why the listener is not accepted; null: it is.</summary>
    public Problem? Rejection { get; set; }

    /// <summary>With which other listener it cannot be; null: with none.</summary>
    public Problem? Conflict { get; set; }

    /// <summary>What is wrong with its references; null: nothing.</summary>
    public Problem? BadReference { get; init; }

    /// <summary>The Gateway that had the port first, and shares it.</summary>
    public GatewayObject Owner { get; set; } = gateway;

    /// <summary>What policies say of the port.</summary>
    public PortPolicy? Policy { get; set; }

    /// <summary>The number of routes that are attached.</summary>
    public int AttachedRoutes { get; set; }

    /// <summary>The name of the configuration's listener for all listeners that share this port.</summary>
    public string ListenerName => $"gateway.{Owner.Metadata.Namespace}.{Owner.Metadata.Name}.{Spec.Port}";

    /// <summary>Whether the listener speaks HTTP.</summary>
    public bool IsHttp => Mode is ListenerMode.Http or ListenerMode.Https;

    /// <summary>The host name for which the listener is; empty: for all.</summary>
    public string Hostname => Spec.Hostname?.ToLowerInvariant() ?? "";

    /// <summary>Whether the listener ends TLS, and needs a certificate.</summary>
    public bool EndsTls => Mode is ListenerMode.Terminate or ListenerMode.Https;

    /// <summary>Whether the listener can serve connections once a route is attached.</summary>
    public bool IsServed => Rejection is null && Conflict is null && (!EndsTls || Certificates.Count > 0);

    /// <summary>What the listener's status says.</summary>
    public ListenerStatus Status() => new(
        Spec.Name,
        Kinds,
        AttachedRoutes,
        [
            Condition.Of("Accepted", "Accepted", Rejection ?? Conflict),
            Conflict is { } conflict ? new("Conflicted", true, conflict.Reason, conflict.Message) : new("Conflicted", false, "NoConflicts"),
            Condition.Of("ResolvedRefs", "ResolvedRefs", BadReference),
            Condition.Of(
                "Programmed",
                "Programmed",
                IsServed ? null : new Problem("Invalid", (Rejection ?? Conflict ?? BadReference)?.Message ?? "no certificate")),
        ]);
}
