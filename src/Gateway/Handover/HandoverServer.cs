using System.Net.Sockets;
using System.Runtime.InteropServices;
using Gateway.Configuration;
using Gateway.Linux;
using Gateway.Tcp.Telemetry;

namespace Gateway.Handover;

/// <summary>
/// Waits at <c>Handover:Path</c> for the process that takes the place of this process, and gives it the listening sockets:
/// <see cref="HandoverMessages"/>. Until the new process says that it accepts, both processes share the accept queues, and this process
/// goes on if the new process fails.
/// </summary>
/// <param name="server">What is handed over.</param>
/// <param name="lifetime">A process that begins to end does not wait for the new process any more.</param>
/// <param name="logger">For the steps.</param>
internal sealed partial class HandoverServer(IHandover server, IHostApplicationLifetime lifetime, ILogger<HandoverServer> logger)
    : IAsyncDisposable
{
    private static readonly TimeSpan LineTimeout = TimeSpan.FromSeconds(5);

    // The new process binds, reads certificates and waits a second for health checks; until it is ready, this process takes no reload.
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _stop = new();
    private Socket? _listening;
    private Task _serving = Task.CompletedTask;
    private int _isBusy;

    /// <summary>Begins to wait. A file that another process left at the path is replaced.</summary>
    /// <returns>Why that is not possible; null: it waits.</returns>
    public string? Start(HandoverConfig config)
    {
        if (!OperatingSystem.IsLinux())
        {
            return "Handover is available on Linux only. Remove the section.";
        }

        var path = config.Path!;
        var made = path + ".new";
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            File.Delete(made);
            socket.Bind(new UnixDomainSocketEndPoint(made));
            // Before listen, so that no other user ever connects.
            File.SetUnixFileMode(made, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            socket.Listen();
            File.Move(made, path, overwrite: true);
        }
        catch (Exception problem) when (problem is SocketException or IOException or UnauthorizedAccessException)
        {
            socket.Dispose();
            return $"Handover:Path ({path}) cannot be made: {problem.Message}. The gateway's user must be able to write to its folder.";
        }

        _listening = socket;
        _serving = ServeAsync(socket);
        return null;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listening?.Dispose();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ServeAsync(Socket listening)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var peer = await listening.AcceptAsync(_stop.Token);
                _ = AnswerAsync(peer);
            }
            catch (Exception ended) when (ended is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // No descriptor is left, say. The new process asks again when it is started again.
                await Task.Delay(LineTimeout, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task AnswerAsync(Socket peer)
    {
        using (peer)
        {
            try
            {
                if (!DescriptorPassing.IsSameUser(peer) || await ReadAsync(peer, LineTimeout) != HandoverMessages.Hello)
                {
                    return;
                }

                if (Interlocked.Exchange(ref _isBusy, 1) != 0)
                {
                    await HandoverMessages.SendAsync(peer, HandoverMessages.Busy, _stop.Token);
                    return;
                }

                try
                {
                    await HandOverAsync(peer);
                }
                finally
                {
                    _isBusy = 0;
                }
            }
            catch (Exception problem) when (problem is not OutOfMemoryException)
            {
                // Nobody awaits this task.
                Log.Failed(logger, LogText.DetailOf(problem));
            }
        }
    }

    private async Task HandOverAsync(Socket peer)
    {
        if (await server.BeginHandOverAsync() is not { } offer)
        {
            // This process is about to end.
            return;
        }

        var (isTaken, isTableTaken) = (false, false);
        try
        {
            Log.Offered(logger, offer.Sockets.Count);
            Send(peer, offer);
            var line = await ReadAsync(peer, StartTimeout, lifetime.ApplicationStopping);
            isTaken = HandoverMessages.IsReady(line, out isTableTaken);
        }
        finally
        {
            offer.Dispose();
            if (!isTaken)
            {
                Log.NotTaken(logger);
                await server.CancelHandOverAsync();
            }
        }

        if (isTaken)
        {
            Log.Taken(logger);
            await server.CompleteHandOverAsync(isTableTaken);
            await HandoverMessages.SendAsync(peer, HandoverMessages.Released, _stop.Token);
        }
    }

    private static void Send(Socket peer, HandoverOffer offer)
    {
        DescriptorPassing.Send(peer, HandoverMessages.Offer(offer.Sockets.Count, offer.Table), []);
        var handles = offer.Sockets.Select(static socket => socket.Handle).Concat(offer.TableLock is { } held ? [held] : (SafeHandle[])[]);
        foreach (var batch in handles.Chunk(DescriptorPassing.Most))
        {
            DescriptorPassing.Send(peer, [HandoverMessages.Descriptors], batch);
        }
    }

    private async Task<string?> ReadAsync(Socket peer, TimeSpan limit, CancellationToken stop = default)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, stop);
        timeout.CancelAfter(limit);
        return await HandoverMessages.ReadLineAsync(peer, timeout.Token);
    }

    private static partial class Log
    {
        [LoggerMessage(1041, LogLevel.Information, "Another process asks for the {Count} listening sockets of this one, and gets them")]
        public static partial void Offered(ILogger logger, int count);

        [LoggerMessage(1042, LogLevel.Warning, "The process that asked for the listening sockets did not start: this one goes on")]
        public static partial void NotTaken(ILogger logger);

        [LoggerMessage(1043, LogLevel.Information, "Another process has taken over the listeners; live connections may end here")]
        public static partial void Taken(ILogger logger);

        [LoggerMessage(1044, LogLevel.Warning, "The handover to another process failed: {Problem}")]
        public static partial void Failed(ILogger logger, string problem);
    }
}
