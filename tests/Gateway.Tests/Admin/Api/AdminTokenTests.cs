using Gateway.Admin.Api;
using Gateway.Testing;

namespace Gateway.Tests.Admin.Api;

/// <summary>Who may change something.</summary>
public sealed class AdminTokenTests : IDisposable
{
    private const string Token = "0123456789abcdef";

    private readonly TemporaryFolder _folder = new();
    private string? _path;

    [Fact]
    public async Task RefuseAsync_WithoutAPath_IsReadOnly()
    {
        Assert.Equal(403, await StatusAsync($"Bearer {Token}"));
        Assert.False(new AdminToken(() => _path).IsConfigured);
    }

    [Theory]
    [InlineData("Bearer 0123456789abcdef", null)]
    [InlineData("bearer 0123456789abcdef", null)]
    [InlineData("Bearer 0123456789abcdeF", 401)]
    [InlineData("Bearer 0123456789abcde", 401)]
    [InlineData("Bearer 0123456789abcdef0", 401)]
    [InlineData("Bearer ", 401)]
    [InlineData("Basic 0123456789abcdef", 401)]
    [InlineData("0123456789abcdef", 401)]
    [InlineData("", 401)]
    [InlineData(null, 401)]
    public async Task RefuseAsync_ByTheHeader_TakesTheTokenAlone(string? header, int? status)
    {
        _path = _folder.Write("token", $"  {Token}\n");

        Assert.Equal(status, await StatusAsync(header));
    }

    [Fact]
    public async Task RefuseAsync_AfterTheFileHasChanged_TakesTheNewToken()
    {
        _path = _folder.Write("token", Token);
        Assert.Null(await StatusAsync($"Bearer {Token}"));

        File.WriteAllText(_path, "fedcba9876543210");

        Assert.Equal(401, await StatusAsync($"Bearer {Token}"));
        Assert.Null(await StatusAsync("Bearer fedcba9876543210"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("   \n")]
    [InlineData("short")]
    public async Task RefuseAsync_WithAFileThatHasNoToken_LetsNobodyIn(string text)
    {
        _path = _folder.Write("token", text);

        Assert.Equal(503, await StatusAsync($"Bearer {text.Trim()}"));
    }

    [Fact]
    public async Task RefuseAsync_WithoutTheFileOrWithAHugeOne_LetsNobodyIn()
    {
        _path = Path.Combine(_folder.Path, "none");
        Assert.Equal(503, await StatusAsync($"Bearer {Token}"));

        _path = _folder.Write("huge", new string('a', 5000));
        Assert.Equal(503, await StatusAsync($"Bearer {new string('a', 5000)}"));
    }

    public void Dispose() => _folder.Dispose();

    private async Task<int?> StatusAsync(string? header) => (await new AdminToken(() => _path).RefuseAsync(header))?.Status;
}
