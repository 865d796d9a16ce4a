namespace Gateway.Tcp.Engines.Linux;

/// <summary>What one turn of a <see cref="RelayDirection"/> came to.</summary>
internal enum PumpResult : byte
{
    /// <summary>Something was moved; go on.</summary>
    Progress,

    /// <summary>Nothing more can be moved until an event comes, or the direction is done.</summary>
    Waiting,

    /// <summary>The turn is used up, and there is more.</summary>
    Again,

    /// <summary>The source was reset or has failed.</summary>
    SourceFailed,

    /// <summary>The destination was reset or has failed.</summary>
    DestinationFailed,

    /// <summary>The guard refused the bytes; none of them was sent.</summary>
    Refused,
}
