using Gateway.Configuration.Files;
using Gateway.Observability;

namespace Gateway.Configuration.Loading;

/// <summary>
/// Notices all changes of one file within two seconds. The contents are polled, because Kubernetes swaps a directory's symbolic link, and
/// because size and time stamps can stay the same. Kernel events wake the poll early if an inotify instance is available.
/// </summary>
internal sealed partial class ConfigFileWatcher : IAsyncDisposable
{
    private readonly string _path;
    private readonly ConfigFileReading _reading;
    private readonly Action<DateTimeOffset>? _onLook;
    private readonly Func<ConfigFileRead, Task> _onRead;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ConfigFileWatcherOptions _options;
    private readonly SemaphoreSlim _signal = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly IDisposable? _accelerator;
    private readonly Task _loop;
    private ConfigFileRead _last;
    private volatile bool _again;
    private Task? _waiting;
    private int _signalled;

    /// <summary>Starts to watch.</summary>
    /// <param name="path">The file.</param>
    /// <param name="currentText">The text that is in force; null: none, so that the first text is reported.</param>
    /// <param name="onRead">
    /// Called, one call at a time, when the text differs from the last reported text, when the file cannot be read any more (once), and
    /// when it can be read again.
    /// </param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Takes events and unexpected errors.</param>
    /// <param name="options">Times; null: the defaults.</param>
    /// <param name="createSignal">Watches for kernel events; null: <see cref="FileSignal.Create"/>. It may throw any exception.</param>
    /// <param name="onLook">Called with the time whenever the file was looked at, changed or not.</param>
    /// <param name="read">Reads the file; null: <see cref="ConfigFileText"/>.</param>
    public ConfigFileWatcher(
        string path,
        string? currentText,
        Func<ConfigFileRead, Task> onRead,
        TimeProvider time,
        ILogger logger,
        ConfigFileWatcherOptions? options = null,
        Func<string, Action, IDisposable>? createSignal = null,
        Action<DateTimeOffset>? onLook = null,
        Func<string, ConfigFileRead>? read = null)
    {
        _path = path;
        _reading = new ConfigFileReading(path, time, read);
        _onLook = onLook;
        _onRead = onRead;
        _time = time;
        _logger = logger;
        _options = options ?? new ConfigFileWatcherOptions();
        _last = new ConfigFileRead(currentText, null);
        try
        {
            _accelerator = (createSignal ?? FileSignal.Create)(path, Signal);
        }
#pragma warning disable CA1031 // Whatever the reason, the poll does the work.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.NoFileEvents(logger, path, _options.PollInterval, e.Message);
        }

        _loop = Task.Run(RunAsync);
    }

    /// <summary>Reports the file again, also if it has not changed.</summary>
    public void ReadAgain()
    {
        _again = true;
        Signal();
    }

    /// <summary>Looks at the file now, without waiting for the poll.</summary>
    public void Signal()
    {
        // Only one signal is pending at a time, because a busy directory signals all the time.
        if (Interlocked.Exchange(ref _signalled, 1) != 0)
        {
            return;
        }

        try
        {
            _signal.Release();
        }
        catch (ObjectDisposedException)
        {
            // The watcher has ended already.
        }
    }

    /// <summary>Stops the watcher, and waits for a running callback.</summary>
    public async ValueTask DisposeAsync()
    {
        _accelerator?.Dispose();
        await _stop.CancelAsync();
        await _loop;
        _signal.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                await TryLookAsync();
                await WaitAsync();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
    }

    private async Task TryLookAsync()
    {
        try
        {
            await LookAsync();
        }
#pragma warning disable CA1031 // A loop that ends would leave a gateway that never reloads again, and says so nowhere.
        catch (Exception e) when (e is not OperationCanceledException || !_stop.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LastWords.Try(() => Log.LookFailed(_logger, _path, e));
        }
    }

    private async Task LookAsync()
    {
        var read = await ReadAsync();
        if (_again)
        {
            await ReportAsync(await SettleAsync(read));
        }
        else if (read != _last && await SettleAsync(read) is var settled && settled != _last)
        {
            await ReportAsync(settled);
        }
    }

    // Reads the file again until two reads are equal, because the file may be in the middle of a write.
    private async Task<ConfigFileRead> SettleAsync(ConfigFileRead read)
    {
        for (var look = 0; look < _options.MaxSettleLooks; look++)
        {
            await Task.Delay(_options.SettleTime, _time, _stop.Token);
            var again = await ReadAsync();
            if (again == read)
            {
                break;
            }

            read = again;
        }

        return read;
    }

    private async Task ReportAsync(ConfigFileRead read)
    {
        _last = read;
        // A report that was requested while the file was read is this report: the same text is not reported a second time.
        _again = false;
        try
        {
            Log.Changed(_logger, _path);
            await _onRead(read);
        }
#pragma warning disable CA1031 // One reload that fails for a bug must not end all later ones.
        catch (Exception e) when (e is not OperationCanceledException || !_stop.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LastWords.Try(() => Log.CallbackFailed(_logger, _path, e));
        }
    }

    private async Task WaitAsync()
    {
        // A minimum pause, so that a busy directory does not cause a read on every event.
        await Task.Delay(_options.SettleTime, _time, _stop.Token);
        // If the interval ends first, the wait for the signal is kept for the next interval. The semaphore's own timeout is not used,
        // because it ignores the injected clock.
        _waiting ??= _signal.WaitAsync(_stop.Token);
        await _waiting.WaitAsync(_options.PollInterval - _options.SettleTime, _time, _stop.Token)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Token.ThrowIfCancellationRequested();
        if (_waiting.IsCompleted)
        {
            _waiting = null;
            Volatile.Write(ref _signalled, 0);
        }
    }

    private async Task<ConfigFileRead> ReadAsync()
    {
        var read = await _reading.ReadAsync(_options.ReadLimit, _stop.Token);
        _onLook?.Invoke(_reading.LastEnded);
        return read;
    }

    private static partial class Log
    {
        [LoggerMessage(1100, LogLevel.Debug, "{Path}: no file events, polling every {Interval} alone: {Reason}")]
        public static partial void NoFileEvents(ILogger logger, string path, TimeSpan interval, string reason);

        [LoggerMessage(1101, LogLevel.Debug, "{Path} has changed")]
        public static partial void Changed(ILogger logger, string path);

        [LoggerMessage(1102, LogLevel.Error, "{Path}: the reload failed unexpectedly; the last good configuration stays")]
        public static partial void CallbackFailed(ILogger logger, string path, Exception exception);

        [LoggerMessage(1103, LogLevel.Error, "{Path}: looking at it failed unexpectedly; it is looked at again")]
        public static partial void LookFailed(ILogger logger, string path, Exception exception);
    }
}
