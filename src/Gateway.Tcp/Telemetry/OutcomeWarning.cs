namespace Gateway.Tcp.Telemetry;

/// <summary>What an operator can do something about. How clients and backends end their connections is their own affair.</summary>
internal enum OutcomeWarning : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A listener refuses a client.</summary>
    Refused,

    /// <summary>A cluster cannot be reached.</summary>
    Unreachable,
}
