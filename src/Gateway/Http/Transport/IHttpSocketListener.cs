using System.Net;
using Gateway.Linux;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Http.Transport;

/// <summary>A bound listener of HTTP: the factory that gives itself to Kestrel, and the listener that Kestrel gets.</summary>
internal interface IHttpSocketListener : IConnectionListenerFactory, IConnectionListener
{
    /// <summary>The bound address, with the real port.</summary>
    IPEndPoint LocalEndPoint { get; }

    /// <summary>
    /// Other descriptors of the listening sockets, for the listener that takes their place; none where sockets cannot be shared.
    /// </summary>
    IReadOnlyList<ListeningDescriptor> Share();
}
