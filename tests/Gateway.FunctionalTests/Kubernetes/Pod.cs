using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.FunctionalTests.Kubernetes;

/// <summary>
/// A backend at an address of its own on loopback. Echoes what it gets, or answers each HTTP request with its address. Knows when the test
/// took it out of its Service.
/// </summary>
internal sealed class Pod : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private long _removedAt;
    private long _longestLag;

    private Pod(IPAddress address, int port, bool isHttp)
    {
        _listener = new TcpListener(address, port);
        _listener.Start(512);
        _accepting = AcceptAsync(isHttp);
    }

    /// <summary>Its address, without the port.</summary>
    public string Address => ((IPEndPoint)_listener.LocalEndpoint).Address.ToString();

    /// <summary>Its port.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The longest time after its removal at which a connection, or an HTTP request, came.</summary>
    public TimeSpan LongestLag => TimeSpan.FromMilliseconds(Volatile.Read(ref _longestLag));

    /// <summary>Whether it belongs to its Service.</summary>
    public bool IsMember
    {
        get => Volatile.Read(ref _removedAt) == 0;
        set => Volatile.Write(ref _removedAt, value ? 0 : Environment.TickCount64);
    }

    /// <summary>Starts pods at 127.0.THIRD.1 and so on, with the same port.</summary>
    public static Pod[] Start(int third, int count, bool isHttp = false)
    {
        var first = new Pod(IPAddress.Parse($"127.0.{third}.1"), 0, isHttp);
        var others = Enumerable.Range(2, count - 1).Select(last => new Pod(IPAddress.Parse($"127.0.{third}.{last}"), first.Port, isHttp));
        return [first, .. others];
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync(bool isHttp)
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_stop.Token);
                Note();
                _ = ServeAsync(client, isHttp);
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(Socket client, bool isHttp)
    {
        using (client)
        {
            try
            {
                var buffer = new byte[4096];
                while (await client.ReceiveAsync(buffer, _stop.Token) is > 0 and var length)
                {
                    if (isHttp)
                    {
                        Note();
                    }

                    await client.SendAsync(isHttp ? Answer() : buffer.AsMemory(0, length), _stop.Token);
                }
            }
            catch (Exception end) when (end is OperationCanceledException or SocketException)
            {
            }
        }
    }

    private ReadOnlyMemory<byte> Answer() =>
        Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {Address.Length}\r\n\r\n{Address}");

    private void Note()
    {
        if (Volatile.Read(ref _removedAt) is not 0 and var removed)
        {
            Volatile.Write(ref _longestLag, Math.Max(Volatile.Read(ref _longestLag), Environment.TickCount64 - removed));
        }
    }
}
