using System.Runtime.CompilerServices;
using Gateway.Tcp.Telemetry;
using Yarp.ReverseProxy.Model;

namespace Gateway.Http.Requests;

/// <summary>How long the requests of each HTTP destination took in the last minute. Forgotten with the destination.</summary>
internal sealed class DestinationTimes
{
    private readonly ConditionalWeakTable<DestinationState, RecentTimes> _times = [];

    /// <summary>
    /// Counts a request that has ended. Upgraded streams are left out, because they take as long as somebody likes.
    /// </summary>
    /// <param name="destination">The destination that got the request.</param>
    /// <param name="took">From the request's head to the end of its response.</param>
    /// <param name="status">The status that was sent.</param>
    public void Count(DestinationState destination, TimeSpan took, int status)
    {
        if (status != StatusCodes.Status101SwitchingProtocols)
        {
            var isFault = status >= StatusCodes.Status500InternalServerError;
            _times.GetOrAdd(destination, static _ => new RecentTimes()).Count(took, isFault);
        }
    }

    /// <summary>The requests of a destination in the last minute.</summary>
    public RecentSummary LastMinuteOf(DestinationState destination) =>
        _times.TryGetValue(destination, out var times) ? times.Read() : default;
}
