namespace Gateway.Tcp.Engines.Linux;

/// <summary>The result of one turn of a <see cref="RelayDirection"/>.</summary>
internal enum PumpResult : byte
{
    /// <summary>Bytes were moved; the turn goes on.</summary>
    Progress,

    /// <summary>Nothing more can be moved until an event comes, or the direction is done.</summary>
    Waiting,

    /// <summary>The turn is used up, and there may be more bytes.</summary>
    Again,

    /// <summary>The source was reset or has failed.</summary>
    SourceFailed,

    /// <summary>The destination was reset or has failed.</summary>
    DestinationFailed,

    /// <summary>The guard refused the bytes; none of these bytes was sent.</summary>
    Refused,
}
