using System.Security.Cryptography;
using Gateway.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Http;

public sealed class LateDataProtectionTests
{
    private readonly LateDataProtection _provider = new(NullLoggerFactory.Instance);

    [Fact]
    public void Protect_ThenUnprotect_IsTheText()
    {
        var bytes = "session"u8.ToArray();
        var hidden = _provider.CreateProtector("affinity").Protect(bytes);

        Assert.Equal(-1, hidden.AsSpan().IndexOf(bytes));
        Assert.Equal(bytes, _provider.CreateProtector("affinity").Unprotect(hidden));
    }

    [Fact]
    public void Unprotect_ForAnotherPurpose_IsRefused()
    {
        var hidden = _provider.CreateProtector("affinity").CreateProtector("one").Protect([1]);

        Assert.Throws<CryptographicException>(() => _provider.CreateProtector("affinity").CreateProtector("other").Unprotect(hidden));
        Assert.Throws<CryptographicException>(() => _provider.CreateProtector("one").Unprotect(hidden));
    }
}
