using System.Net;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Networks;

namespace Gateway.Tcp.Identification.Toa;

/// <summary>
/// A listener's <c>Toa</c> section, resolved: which peers may name a client in a TCP option. Immutable; a connection keeps the policy under
/// which it was accepted. Without a section there is no policy: no option is looked at.
/// </summary>
public sealed class ToaPolicy
{
    private static readonly object Mark = new();

    private readonly PrefixTable<object> _trusted;

    private ToaPolicy(ToaConfig config, IReadOnlyDictionary<string, IReadOnlyList<string>> networks)
    {
        _trusted = new PrefixTable<object>(
            NetworkList.Resolve(config.TrustedProxies, networks).Select(static network => (network, 0, Mark)));
        Formats = new ToaFormats(config.Options);
        Carriers = CarriersOf(config);
        Wait = config.Wait;
        RejectsMissing = config.Missing == MissingToa.Reject;
    }

    /// <summary>The options that are accepted.</summary>
    internal ToaFormats Formats { get; }

    /// <summary>The segments in which the options are looked for.</summary>
    public OptionCarriers Carriers { get; }

    /// <summary>
    /// How long the gateway waits for the first byte of a connection whose handshake had no option. After this time the connection has no
    /// option.
    /// </summary>
    public TimeSpan Wait { get; }

    /// <summary>Whether a connection of a trusted peer is refused if it has no option.</summary>
    public bool RejectsMissing { get; }

    /// <summary>
    /// Whether to wait for the first byte: the first byte's segment may carry the option, or show that a peer without an option is not a
    /// load balancer's check.
    /// </summary>
    /// <param name="canSeeData">Whether the options of the data segment can be read.</param>
    public bool WaitsForData(bool canSeeData) => RejectsMissing || (canSeeData && (Carriers & OptionCarriers.Data) != 0);

    /// <summary>Resolves a section.</summary>
    /// <param name="config">The validated section; null: absent.</param>
    /// <param name="networks">The section <c>Networks</c>.</param>
    /// <returns>The policy, or null if there is no section.</returns>
    public static ToaPolicy? From(ToaConfig? config, IReadOnlyDictionary<string, IReadOnlyList<string>> networks)
    {
        ArgumentNullException.ThrowIfNull(networks);
        return config is null ? null : new ToaPolicy(config, networks);
    }

    /// <summary>The segments whose options the listener has to keep.</summary>
    public static OptionCarriers CarriersOf(ToaConfig? config) => config switch
    {
        null => OptionCarriers.None,
        { Carriers: null } => OptionCarriers.Syn | OptionCarriers.Ack | OptionCarriers.Data,
        { Carriers: { } written } => written.Aggregate(OptionCarriers.None, static (all, one) => all | one switch
        {
            ToaCarrier.Syn => OptionCarriers.Syn,
            ToaCarrier.Ack => OptionCarriers.Ack,
            _ => OptionCarriers.Data,
        }),
    };

    /// <summary>Whether a peer's options are trusted.</summary>
    public bool Trusts(IPAddress peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        return _trusted.Match(peer, out _) is not null;
    }
}
