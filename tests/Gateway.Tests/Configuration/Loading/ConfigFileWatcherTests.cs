using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Text;
using System.Threading.Channels;
using Gateway.Configuration.Files;
using Gateway.Configuration.Loading;
using Gateway.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Configuration.Loading;

public sealed class ConfigFileWatcherTests : IDisposable
{
    // The contract's limit; the machine may be slow, so a test waits longer and only fails if nothing comes at all.
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private static readonly ConfigFileWatcherOptions Fast = new()
    {
        PollInterval = TimeSpan.FromMilliseconds(40),
        SettleTime = TimeSpan.FromMilliseconds(20),
    };

    private readonly string _directory = Directory.CreateTempSubdirectory("gateway-config-").FullName;
    private readonly Channel<ConfigFileRead> _reads = Channel.CreateUnbounded<ConfigFileRead>();

    private string FilePath => Path.Combine(_directory, "appsettings.json");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Watch_FileIsRewritten_ReportsTheNewText()
    {
        File.WriteAllText(FilePath, "one");
        await using var watcher = Start("one");

        Replace("two");

        // On a busy machine the file may be seen truncated twice.
        ConfigFileRead read;
        do
        {
            read = await NextAsync();
        }
        while (read.Text is "");
        Assert.Equal(new ConfigFileRead("two", null), read);
    }

    [Fact]
    public async Task Watch_NoInotifyInstance_StillReports()
    {
        File.WriteAllText(FilePath, "one");
        await using var watcher = Start(
            "one",
            createSignal: (_, _) => throw new IOException("The configured user limit on the number of inotify instances has been reached"));

        Replace("two");

        Assert.Equal("two", (await NextAsync()).Text);
    }

    [Fact]
    public async Task Watch_NoInotifyInstance_LogsAtDebugOnly()
    {
        var logger = new FakeLogger();
        await using (Start("one", createSignal: (_, _) => throw new IOException("no inotify instance"), logger: logger))
        {
        }

        var record = Assert.Single(logger.Collector.GetSnapshot(), record => record.Id.Id == 1100);
        Assert.Equal(LogLevel.Debug, record.Level);
        Assert.Contains("no inotify instance", record.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_ConfigMapIsSwappedBySymlink_ReportsTheNewText()
    {
        // As the kubelet does it: file -> ..data/file, ..data -> ..stamp; a new ..stamp, and one rename.
        WriteStamp("..1", "one");
        File.CreateSymbolicLink(Path.Combine(_directory, "..data"), "..1");
        File.CreateSymbolicLink(FilePath, Path.Combine("..data", "appsettings.json"));
        await using var watcher = Start("one", createSignal: (_, _) => throw new IOException("none"));

        WriteStamp("..2", "two");
        File.CreateSymbolicLink(Path.Combine(_directory, "..data_tmp"), "..2");
        await RenameAsync(Path.Combine(_directory, "..data_tmp"), Path.Combine(_directory, "..data"));

        Assert.Equal("two", (await NextAsync()).Text);
    }

    [Fact]
    public async Task Watch_SameLengthAndTimeStamp_ReportsTheNewText()
    {
        File.WriteAllText(FilePath, "one");
        var stamp = File.GetLastWriteTimeUtc(FilePath);
        await using var watcher = Start("one", createSignal: (_, _) => throw new IOException("none"));

        File.WriteAllText(FilePath + ".new", "two");
        File.SetLastWriteTimeUtc(FilePath + ".new", stamp);
        File.Move(FilePath + ".new", FilePath, overwrite: true);

        Assert.Equal("two", (await NextAsync()).Text);
    }

    [Fact]
    public async Task Watch_FileVanishesAndComesBack_ReportsOnceEach()
    {
        File.WriteAllText(FilePath, "one");
        await using var watcher = Start("one");

        File.Delete(FilePath);
        var gone = await NextAsync();
        Replace("one");
        var back = await NextAsync();

        Assert.Null(gone.Text);
        Assert.Contains("cannot be read", gone.Error, StringComparison.Ordinal);
        // The same text as before: whoever counted the failure learns that it is over.
        Assert.Equal(new ConfigFileRead("one", null), back);
    }

    [Fact]
    public async Task Watch_FileIsNotUtf8_ReportsAFailedRead()
    {
        File.WriteAllText(FilePath, "one");
        await using var watcher = Start("one");

        Replace([0x7b, 0xff, 0xfe]);

        Assert.Equal("the file is not UTF-8", (await NextAsync()).Error);
    }

    /// <summary>The server of a network file system has gone: the read does not return, and no other one may be begun beside it.</summary>
    [Fact]
    public async Task Watch_ReadNeverReturns_IsSaidOnceAndEndsNothing()
    {
        using var answer = new ManualResetEventSlim();
        var reads = 0;
        var looks = new ConcurrentQueue<DateTimeOffset>();
        var options = Fast with { ReadLimit = TimeSpan.FromMilliseconds(500) };
        await using (var watcher = Start("one", options, onLook: looks.Enqueue, read: _ =>
        {
            Interlocked.Increment(ref reads);
            answer.Wait(Deadline);
            return new ConfigFileRead("two", null);
        }))
        {
            Assert.Contains("no answer from its file system within 0.5 s", (await NextAsync()).Error, StringComparison.Ordinal);
            var first = looks.Count;
            await Eventually.TrueAsync(() => looks.Count > first + 3, "it looks again and again");
            Assert.Equal(1, Volatile.Read(ref reads));
            Assert.Single(looks.Distinct());
            Assert.False(_reads.Reader.TryRead(out _));

            answer.Set();
            Assert.Equal(new ConfigFileRead("two", null), await NextAsync());
            await Eventually.TrueAsync(() => looks.Distinct().Count() > 1, "the file was looked at");
            answer.Reset();
            var before = Volatile.Read(ref reads);
            await Eventually.TrueAsync(() => Volatile.Read(ref reads) > before, "a read that hangs again");
        }

        // Disposed, although a read has not come back.
        answer.Set();
    }

    [Theory]
    [InlineData("mkfifo", "a FIFO")]
    [InlineData("mkdir", "a directory")]
    [InlineData("ln -s /dev/zero", "a device")]
    public async Task Watch_FileBecomesSomethingElse_IsRefusedWithoutBeingOpened(string command, string kind)
    {
        File.WriteAllText(FilePath, "one");
        await using var watcher = Start("one");

        File.Delete(FilePath);
        var words = command.Split(' ');
        using var process = Process.Start(words[0], [.. words[1..], FilePath]);
        await process.WaitForExitAsync().WaitAsync(Deadline);

        // The moment without a file may be seen, too.
        ConfigFileRead read;
        do
        {
            read = await NextAsync();
        }
        while (!read.Error!.Contains("regular file", StringComparison.Ordinal));
        Assert.Contains($"it is {kind}, not a regular file", read.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_FileIsWrittenInPieces_ReportsTheWholeText()
    {
        File.WriteAllText(FilePath, "one");
        var settle = new ConfigFileWatcherOptions
        {
            PollInterval = TimeSpan.FromMilliseconds(600),
            SettleTime = TimeSpan.FromMilliseconds(500),
        };
        await using var watcher = Start("one", settle);

        await using (var stream = new FileStream(FilePath, FileMode.Create, FileAccess.Write, FileShare.ReadWrite))
        {
            stream.Write("tw"u8);
            stream.Flush();
            watcher.Signal();
            stream.Write("o, whole"u8);
        }

        Assert.Equal("two, whole", (await NextAsync()).Text);
    }

    [Fact]
    public async Task Watch_FileIsRewrittenWithTheSameText_ReportsNothing()
    {
        File.WriteAllText(FilePath, "one");
        await using var watcher = Start("one");

        Replace("one");
        watcher.Signal();
        Replace("two");

        Assert.Equal("two", (await NextAsync()).Text);
        Assert.False(_reads.Reader.TryRead(out _));
    }

    [Fact]
    public async Task Watch_CallbackThrows_GoesOn()
    {
        File.WriteAllText(FilePath, "one");
        var logger = new FakeLogger();
        var failed = false;
        await using var watcher = new ConfigFileWatcher(
            FilePath,
            "one",
            read =>
            {
                if (!failed)
                {
                    failed = true;
                    _reads.Writer.TryWrite(read);
                    throw new InvalidOperationException("bug");
                }

                _reads.Writer.TryWrite(read);
                return Task.CompletedTask;
            },
            TimeProvider.System,
            logger,
            Fast);

        Replace("two");
        Assert.Equal("two", (await NextAsync()).Text);
        Replace("three");
        Assert.Equal("three", (await NextAsync()).Text);
        Assert.Contains(logger.Collector.GetSnapshot(), record => record.Id.Id == 1102);
    }

    [Fact]
    public async Task Watch_CallbackAndLoggerThrow_GoesOn()
    {
        File.WriteAllText(FilePath, "one");
        var logger = new ThrowingLogger();
        await using var watcher = Start("one", logger: logger);

        // Its first line about the change throws, so that the callback is not reached, and so does the one about that.
        Replace("two");
        await Eventually.TrueAsync(() => logger.Lines.Contains(1102), "the second line");
        logger.Lines.Clear();
        Replace("three");
        await Eventually.TrueAsync(() => logger.Lines.Contains(1102), "the loop goes on");
    }

    /// <summary>A retry whose time comes while a newer file is looked at, or a SIGHUP right behind an edit.</summary>
    [Fact]
    public async Task ReadAgain_WhileAChangeIsLookedAt_ReportsItOnce()
    {
        File.WriteAllText(FilePath, "one");
        ConfigFileWatcher? watcher = null;
        var looks = 0;
        ConfigFileRead Read(string path)
        {
            var text = File.ReadAllText(path);
            // The second look at the change.
            if (text == "two" && ++looks == 2)
            {
                watcher!.ReadAgain();
            }

            return new ConfigFileRead(text, null);
        }

        await using (watcher = Start("one", read: Read))
        {
            Replace("two");
            Assert.Equal("two", (await NextAsync()).Text);
            Replace("three");
            Assert.Equal("three", (await NextAsync()).Text);
            watcher.ReadAgain();
            Assert.Equal("three", (await NextAsync()).Text);
        }
    }

    [Fact]
    public async Task Watch_NothingChanges_ThrowsNothing()
    {
        File.WriteAllText(FilePath, "one");
        var thrown = new List<string>();
        var ours = new AsyncLocal<bool> { Value = true };
        void OnThrown(object? sender, FirstChanceExceptionEventArgs e)
        {
            if (ours.Value)
            {
                thrown.Add(e.Exception.ToString());
            }
        }

        Action? onEvent = null;
        AppDomain.CurrentDomain.FirstChanceException += OnThrown;
        try
        {
            await using var watcher = Start("one", createSignal: (_, signal) =>
            {
                onEvent = signal;
                return new MemoryStream();
            });
            foreach (var text in new[] { "two", "three" })
            {
                // More events than looks, and waits that end by time: the file is found by the poll.
                for (var i = 0; i < 5; i++)
                {
                    onEvent!();
                }

                Replace(text);
                Assert.Equal(text, (await NextAsync()).Text);
            }

            Assert.Empty(thrown);
            // Stopping may.
            ours.Value = false;
        }
        finally
        {
            AppDomain.CurrentDomain.FirstChanceException -= OnThrown;
        }
    }

    [Fact]
    public async Task Watch_WithDefaultTimes_ReportsWithinTwoSeconds()
    {
        File.WriteAllText(FilePath, "one");
        await using var watcher = Start("one", new ConfigFileWatcherOptions(), (_, _) => throw new IOException("none"));

        // Not an elapsed time, which a busy machine decides: the times that the loop waits at most.
        var options = new ConfigFileWatcherOptions();
        Assert.True(options.PollInterval + (options.MaxSettleLooks * options.SettleTime) < TimeSpan.FromSeconds(2));
        Replace("two");
        Assert.Equal("two", (await NextAsync()).Text);
    }

    /// <summary>All of its waits are by the clock that it was given: by the machine's this one would take an hour.</summary>
    [Fact]
    public async Task Watch_OnAClockOfItsOwn_PollsByIt()
    {
        File.WriteAllText(FilePath, "one");
        var time = new FakeTimeProvider();
        var looks = 0;
        var options = new ConfigFileWatcherOptions { PollInterval = TimeSpan.FromHours(1), ReadLimit = TimeSpan.FromDays(20) };
        await using var watcher = Start(
            "one",
            options,
            (_, _) => throw new IOException("none"),
            onLook: _ => Interlocked.Increment(ref looks),
            time: time);
        await Eventually.TrueAsync(() => Volatile.Read(ref looks) == 1, "the first look");

        Replace("two");
        // A timer exists only a moment after the look before it, so time moves until there is a look.
        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMinutes(10));
                return _reads.Reader.TryPeek(out var read) && read.Text == "two";
            },
            "the next poll");

        // And an event does not wait for it.
        Replace("three");
        await Eventually.TrueAsync(
            () =>
            {
                watcher.Signal();
                time.Advance(options.SettleTime);
                return _reads.Reader.Count == 2;
            },
            "the look after an event");
        Assert.Equal(["two", "three"], [(await NextAsync()).Text, (await NextAsync()).Text]);
    }

    private ConfigFileWatcher Start(
        string current,
        ConfigFileWatcherOptions? options = null,
        Func<string, Action, IDisposable>? createSignal = null,
        ILogger? logger = null,
        Action<DateTimeOffset>? onLook = null,
        Func<string, ConfigFileRead>? read = null,
        TimeProvider? time = null) => new(
        FilePath,
        current,
        result =>
        {
            _reads.Writer.TryWrite(result);
            return Task.CompletedTask;
        },
        time ?? TimeProvider.System,
        logger ?? NullLogger.Instance,
        options ?? Fast,
        createSignal,
        onLook,
        read);

    private async Task<ConfigFileRead> NextAsync() => await _reads.Reader.ReadAsync().AsTask().WaitAsync(Deadline);

    private sealed class ThrowingLogger : ILogger
    {
        private readonly ConcurrentBag<int> _lines = [];

        public ConcurrentBag<int> Lines => _lines;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            _lines.Add(eventId.Id);
            throw new FormatException("a line that cannot be written");
        }
    }

    // In one step: on a busy machine a file that is truncated and then written can be seen empty twice.
    private void Replace(string text) => Replace(Encoding.UTF8.GetBytes(text));

    private void Replace(byte[] content)
    {
        File.WriteAllBytes(FilePath + ".new", content);
        File.Move(FilePath + ".new", FilePath, overwrite: true);
    }

    // .NET has no rename of a link to a directory over another.
    private static async Task RenameAsync(string from, string to)
    {
        using var process = Process.Start("mv", ["-T", from, to]);
        await process.WaitForExitAsync().WaitAsync(Deadline);
        Assert.Equal(0, process.ExitCode);
    }

    private void WriteStamp(string name, string text)
    {
        Directory.CreateDirectory(Path.Combine(_directory, name));
        File.WriteAllText(Path.Combine(_directory, name, "appsettings.json"), text);
    }
}
