using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Gateway.Testing.Processes;

/// <summary>A process that runs beside a test: its lines are kept, it gets signals by its own id, and it is gone when disposed.</summary>
public sealed class ManagedProcess : IAsyncDisposable
{
    /// <summary>SIGTERM.</summary>
    public const int SigTerm = 15;

    /// <summary>SIGINT.</summary>
    public const int SigInt = 2;

    /// <summary>SIGKILL.</summary>
    public const int SigKill = 9;

    private readonly Process _process;
    private readonly string _command;
    private readonly List<string> _lines = [];
    private readonly List<(Func<string, bool> Accept, TaskCompletionSource<string> Found)> _waiters = [];

    private ManagedProcess(Process process, string command)
    {
        _process = process;
        _command = command;
        process.OutputDataReceived += (_, e) => Add(e.Data);
        process.ErrorDataReceived += (_, e) => Add(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Everything that it printed so far, in order.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>Everything that it printed so far.</summary>
    public string Output => string.Join('\n', Lines);

    /// <summary>Whether a line so far has this text.</summary>
    public bool HasPrinted(string text)
    {
        lock (_lines)
        {
            return _lines.Exists(line => line.Contains(text, StringComparison.Ordinal));
        }
    }

    /// <summary>Starts a command.</summary>
    public static ManagedProcess Start(
        IReadOnlyList<string> command, IReadOnlyDictionary<string, string>? environment = null, string? workingDirectory = null)
    {
        var info = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingDirectory ?? "",
        };
        info.Environment["DOTNET_ROOT"] = RepositoryPaths.DotnetRoot;
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            info.Environment[name] = value;
        }

        return new ManagedProcess(Process.Start(info)!, string.Join(' ', command));
    }

    /// <summary>The first line, printed already or later, that <paramref name="accept"/> likes.</summary>
    /// <exception cref="TimeoutException">None came; the message has all lines.</exception>
    public async Task<string> WaitForLineAsync(Func<string, bool> accept, string what, TimeSpan? timeout = null)
    {
        var found = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lines)
        {
            if (_lines.Find(l => accept(l)) is { } line)
            {
                return line;
            }

            _waiters.Add((accept, found));
        }

        try
        {
            return await found.Task.WaitAsync(timeout ?? Eventually.DefaultTimeout).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{_command}: no line: {what}. It printed:\n{Output}");
        }
    }

    /// <summary>Sends a signal.</summary>
    public void Signal(int signal)
    {
        if (!_process.HasExited)
        {
            _ = Kill(_process.Id, signal);
        }
    }

    /// <summary>Waits for its end and gives the exit code.</summary>
    /// <exception cref="TimeoutException">It did not end; the message has its lines.</exception>
    public async Task<int> WaitForExitAsync(TimeSpan? timeout = null)
    {
        using var limit = new CancellationTokenSource(timeout ?? Eventually.DefaultTimeout);
        try
        {
            await _process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
            return _process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{_command}: did not end. It printed:\n{Output}");
        }
    }

    /// <summary>Resident memory in bytes, as the kernel counts it.</summary>
    public long ResidentBytes() => StatusNumber("VmRSS:") * 1024;

    /// <summary>The part of it that are pages of files: the program and its libraries.</summary>
    public long ResidentFileBytes() => StatusNumber("RssFile:") * 1024;

    /// <summary>Number of threads.</summary>
    public int Threads() => (int)StatusNumber("Threads:");

    /// <summary>Number of open descriptors.</summary>
    public int Descriptors() => Directory.GetFileSystemEntries($"/proc/{Id}/fd").Length;

    /// <summary>Number of open sockets: unlike all descriptors, what the runtime opens of its own assemblies meanwhile is not in it.</summary>
    public int Sockets() => Directory.GetFileSystemEntries($"/proc/{Id}/fd").Count(static descriptor =>
    {
        try
        {
            return File.ResolveLinkTarget(descriptor, returnFinalTarget: false)?.Name.StartsWith("socket:", StringComparison.Ordinal) == true;
        }
        catch (IOException)
        {
            // Closed meanwhile.
            return false;
        }
    });

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            Signal(SigTerm);
            try
            {
                await WaitForExitAsync(TimeSpan.FromSeconds(3)).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                _process.Kill(entireProcessTree: true);
                await WaitForExitAsync().ConfigureAwait(false);
            }
        }

        _process.Dispose();
    }

    private void Add(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_lines)
        {
            _lines.Add(line);
            foreach (var waiter in _waiters.Where(w => w.Accept(line)).ToList())
            {
                _waiters.Remove(waiter);
                waiter.Found.TrySetResult(line);
            }
        }
    }

    private long StatusNumber(string key)
    {
        var line = File.ReadLines($"/proc/{Id}/status").First(l => l.StartsWith(key, StringComparison.Ordinal));
        return long.Parse(line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture);
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int pid, int signal);
}
