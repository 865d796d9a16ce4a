namespace Gateway.Handover;

/// <summary>Gives the place of this process to another process, in two steps.</summary>
internal interface IHandover
{
    /// <summary>
    /// Shares the listening sockets. From now until the end of the handover, no configuration is put in force. Null: this process ends.
    /// </summary>
    Task<HandoverOffer?> BeginHandOverAsync();

    /// <summary>The other process has not started: this process goes on.</summary>
    Task CancelHandOverAsync();

    /// <summary>The other process accepts: this process accepts no more, and ends when its live connections have ended.</summary>
    /// <param name="isTableTaken">Whether the other process has the nftables table now. False: this process removes its table.</param>
    Task CompleteHandOverAsync(bool isTableTaken);
}
