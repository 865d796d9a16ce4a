using Gateway.Configuration.Loading;
using Gateway.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Hosting;

/// <summary>A file that this host cannot put in force yet.</summary>
public sealed class WaitingFileTests : IAsyncDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _parsed = [];
    private readonly WaitingFile _file;
    private int _due;

    public WaitingFileTests() => _file = new WaitingFile(
        text =>
        {
            _parsed.Add(text);
            return ConfigReader.Parse("{}", new Dictionary<string, string>());
        },
        () => _due++,
        _time);

    public ValueTask DisposeAsync() => _file.DisposeAsync();

    [Fact]
    public void Take_TheFileThatWaits_IsNotParsedAgain()
    {
        var (first, isRetry) = _file.Take("one");
        Assert.False(isRetry);
        for (var i = 1; i <= 3; i++)
        {
            _file.Keep("one", first!);
            _time.Advance(TimeSpan.FromSeconds(5));
            Assert.Equal(i, _due);

            var (again, isDue) = _file.Take("one");
            Assert.Same(first, again);
            Assert.True(isDue);
        }

        Assert.Equal(["one"], _parsed);
    }

    [Fact]
    public void Take_AskedForBeforeItsTime_IsNoRetry()
    {
        _file.Keep("one", _file.Take("one").Result!);

        Assert.False(_file.Take("one").IsRetry);
        Assert.Equal(["one"], _parsed);
    }

    [Theory]
    [InlineData("two")]
    [InlineData("one")]
    [InlineData(null)]
    public void Take_WhateverCameLater_NothingIsTriedAgain(string? later)
    {
        _file.Keep("one", _file.Take("one").Result!);

        _file.Take(later);
        _time.Advance(Long);

        Assert.Equal(0, _due);
    }

    [Fact]
    public void Take_AnotherFileWhenTheTimeHasCome_IsParsedAndNoRetry()
    {
        _file.Keep("one", _file.Take("one").Result!);
        _time.Advance(Long);

        Assert.False(_file.Take("two").IsRetry);
        Assert.False(_file.Take("two").IsRetry);
        Assert.Equal(["one", "two", "two"], _parsed);
    }
}
