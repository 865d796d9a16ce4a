using System.Runtime.CompilerServices;
using Yarp.ReverseProxy.Model;

namespace Gateway.Http.Requests;

/// <summary>The last failure of each HTTP destination. Written only when a request fails, and forgotten with the destination.</summary>
internal sealed class DestinationErrors
{
    private readonly ConditionalWeakTable<DestinationState, string> _last = [];

    /// <summary>Notes a failure.</summary>
    /// <param name="destination">The destination that is to blame.</param>
    /// <param name="reason">The reason as text.</param>
    public void Note(DestinationState destination, string reason) => _last.AddOrUpdate(destination, reason);

    /// <summary>The last failure of a destination; null: there was none.</summary>
    public string? LastOf(DestinationState destination) => _last.TryGetValue(destination, out var reason) ? reason : null;
}
