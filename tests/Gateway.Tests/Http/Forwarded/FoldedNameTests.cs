using Gateway.Http.Forwarded;

namespace Gateway.Tests.Http.Forwarded;

public class FoldedNameTests
{
    // RFC 9110 5.6.2: what a header name may hold besides letters and digits.
    private const string Others = "!#$%&'*+-.^_`|~";

    [Fact]
    public void AreEqual_AnyTwoOthers_AreOne() =>
        Assert.All(Others, c => Assert.True(FoldedName.AreEqual($"X{c}Real{c}Ip", "x-real-ip"), c.ToString()));

    [Fact]
    public void IsUnusual_AnyOtherThanAHyphen() => Assert.All(Others, c => Assert.Equal(c != '-', FoldedName.IsUnusual($"X{c}A1")));

    [Theory]
    [InlineData("X-Real-Ip", "X-Real-I")]
    [InlineData("XReal-Ip", "X-RealIp")]
    [InlineData("X-Real-1p", "X-Real-Ip")]
    public void AreEqual_OtherNames_AreNot(string one, string other) => Assert.False(FoldedName.AreEqual(one, other));

    [Fact]
    public void Comparer_EqualNames_HaveEqualHashes() =>
        Assert.Equal(FoldedName.Comparer.GetHashCode("x_REAL.ip"), FoldedName.Comparer.GetHashCode("X-Real-IP"));
}
