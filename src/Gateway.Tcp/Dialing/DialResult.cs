using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Balancing;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Dialing;

/// <summary>The connection to a backend, or why there is none.</summary>
internal readonly record struct DialResult
{
    /// <summary>
    /// The connection, on the engine thread of the client's connection. Nothing has been sent. Null: the dial failed, or the connection is
    /// a <see cref="Socket"/>.
    /// </summary>
    public TcpConnection? Backend { get; init; }

    /// <summary>The connection, if the connector opens managed sockets; null on failure. Nothing has been sent.</summary>
    public Socket? Socket { get; init; }

    /// <summary>The destination that was reached, or was tried last.</summary>
    public DestinationModel? Destination { get; init; }

    /// <summary>
    /// What counts the connection (<see cref="Load.End"/> to be called at its end); null: nothing was reached, or nothing counts it.
    /// </summary>
    public Load? Load { get; init; }

    /// <summary>The address of that destination.</summary>
    public IPEndPoint? Address { get; init; }

    /// <summary>How long the last connect took.</summary>
    public TimeSpan ConnectTime { get; init; }

    /// <summary>How the backend learns the client's address: the route's mode, or the mode of the fallback.</summary>
    public SourceIpMode Mode { get; init; }

    /// <summary>
    /// Why there is no connection; null: there is one. <see cref="CloseReason.ClientReset"/>: the connection for which this is dialed has
    /// ended, whatever ended it.
    /// </summary>
    public CloseReason? Failure { get; init; }

    /// <summary>The last socket error.</summary>
    public SocketError Error { get; init; }

    /// <summary>What the opening of the connection says of its failure; null: nothing.</summary>
    public string? Why { get; init; }

    /// <summary>The number of attempts that were begun, to this and other addresses.</summary>
    public int Attempts { get; init; }

    /// <summary>
    /// The earlier attempts that failed, at most four, as <c>failed:redis-0,192.0.2.6:6379,TimedOut</c>; null: there are none.
    /// </summary>
    internal string? FailedAttempts { get; init; }

    /// <summary>What failed, in a word; null: nothing that has one.</summary>
    internal string? Problem => Why ?? (Error == SocketError.Success ? null : Error.ToString());

    /// <summary>
    /// Describes a failed dial for an operator, without blanks:
    /// <c>to:192.0.2.7:6379,ConnectionRefused,attempts:2;failed:redis-0,192.0.2.6:6379,TimedOut</c>.
    /// </summary>
    internal string Describe() =>
        $"{(Address is null ? "" : $"to:{Address},")}{(Problem is { } problem ? $"{problem}," : "")}attempts:{Attempts}"
            + (FailedAttempts is null ? "" : $";{FailedAttempts}");
}
