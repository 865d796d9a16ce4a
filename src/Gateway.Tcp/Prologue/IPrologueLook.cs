namespace Gateway.Tcp.Prologue;

/// <summary>
/// One look at the beginning of a connection. A look stores what it finds in the connection, or ends the connection with a reason
/// (<see cref="AcceptedConnection.Fail(Telemetry.Outcome)"/>). It completes synchronously if it does not have to wait.
/// </summary>
internal interface IPrologueLook
{
    /// <summary>Looks at the connection's first bytes or TCP options.</summary>
    /// <returns>True: the connection goes on. False: the connection has ended.</returns>
    ValueTask<bool> LookAsync(AcceptedConnection connection);
}
