using System.Net;

namespace Gateway.Tcp.Clusters;

/// <summary>
/// The addresses of a destination that something else than DNS follows, such as the endpoints of a Service. Safe from any thread.
/// </summary>
public interface IAddressSource
{
    /// <summary>The host name that stands for the addresses: in TLS to the destination, and in checks by HTTP.</summary>
    string Host { get; }

    /// <summary>
    /// The addresses now, each once; empty: there is none. The same array until something changes. Null: they are not known yet.
    /// </summary>
    IReadOnlyList<IPEndPoint>? Current { get; }

    /// <summary>The addresses are others now. Called on any thread.</summary>
    event Action? Changed;

    /// <summary>The addresses. Completes at once if they are known; otherwise waits for them, but not for ever.</summary>
    ValueTask<IPEndPoint[]> AskAsync();
}
