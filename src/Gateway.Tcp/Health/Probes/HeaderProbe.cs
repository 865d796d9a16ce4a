namespace Gateway.Tcp.Health.Probes;

/// <summary>Asks nothing. The PROXY header in front of it has shown the connection to the server, so the server gets a goodbye.</summary>
internal sealed class HeaderProbe : IProbe
{
    private readonly ProbeAnswer _greeting = new();

    /// <inheritdoc/>
    public bool HasAnswer => true;

    /// <inheritdoc/>
    public ValueTask<string?> AskAsync(Stream stream, CancellationToken limit) => default;

    /// <inheritdoc/>
    public async ValueTask LeaveAsync(Stream stream, CancellationToken limit)
    {
        if (await _greeting.ReadAsync(stream, limit) is null)
        {
            await Goodbye.SayAsync(stream, _greeting, limit);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _greeting.Dispose();
}
