using System.Net;
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
            if (_toa is null && ToaProgram.TryAttach(out var problem) is var program)
            {
                if (program is null)
                {
                    return problem;
                }

                _toa = program;
                foreach (var loop in _loops)
                {
                    loop.Toa = program;
                }
            }

            return null;
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
