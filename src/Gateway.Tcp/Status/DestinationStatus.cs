namespace Gateway.Tcp.Status;

/// <summary>A destination of a TCP cluster, as the status page shows it.</summary>
public sealed record DestinationStatus
{
    /// <summary>The key of the destination.</summary>
    public required string Name { get; init; }

    /// <summary>The address as written.</summary>
    public required string Address { get; init; }

    /// <summary>The verdict of health checks; null: there is none.</summary>
    public bool? Health { get; init; }

    /// <summary>The connections and dials now.</summary>
    public int ActiveConnections { get; init; }

    /// <summary>The most connections at once; null: no limit.</summary>
    public int? MaxConnections { get; init; }

    /// <summary>The share of new connections.</summary>
    public int Weight { get; init; }

    /// <summary>Higher numbers get connections only if no lower number is usable.</summary>
    public int Priority { get; init; }

    /// <summary>Whether passive health checks leave it out.</summary>
    public bool IsEjected { get; init; }

    /// <summary>Whether an operator has drained it.</summary>
    public bool IsDrained { get; init; }

    /// <summary>How often a dial failed at all of its addresses.</summary>
    public long Failures { get; init; }

    /// <summary>The cause of the last failure, of a client's connect or of a health check; null: there was none.</summary>
    public string? LastError { get; init; }

    /// <summary>Its addresses, as far as they are known.</summary>
    public IReadOnlyList<AddressStatus> Addresses { get; init; } = [];
}
