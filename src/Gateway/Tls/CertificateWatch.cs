using Gateway.Configuration.Files;
using Gateway.Observability;
using Gateway.Tcp.Configuration;

namespace Gateway.Tls;

/// <summary>
/// Reads the files of the configuration in force every second, and uses changed contents for new handshakes. The watch compares contents
/// and does not use inotify or time stamps, because Kubernetes replaces a directory's symbolic link, sizes and time stamps can stay the
/// same, and containers run out of inotify instances.
/// </summary>
internal sealed partial class CertificateWatch : IAsyncDisposable
{
    // With the time to read the files and to wait for the last write, a change takes effect within two seconds.
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    // A wait before a changed file is read again, because a certificate and its key are written one after the other.
    private static readonly TimeSpan SettleTime = TimeSpan.FromMilliseconds(200);
    private const int MaxSettleLooks = 3;

    // A local file is read within this time. A file that takes longer must not delay the check of the others.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);

    private readonly CertificateStore _store;
    private readonly CertificateMetrics _metrics;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<TlsPart, DateTimeOffset> _silent = [];
    private readonly Dictionary<TlsPart, DateTimeOffset> _toldOld = [];
    private volatile IReadOnlyList<ITlsMaterial> _materials = [];
    private Task? _loop;

    /// <summary>Makes a watch that has no files yet.</summary>
    public CertificateWatch(CertificateStore store, CertificateMetrics metrics, ILogger<CertificateWatch> logger) =>
        (_store, _metrics, _logger) = (store, metrics, logger);

    /// <summary>Watches the files of this model from now on, and no others. Only one caller at a time.</summary>
    public void Follow(TlsModel model)
    {
        _materials = model.Materials;
        _metrics.Follow(model.Materials);
        if (model.Materials.Count > 0)
        {
            _loop ??= Task.Run(RunAsync);
        }
    }

    /// <summary>Stops the watch.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await (_loop ?? Task.CompletedTask);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(PollInterval, _store.Time, _stop.Token);
                await LookAsync();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
    }

    private async Task LookAsync()
    {
        var materials = _materials;
        foreach (var gone in _silent.Keys.Concat(_toldOld.Keys).Except(materials.SelectMany(static material => material.Parts)).ToList())
        {
            _silent.Remove(gone);
            _toldOld.Remove(gone);
        }

        var looks = materials.SelectMany(static material => material.Parts.Select(part => (Material: material, Part: part))).ToList();
        var reads = await Task.WhenAll(looks.Select(look => _store.TryReadAsync(look.Part, Patience)));
        var changed = new List<(ITlsMaterial Material, TlsPart Part, IReadOnlyList<ConfigFileRead> Read)>();
        foreach (var ((material, part), read) in looks.Zip(reads))
        {
            TellOld(part);
            if ((read ?? Silence(part)) is { } known)
            {
                if (read is not null)
                {
                    _silent.Remove(part);
                }

                if (part.Differs(known))
                {
                    changed.Add((material, part, known));
                }
            }
        }

        await Task.WhenAll(changed.Select(change => TakeAsync(change.Material, change.Part, change.Read)));
    }

    // Null: the file system has not answered yet, and the part stays as it is. An error once this has lasted for the default limit.
    private IReadOnlyList<ConfigFileRead>? Silence(TlsPart part)
    {
        var now = _store.Time.GetUtcNow();
        _silent.TryAdd(part, now);
        return now - _silent[part] >= ConfigFileReading.DefaultLimit ? CertificateStore.SilenceOf(part) : null;
    }

    private async Task TakeAsync(ITlsMaterial material, TlsPart part, IReadOnlyList<ConfigFileRead> read)
    {
        try
        {
            // Reads again until two reads give the same, because a certificate and its key are written one after the other.
            for (var look = 0; look < MaxSettleLooks; look++)
            {
                await Task.Delay(SettleTime, _store.Time, _stop.Token);
                var again = await _store.TryReadAsync(part, Patience) ?? read;
                if (again.SequenceEqual(read))
                {
                    break;
                }

                read = again;
            }

            if (!part.Differs(read))
            {
                return;
            }

            if (part.Take(read))
            {
                // Several parts of a listener may change at once, and each change runs in its own task.
                lock (material)
                {
                    material.Rebuild();
                }

                Log.Taken(_logger, material.Label, material.Name, part.Name, part.Describe());
            }
            else
            {
                Log.Refused(_logger, material.Label, material.Name, part.Name, part.Problem!, part.Describe());
            }
        }
#pragma warning disable CA1031 // If the loop ended, certificates would never change again, and no log line would say so.
        catch (Exception fault) when (!_stop.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LastWords.Try(() => Log.Failed(_logger, material.Label, material.Name, part.Name, fault));
        }
    }

    private void TellOld(TlsPart part)
    {
        if (part is AuthoritiesPart { Expires: { } end } && end < _store.Time.GetUtcNow() && _toldOld.GetValueOrDefault(part) != end)
        {
            _toldOld[part] = end;
            Log.OldList(_logger, part.Files[^1].KeyPath, part.Files[^1].Path, end);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            1120,
            LogLevel.Information,
            "The {Label} {Name} uses what the files of {Certificate} say now, for new handshakes: {Description}"
        )]
        public static partial void Taken(ILogger logger, string label, string name, string certificate, string description);

        [LoggerMessage(
            1121,
            LogLevel.Error,
            "The files of {Certificate} of the {Label} {Name} cannot be used, and what was read before stays in use ({Description}): "
                + "{Problem}"
        )]
        public static partial void Refused(
            ILogger logger,
            string label,
            string name,
            string certificate,
            Finding problem,
            string description);

        [LoggerMessage(1122, LogLevel.Error, "The files of {Certificate} of the {Label} {Name} could not be looked at; they are again")]
        public static partial void Failed(ILogger logger, string label, string name, string certificate, Exception exception);

        [LoggerMessage(
            1123,
            LogLevel.Error,
            "{KeyPath}: the revocation list in {Path} ended on {End}: nobody with a certificate of its CA is let in. Write a newer one"
        )]
        public static partial void OldList(ILogger logger, string keyPath, string path, DateTimeOffset end);
    }
}
