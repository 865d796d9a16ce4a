using Gateway.Configuration;

namespace Gateway.Kubernetes.Endpoints;

/// <summary>What a watch has seen of one port of a Service. Not safe from several threads: a watch has one.</summary>
/// <param name="endpoints">Where the merged addresses are published.</param>
/// <param name="watch">The watch.</param>
/// <param name="logger">Hears what has changed.</param>
internal sealed partial class PortSlices(ServiceEndpoints endpoints, object watch, ILogger logger)
{
    private readonly SortedDictionary<string, SlicePart> _parts = new(StringComparer.Ordinal);
    private readonly SliceMerge _merge = new();
    private bool _hasChanged = true;
    private bool _hasBegun;

    /// <summary>Where the merged addresses are published.</summary>
    public ServiceEndpoints Endpoints => endpoints;

    /// <summary>Takes over a slice.</summary>
    /// <param name="slice">Its name.</param>
    /// <param name="part">What it says; null: it is gone, or says nothing of the port.</param>
    public void Take(string slice, SlicePart? part)
    {
        _hasChanged = true;
        if (part is null)
        {
            _parts.Remove(slice);
        }
        else
        {
            _parts[slice] = part;
        }
    }

    /// <summary>
    /// Publishes the addresses, if a slice has changed. The first time, which is after the first list, the watch takes the place of the
    /// watch before.
    /// </summary>
    public void Publish()
    {
        if (!_hasChanged)
        {
            return;
        }

        if (!_hasBegun)
        {
            _hasBegun = true;
            endpoints.Belong(watch);
        }

        _hasChanged = false;
        var before = endpoints.Current?.Count;
        var merged = _merge.Merge(_parts.Values);
        if (!endpoints.Publish(watch, merged))
        {
            return;
        }

        if (merged.Length == 0)
        {
            Log.None(logger, endpoints.Address);
        }
        else if (before is null or 0)
        {
            Log.Some(logger, endpoints.Address, merged.Length);
        }
        else
        {
            Log.Changed(logger, endpoints.Address, merged.Length);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            1160,
            LogLevel.Warning,
            "The Service {Service} has no endpoint that takes connections: none is ready, there is no such Service, or it has no such port"
        )]
        public static partial void None(ILogger logger, ServiceAddress service);

        [LoggerMessage(1161, LogLevel.Information, "The Service {Service} has endpoints; {Count} take connections")]
        public static partial void Some(ILogger logger, ServiceAddress service, int count);

        [LoggerMessage(1162, LogLevel.Debug, "The endpoints of the Service {Service} have changed; {Count} take connections")]
        public static partial void Changed(ILogger logger, ServiceAddress service, int count);
    }
}
