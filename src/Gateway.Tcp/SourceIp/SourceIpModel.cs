using Gateway.ProxyProtocol;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Identification.Toa;

namespace Gateway.Tcp.SourceIp;

/// <summary>How a backend learns the client's address, resolved from <see cref="SourceIpConfig"/>.</summary>
public sealed class SourceIpModel
{
    /// <summary>The mode.</summary>
    public required SourceIpMode Mode { get; init; }

    /// <summary>The version of a header that is sent. Defaults to V2.</summary>
    public ProxyProtocolVersion Version { get; init; } = ProxyProtocolVersion.V2;

    /// <summary>The TLVs of an incoming header that are passed on; never one that is added. Defaults to none.</summary>
    public ProxyTlvSet PassThroughTlvs { get; init; } = ProxyTlvSet.None;

    /// <summary>
    /// The longest header that is sent, in bytes: TLVs that are passed on are left out rather than sent beyond it. Defaults to as long as
    /// one can be.
    /// </summary>
    public int MaxHeaderBytes { get; init; } = ProxyHeaderWriter.MaxV2Length;

    /// <summary>
    /// The types that are added: of TLVs that were put together already (<see cref="Announcement"/>) they stay when there is no room for
    /// all. Null: none are.
    /// </summary>
    public ProxyTlvSet? FirstTlvs { get; init; }

    /// <summary>Whether a client's own header behind ours is refused. Defaults to true.</summary>
    public bool RejectsNested { get; init; } = true;

    /// <summary>The TLVs that are added; null: none.</summary>
    public AddedTlvs? AddTlvs { get; init; }

    /// <summary>The source port of a transparent connection. Defaults to Ephemeral.</summary>
    public SourcePort Port { get; init; }

    /// <summary>The options that name a client to the backend (Toa). Defaults to none.</summary>
    public ToaFormats Toa { get; init; } = ToaFormats.None;

    /// <summary>SO_MARK of the connection to the backend. Defaults to 0: none.</summary>
    public int Mark { get; init; }

    /// <summary>What happens when the client's address cannot be bound, or put into an option. Defaults to Reject.</summary>
    public SourceIpFallback Fallback { get; init; }

    /// <summary>Resolves a section.</summary>
    /// <param name="config">The section, validated: its mode is there and available.</param>
    /// <param name="scope">The route that it is for, which templates can name.</param>
    public static SourceIpModel From(SourceIpConfig config, RouteScope scope = default)
    {
        ArgumentNullException.ThrowIfNull(config);
        var added = config.AddTlvs.Count == 0 ? null : AddedTlvs.From(config.AddTlvs, scope);
        var passed = Tlvs(config.PassThroughTlvs);
        return new SourceIpModel
        {
            Mode = config.Mode ?? SourceIpMode.None,
            Version = config.Version,
            PassThroughTlvs = added is null ? passed : passed.Except(added.Types),
            MaxHeaderBytes = config.MaxHeaderBytes ?? ProxyHeaderWriter.MaxV2Length,
            FirstTlvs = config.AddTlvs.Count == 0 ? null : new ProxyTlvSet(config.AddTlvs.Keys.Select(TypeOf)),
            RejectsNested = config.NestedHeader == NestedHeaderAction.Reject,
            AddTlvs = added,
            Port = config.Port,
            Toa = config.Mode == SourceIpMode.Toa ? new ToaFormats(config.ToaOptions) : ToaFormats.None,
            Fallback = config.Fallback,
            Mark = config.Mark ?? 0,
        };
    }

    private static ProxyTlvType TypeOf(string name) => ProxyTlvField.TryParse(name, out var field) ? field.Type : ProxyTlvType.Noop;

    private static ProxyTlvSet Tlvs(IReadOnlyList<string> names) =>
        names.Contains("All", StringComparer.OrdinalIgnoreCase) ? ProxyTlvSet.All
        : names.Count == 0 ? ProxyTlvSet.None
        : ProxyTlvSet.Parse(names);
}
