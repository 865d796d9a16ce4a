using Gateway.Tcp.Relaying;

namespace Gateway.Tcp.Engines;

/// <summary>A relay that runs or has run.</summary>
internal interface IRelay
{
    /// <summary>What it has carried so far. From any thread: the two numbers are not of the same moment.</summary>
    RelayedBytes Relayed { get; }
}
