namespace Gateway.Tcp.Prologue;

/// <summary>
/// One look at the beginning of a connection. A look finds something out and leaves it in the connection, or ends the connection with its
/// reason (<see cref="AcceptedConnection.Fail(Telemetry.Outcome)"/>). It completes synchronously where it has nothing to wait for.
/// </summary>
internal interface IPrologueLook
{
    /// <summary>Looks.</summary>
    /// <returns>False: the connection has ended.</returns>
    ValueTask<bool> LookAsync(AcceptedConnection connection);
}
