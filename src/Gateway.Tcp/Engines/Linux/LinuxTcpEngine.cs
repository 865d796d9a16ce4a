using System.Net;
using System.Net.Sockets;
using Gateway.Linux;
using Gateway.Linux.Bpf;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>
/// The engine for Linux: raw descriptors, one epoll thread per core (<see cref="EventLoop"/>), and a connection that stays on the loop whose listening socket
/// accepted it, with its backend beside it. How bytes move: <see cref="RelayDirection"/>.
/// </summary>
internal sealed class LinuxTcpEngine : ITcpEngine
{
    private readonly EventLoop[] _loops;
    private readonly LinuxEngineOptions _options;
    private readonly Lock _enabling = new();
    private ToaProgram? _toa;

    /// <summary>Starts the loops.</summary>
    /// <exception cref="PlatformNotSupportedException">Not Linux.</exception>
    internal LinuxTcpEngine(LinuxEngineOptions? options = null)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("The Linux engine needs Linux: choose the Portable engine.");
        }

        _options = options ?? new LinuxEngineOptions();
        _loops = [.. Enumerable.Range(0, _options.LoopCount).Select(index => new EventLoop(index, _options))];
    }

    /// <inheritdoc/>
    public string Name => "Linux";

    /// <summary>Pipes that carry bytes right now, over all loops.</summary>
    internal int PipesInUse => _loops.Sum(loop => loop.Pipes.InUse);

    /// <summary>Pipes that exist, over all loops.</summary>
    internal int PipeCount => _loops.Sum(loop => loop.Pipes.Count);

    /// <inheritdoc/>
    public string? EnableOptions()
    {
        lock (_enabling)
        {
            if (_toa is not null)
            {
                return null;
            }

            if (ToaProgram.TryAttach(out var problem) is not { } program)
            {
                return problem;
            }

            _toa = program;
            foreach (var loop in _loops)
            {
                loop.Toa = program;
            }

            return null;
        }
    }

    /// <inheritdoc/>
    public void KeepOptions(Socket listener, OptionCarriers carriers)
    {
        // Nobody else has this socket yet, so nobody can close it meanwhile.
        var result = KeptOptions.Keep((int)listener.Handle, carriers, _toa);
        if (result < 0)
        {
            throw new SocketException((int)Errno.ToSocketError(-result));
        }
    }

    /// <inheritdoc/>
    public int ReadOptions(Socket connection, OptionCarriers carrier, Span<byte> options)
    {
        // A server may close it at any time, by its own limits: the number is used under a reference.
        var handle = connection.SafeHandle;
        var held = false;
        try
        {
            handle.DangerousAddRef(ref held);
            return KeptOptions.Read((int)handle.DangerousGetHandle(), carrier, _toa, options);
        }
        catch (ObjectDisposedException)
        {
            return 0;
        }
        finally
        {
            if (held)
            {
                handle.DangerousRelease();
            }
        }
    }

    /// <inheritdoc/>
    public ITcpEngineListener Bind(IPEndPoint endPoint, TcpListenOptions options)
    {
        var (sockets, localEndPoint) = ListenSocketFactory.Bind(endPoint, options, _loops.Length, _toa);
        return new LinuxTcpListener(_loops, sockets, localEndPoint, options, _options.AcceptFault);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_loops.Select(loop => loop.StopAsync())).ConfigureAwait(false);
        _toa?.Dispose();
    }
}
