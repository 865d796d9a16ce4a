using Gateway.Tcp.Configuration;

namespace Gateway.Tcp.Admission;

/// <summary>
/// The sections <c>Access</c> and <c>Limits</c> of a listener, resolved. Immutable. A reload gives a listener's
/// <see cref="ListenerAdmission"/> new rules.
/// </summary>
public sealed record AdmissionRules
{
    /// <summary>Which clients are admitted; null: all.</summary>
    public AccessList? Access { get; private init; }

    /// <summary>Whether the listener has limits, so that its connections are counted.</summary>
    public bool HasLimits => MaxConnections is not null || PerClient is not null;

    /// <summary>The most connections of the listener at once; null: no limit.</summary>
    public int? MaxConnections { get; private init; }

    /// <summary>The limits of each client; null: none.</summary>
    internal ClientRules? PerClient { get; private init; }

    /// <summary>Resolves the sections of a listener; null if it has neither access rules nor limits.</summary>
    /// <param name="access">The validated section <c>Access</c>; null: absent.</param>
    /// <param name="limits">The validated section <c>Limits</c>; null: absent.</param>
    /// <param name="networks">The section <c>Networks</c>.</param>
    public static AdmissionRules? From(
        AccessConfig? access, ListenerLimitsConfig? limits, IReadOnlyDictionary<string, IReadOnlyList<string>> networks)
    {
        var rules = new AdmissionRules
        {
            Access = AccessList.From(access, networks),
            MaxConnections = limits?.MaxConnections,
            PerClient = ClientRules.From(limits?.PerClient),
        };
        return rules.Access is null && !rules.HasLimits ? null : rules;
    }
}
