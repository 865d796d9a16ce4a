using System.Net.Sockets;
using Gateway.Linux;
using Gateway.Linux.Bpf;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>
/// TCP options of the Linux engine's connections and of other owners' sockets. The eBPF program that keeps and writes options is loaded by
/// <see cref="Enable"/>.
/// </summary>
internal sealed class LinuxTcpOptions(EventLoop[] loops) : ITcpOptions, IDisposable
{
    private readonly Lock _enabling = new();

    /// <summary>Null until <see cref="Enable"/> has succeeded.</summary>
    internal ToaProgram? Program { get; private set; }

    /// <inheritdoc/>
    public string? Enable()
    {
        lock (_enabling)
        {
            if (Program is not null)
            {
                return null;
            }

            if (ToaProgram.TryAttach(out var problem) is not { } program)
            {
                return problem;
            }

            Program = program;
            foreach (var loop in loops)
            {
                loop.Toa = program;
            }

            return null;
        }
    }

    /// <inheritdoc/>
    public void Keep(Socket listener, OptionCarriers carriers)
    {
        // The caller has just made this socket, so no other thread can close it during the call.
        var result = KeptOptions.Keep((int)listener.Handle, carriers, Program);
        if (result < 0)
        {
            throw new SocketException((int)Errno.ToSocketError(-result));
        }
    }

    /// <inheritdoc/>
    public int Read(Socket connection, OptionCarriers carrier, Span<byte> options)
    {
        // The server may close the socket at any time by its own limits, so the number is used under a reference.
        var handle = connection.SafeHandle;
        var held = false;
        try
        {
            handle.DangerousAddRef(ref held);
            return KeptOptions.Read((int)handle.DangerousGetHandle(), carrier, Program, options);
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
    public void Dispose() => Program?.Dispose();
}
