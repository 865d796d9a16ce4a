using System.Net;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>
/// The engine for Linux: raw descriptors, and one epoll thread per core (<see cref="EventLoop"/>). A connection, together with its
/// backend's connection, stays on the loop that accepted it. How bytes move: <see cref="RelayDirection"/>.
/// </summary>
internal sealed class LinuxTcpEngine : ITcpEngine
{
    private readonly EventLoop[] _loops;
    private readonly LinuxEngineOptions _options;
    private readonly LinuxTcpOptions _tcpOptions;

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
        _tcpOptions = new LinuxTcpOptions(_loops);
    }

    /// <inheritdoc/>
    public string Name => "Linux";

    /// <summary>The number of pipes that hold bytes now, over all loops.</summary>
    internal int PipesInUse => _loops.Sum(loop => loop.Pipes.InUse);

    /// <summary>The number of pipes, over all loops.</summary>
    internal int PipeCount => _loops.Sum(loop => loop.Pipes.Count);

    /// <inheritdoc/>
    public IReadOnlyList<EngineLoop> Loops => _loops;

    /// <inheritdoc/>
    public ITcpOptions Options => _tcpOptions;

    /// <inheritdoc/>
    public ITcpEngineListener Bind(IPEndPoint endPoint, TcpListenOptions options)
    {
        var (sockets, localEndPoint) = options.Inherited.Count > 0
            ? ListenSocketFactory.Adopt(options, _loops.Length, _tcpOptions.Program)
            : ListenSocketFactory.Bind(endPoint, options, _loops.Length, _tcpOptions.Program);
        return new LinuxTcpListener(_loops, sockets, localEndPoint, options, _options.AcceptFault);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_loops.Select(loop => loop.StopAsync()));
        _tcpOptions.Dispose();
    }
}
