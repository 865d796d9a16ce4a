using System.Net;
using Gateway.Configuration;
using Gateway.Tcp.Clusters;

namespace Gateway.Kubernetes.Endpoints;

/// <summary>
/// The endpoints of one port of a Service. Outlives reloads, and watches that take each other's place. One watch writes; any thread reads.
/// </summary>
/// <param name="address">The port of the Service.</param>
/// <param name="time">For the wait for the first list.</param>
internal sealed class ServiceEndpoints(ServiceAddress address, TimeProvider time) : IAddressSource
{
    // As long as a dial waits for the first answer of a name server.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(6);

    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // A completed task, so that a dial allocates none.
    private volatile Task<IPEndPoint[]>? _known;
    private volatile object? _owner;

    /// <inheritdoc/>
    public event Action? Changed;

    /// <summary>The port of the Service.</summary>
    public ServiceAddress Address => address;

    /// <inheritdoc/>
    public string Host => address.Host;

    /// <inheritdoc/>
    public IReadOnlyList<IPEndPoint>? Current => _known?.Result;

    /// <summary>Completes once the addresses are known.</summary>
    public Task First => _first.Task;

    /// <inheritdoc/>
    public ValueTask<IPEndPoint[]> AskAsync() => new(_known ?? WaitAsync());

    /// <summary>Makes a watch the only one that publishes from now on: an older watch may see its last events later.</summary>
    public void Belong(object watch) => _owner = watch;

    /// <summary>Takes over the addresses.</summary>
    /// <param name="watch">The watch that has seen them.</param>
    /// <param name="addresses">All addresses.</param>
    /// <returns>Whether they are others than before.</returns>
    public bool Publish(object watch, IPEndPoint[] addresses)
    {
        if (_owner != watch || (_known?.Result is { } before && before.AsSpan().SequenceEqual(addresses)))
        {
            return false;
        }

        _known = Task.FromResult(addresses);
        _first.TrySetResult();
        Changed?.Invoke();
        return true;
    }

    private async Task<IPEndPoint[]> WaitAsync()
    {
        await _first.Task.WaitAsync(Patience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return _known?.Result ?? [];
    }
}
