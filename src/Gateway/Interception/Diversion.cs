using System.Net;
using System.Net.Sockets;
using Gateway.Configuration;
using Gateway.Tcp.Configuration;

namespace Gateway.Interception;

/// <summary>What is diverted to one intercepting listener, and how its answers find their way.</summary>
internal sealed record Diversion
{
    /// <summary>The listener's name.</summary>
    public required string Listener { get; init; }

    /// <summary>Where it listens.</summary>
    public required ListenAddress Target { get; init; }

    /// <summary>tproxy or REDIRECT.</summary>
    public required InterceptMode Mode { get; init; }

    /// <summary>What arrives here, or what is opened here.</summary>
    public required CaptureDirection Direction { get; init; }

    /// <summary>What its routes match, one entry for each; nothing else is diverted.</summary>
    public required IReadOnlyList<DivertedTraffic> Traffic { get; init; }

    /// <summary>Clients (Inbound) or destinations (Outbound) that are left alone.</summary>
    public IReadOnlyList<IPNetwork> ExcludedNetworks { get; init; } = [];

    /// <summary>Users whose connections are left alone (Outbound).</summary>
    public IReadOnlyList<int> ExcludedUids { get; init; } = [];

    /// <summary>Marks of the gateway's own connections (Outbound).</summary>
    public IReadOnlyList<int> OwnMarks { get; init; } = [];

    /// <summary>The mark of what the listener accepts; 0: none.</summary>
    public int Mark { get; init; }

    /// <summary>
    /// Ports of backends on this host that we connect to from the client's address: what they answer has to come to us instead of leaving
    /// for the client.
    /// </summary>
    public IReadOnlyList<PortRange> ReplyPorts { get; init; } = [];

    /// <summary>Whether connections of a family can be diverted to the listener.</summary>
    public bool Takes(AddressFamily family) => Target.IsBothFamilies || Target.EndPoint.AddressFamily == family;

    /// <summary>One line for people.</summary>
    public override string ToString() =>
        $"{Direction} {string.Join("; ", Traffic)} to listener {Listener} ({Target}, {Mode})"
        + (ExcludedNetworks.Count > 0 ? $", without {string.Join(", ", ExcludedNetworks)}" : "");
}
