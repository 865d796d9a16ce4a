using System.Net;
using System.Net.Sockets;
using Gateway.Configuration;
using Gateway.Kubernetes.Endpoints;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Kubernetes.Endpoints;

/// <summary>What a change costs: 3,000 endpoints in 30 slices, of which one changes.</summary>
public sealed class PortSlicesTests
{
    private const int Slices = 30;
    private const int EndpointsOfASlice = 100;

    // The list of 3,000 addresses, which connections read without a lock, and little else: no address is made anew.
    private const int Bound = Slices * EndpointsOfASlice * 8 + 4096;

    [Fact]
    public void Publish_OneOf30SlicesChanged_AllocatesTheListAndNothingOfTheOtherSlices()
    {
        var endpoints = new ServiceEndpoints(new ServiceAddress("shop", "redis", "redis"), TimeProvider.System);
        var slices = new PortSlices(endpoints, new object(), NullLogger.Instance);
        for (var i = 0; i < Slices; i++)
        {
            slices.Take($"redis-{i:D2}", Part(i, EndpointsOfASlice));
        }

        slices.Publish();
        SlicePart[] turns = [Part(7, EndpointsOfASlice - 1), Part(7, EndpointsOfASlice)];
        Change(slices, turns, 10);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Change(slices, turns, 100);
        var perChange = (GC.GetAllocatedBytesForCurrentThread() - before) / 100;

        Assert.Equal(Slices * EndpointsOfASlice, endpoints.Current!.Count);
        Assert.InRange(perChange, 1, Bound);
    }

    private static void Change(PortSlices slices, SlicePart[] turns, int count)
    {
        for (var i = 0; i < count; i++)
        {
            slices.Take("redis-07", turns[i % 2]);
            slices.Publish();
        }
    }

    private static SlicePart Part(int number, int count) => new()
    {
        Family = AddressFamily.InterNetwork,
        Ready = [.. Enumerable.Range(1, count).Select(pod => new IPEndPoint(IPAddress.Parse($"10.0.{number}.{pod}"), 6379))],
        InZone = null,
        LastResort = [],
    };
}
