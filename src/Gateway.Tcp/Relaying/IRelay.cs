namespace Gateway.Tcp.Relaying;

/// <summary>A relay that runs or has run.</summary>
internal interface IRelay
{
    /// <summary>The bytes that the relay has carried so far. From any thread. The two numbers may be of different moments.</summary>
    RelayedBytes Relayed { get; }

    /// <summary>When the first bytes were carried, by the connection's clock. From any thread.</summary>
    FirstBytesRelayed FirstBytes { get; }
}
