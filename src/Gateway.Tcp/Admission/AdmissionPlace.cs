namespace Gateway.Tcp.Admission;

/// <summary>The places that an admitted connection or request holds: one of its listener, one of its client, or both.</summary>
public sealed class AdmissionPlace
{
    private readonly PlaceCount? _listener;
    private readonly AdmittedClient? _client;
    private int _isGivenBack;

    internal AdmissionPlace(PlaceCount? listener, AdmittedClient? client) => (_listener, _client) = (listener, client);

    /// <summary>Gives the places back. Only the first call has an effect. From any thread.</summary>
    public void GiveBack()
    {
        if (Interlocked.Exchange(ref _isGivenBack, 1) == 0)
        {
            _listener?.Release();
            _client?.Shard.Leave(_client);
        }
    }
}
