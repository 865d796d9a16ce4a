using Gateway.ProxyProtocol;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Identification.Toa;

namespace Gateway.Tcp.SourceIp;

/// <summary>How a backend learns the client's address, resolved from <see cref="SourceIpConfig"/>.</summary>
public sealed class SourceIpModel
{
    /// <summary>The mode.</summary>
    public required SourceIpMode Mode { get; init; }

    /// <summary>The version of the PROXY header that is sent. Defaults to V2.</summary>
    public ProxyProtocolVersion Version { get; init; } = ProxyProtocolVersion.V2;

    /// <summary>The types of received TLVs that are passed on. Types that are added are not among them. Defaults to none.</summary>
    public ProxyTlvSet PassThroughTlvs { get; init; } = ProxyTlvSet.None;

    /// <summary>Whether the header tells of the client's TLS (<see cref="TlsTlvs"/>). Defaults to false.</summary>
    public bool SslTlvs { get; init; }

    /// <summary>With <see cref="SslTlvs"/>: the TLVs of the client's TLS that no added TLV replaces.</summary>
    internal ProxyTlvSet TlsTlvsToWrite { get; init; } = ProxyTlvSet.None;

    /// <summary>With <see cref="SslTlvs"/>: the received TLVs that are passed on if TLS ended at the listener.</summary>
    internal ProxyTlvSet PassedBesideSession { get; init; } = ProxyTlvSet.None;

    /// <summary>With <see cref="SslTlvs"/>: the received TLVs that are passed on if the ClientHello was only read.</summary>
    internal ProxyTlvSet PassedBesideHello { get; init; } = ProxyTlvSet.None;

    /// <summary>
    /// The greatest length of the header, in bytes. Received TLVs that do not fit are left out. Defaults to the greatest length that the
    /// protocol allows.
    /// </summary>
    public int MaxHeaderBytes { get; init; } = ProxyHeaderWriter.MaxV2Length;

    /// <summary>
    /// The types of added TLVs. In an <see cref="Announcement"/>, added and received TLVs are in one list; if there is not enough room for
    /// all, these types stay. Null: none are added.
    /// </summary>
    public ProxyTlvSet? FirstTlvs { get; init; }

    /// <summary>Whether a client's own header behind ours is refused. Defaults to true.</summary>
    public bool RejectsNested { get; init; } = true;

    /// <summary>The TLVs that are added; null: none.</summary>
    public AddedTlvs? AddTlvs { get; init; }

    /// <summary>The source port of a transparent connection. Defaults to Ephemeral.</summary>
    public SourcePort Port { get; init; }

    /// <summary>The TCP options that name a client to the backend (Toa). Defaults to none.</summary>
    internal ToaFormats Toa { get; init; } = ToaFormats.None;

    /// <summary>SO_MARK of the connection to the backend. Defaults to 0: none.</summary>
    public int Mark { get; init; }

    /// <summary>What happens if the client's address cannot be bound, or cannot be put into an option. Defaults to Reject.</summary>
    public SourceIpFallback Fallback { get; init; }

    /// <summary>Resolves a section.</summary>
    /// <param name="config">The section, validated: it has a mode, and the mode is available.</param>
    /// <param name="scope">The route of the section; templates can contain its names.</param>
    public static SourceIpModel From(SourceIpConfig config, RouteScope scope = default)
    {
        ArgumentNullException.ThrowIfNull(config);
        var added = config.AddTlvs.Count == 0 ? null : AddedTlvs.From(config.AddTlvs, scope);
        var listed = Tlvs(config.PassThroughTlvs);
        var passed = added is null ? listed : listed.Except(added.Types);
        return new SourceIpModel
        {
            Mode = config.Mode ?? SourceIpMode.None,
            Version = config.Version,
            PassThroughTlvs = passed,
            SslTlvs = config.SslTlvs,
            TlsTlvsToWrite = config.SslTlvs ? ProxyTlvSet.All.Except(added?.Types ?? []) : ProxyTlvSet.None,
            PassedBesideSession = config.SslTlvs ? passed.Except(TlsTlvs.TypesOfSession) : ProxyTlvSet.None,
            PassedBesideHello = config.SslTlvs ? passed.Except(TlsTlvs.TypesOfHello) : ProxyTlvSet.None,
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
