using System.Net.Sockets;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Dialing;
using Gateway.Tcp.Engines;

namespace Gateway.Tests.Tcp.Dialing;

/// <summary>Remembers what it was told.</summary>
internal sealed class DialObserver : IDialObserver
{
    public List<(SourceIpMode Mode, ConnectFailure Failure)> Attempts { get; } = [];

    public int Retries { get; private set; }

    public void Attempted(string cluster, string destination, SourceIpMode mode, ConnectFailure failure, SocketError error, TimeSpan duration) => Attempts.Add((mode, failure));

    public int Unusable { get; private set; }

    public void SourceUnusable(string cluster, SourceIpMode mode) => Unusable++;

    public void Retrying(string cluster, string destination) => Retries++;
}
