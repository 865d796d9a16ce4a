namespace Gateway.Tcp.Health.Probes;

/// <summary>What a check asks over an open connection, behind the PROXY header and inside TLS. Made for one check.</summary>
internal interface IProbe : IDisposable
{
    /// <summary>Whether anything of an answer has come, so that the server takes part and gets an orderly end.</summary>
    bool HasAnswer { get; }

    /// <summary>Asks, and judges the answer.</summary>
    /// <param name="stream">The connection.</param>
    /// <param name="limit">Ends the wait for the answer.</param>
    /// <returns>Null: the answer is good. Otherwise what is wrong, for logs.</returns>
    /// <exception cref="OperationCanceledException">No answer came in time.</exception>
    /// <exception cref="IOException">The connection failed.</exception>
    ValueTask<string?> AskAsync(Stream stream, CancellationToken limit);

    /// <summary>
    /// Says goodbye as the protocol of the server has it, so that the server does not log or count a broken connection. Exceptions are
    /// ignored.
    /// </summary>
    /// <param name="stream">The connection.</param>
    /// <param name="limit">Ends the goodbye.</param>
    ValueTask LeaveAsync(Stream stream, CancellationToken limit);
}
