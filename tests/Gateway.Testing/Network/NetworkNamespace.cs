using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Gateway.Testing.Processes;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Testing.Network;

/// <summary>
/// A Linux network namespace. A socket stays in the namespace that its creating thread was in, so tests make sockets here and use them from
/// anywhere. Processes are started in it with nsenter, which keeps the pid (and, unlike "ip netns exec", /sys).
/// </summary>
public sealed class NetworkNamespace(string name)
{
    private const int CloneNewNet = 0x40000000;

    /// <summary>Its name below /run/netns.</summary>
    public string Name { get; } = name;

    /// <summary>What to put in front of a command to run it inside.</summary>
    public IReadOnlyList<string> CommandPrefix => ["nsenter", $"--net=/run/netns/{Name}"];

    /// <summary>A TCP socket inside.</summary>
    public Socket CreateSocket(AddressFamily family) => Run(() => new Socket(family, SocketType.Stream, ProtocolType.Tcp));

    /// <summary>A raw IPv4 socket inside that sends and receives TCP segments without the kernel's part in them.</summary>
    public Socket CreateRawSocket() => Run(static () => new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Tcp));

    /// <summary>An HTTP client whose connections start inside.</summary>
    public HttpClient CreateHttpClient() => new(new SocketsHttpHandler
    {
        ConnectCallback = async (context, cancel) =>
        {
            var socket = CreateSocket(AddressFamily.InterNetwork);
            await socket.ConnectAsync(IPAddress.Parse(context.DnsEndPoint.Host), context.DnsEndPoint.Port, cancel).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        },
    });

    /// <summary>Runs a command inside, which has to succeed.</summary>
    public async Task<string> RunAsync(params string[] command) =>
        (await ProcessRunner.RunAsync([.. CommandPrefix, .. command]).ConfigureAwait(false)).RequireSuccess().StandardOutput;

    /// <summary>
    /// Runs <paramref name="action"/> on a thread of its own inside. It must not start anything asynchronous: threads inherit the namespace
    /// of the thread that makes them, and a pool thread would keep it.
    /// </summary>
    public T Run<T>(Func<T> action)
    {
        var result = default(T);
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using var inside = File.OpenHandle($"/run/netns/{Name}");
                if (SetNamespace(inside, CloneNewNet) != 0)
                {
                    throw new IOException($"setns {Name}: error {Marshal.GetLastPInvokeError()}");
                }

                result = action();
            }
            catch (Exception e) when (e is IOException or SocketException or UnauthorizedAccessException)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? result! : throw new InvalidOperationException($"In namespace {Name}: {failure.Message}", failure);
    }

    [DllImport("libc", EntryPoint = "setns", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetNamespace(SafeFileHandle handle, int type);
}
