using System.Net;
using System.Net.Sockets;
using Gateway.Configuration;
using Gateway.Tcp.Configuration;

namespace Gateway.Interception;

/// <summary>The connections that are diverted to one intercepting listener, and the backends whose answers are brought back.</summary>
internal sealed record Diversion
{
    /// <summary>The listener's name.</summary>
    public required string Listener { get; init; }

    /// <summary>The listener's address.</summary>
    public required ListenAddress Target { get; init; }

    /// <summary>The netfilter target: TPROXY or REDIRECT.</summary>
    public required InterceptMode Mode { get; init; }

    /// <summary>Connections that arrive at this host, or connections that this host opens.</summary>
    public required CaptureDirection Direction { get; init; }

    /// <summary>The connections that the listener's routes match, one entry for each route. Other connections are not diverted.</summary>
    public required IReadOnlyList<DivertedTraffic> Traffic { get; init; }

    /// <summary>Networks of clients (Inbound) or destinations (Outbound) whose connections are not diverted.</summary>
    public IReadOnlyList<IPNetwork> ExcludedNetworks { get; init; } = [];

    /// <summary>Users whose connections are not diverted (Outbound).</summary>
    public IReadOnlyList<int> ExcludedUids { get; init; } = [];

    /// <summary>Marks of the gateway's own connections (Outbound).</summary>
    public IReadOnlyList<int> OwnMarks { get; init; } = [];

    /// <summary>The mark of the connections that the listener accepts; 0: none.</summary>
    public int Mark { get; init; }

    /// <summary>
    /// Ports of backends on this host that the gateway connects to from the client's address. Their answers must come back to the gateway
    /// instead of leaving this host for the client.
    /// </summary>
    public IReadOnlyList<PortRange> ReplyPorts { get; init; } = [];

    /// <summary>Whether connections of a family can be diverted to the listener.</summary>
    public bool Takes(AddressFamily family) => Target.IsBothFamilies || Target.EndPoint.AddressFamily == family;

    /// <summary>One line for the operator.</summary>
    public override string ToString() =>
        $"{Direction} {string.Join("; ", Traffic)} to listener {Listener} ({Target}, {Mode})"
        + (ExcludedNetworks.Count > 0 ? $", without {string.Join(", ", ExcludedNetworks)}" : "");
}
