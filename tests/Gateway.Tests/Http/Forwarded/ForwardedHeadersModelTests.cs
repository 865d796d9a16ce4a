using Gateway.Configuration;
using Gateway.Http.Forwarded;

namespace Gateway.Tests.Http.Forwarded;

/// <summary>What a hop may claim, by default: a trusted one the client's address, the scheme and the port.</summary>
public class ForwardedHeadersModelTests
{
    [Theory]
    // name, refused of an untrusted hop, of a trusted one that vouches for the default, of one that vouches for all of these.
    [InlineData("X-Forwarded-For", false, false, false)]
    [InlineData("X-Real-IP", false, false, false)]
    [InlineData("Forwarded", false, false, false)]
    [InlineData("X-Forwarded-Proto", true, false, false)]
    [InlineData("x-forwarded-port", true, false, false)]
    [InlineData("X-Forwarded-Host", true, true, false)]
    [InlineData("X-Forwarded-Prefix", true, true, false)]
    [InlineData("X-Forwarded-Ssl", true, true, false)]
    [InlineData("X-Forwarded-Scheme", true, true, false)]
    [InlineData("X-Forwarded-Protocol", true, true, false)]
    [InlineData("X-Forwarded-Server", true, true, false)]
    [InlineData("X-Forwarded-User", true, true, false)]
    [InlineData("X-Forwarded-Email", true, true, false)]
    [InlineData("X-Forwarded-Groups", true, true, false)]
    [InlineData("X-Forwarded", true, true, true)]
    [InlineData("Forwarded-For", true, true, true)]
    [InlineData("X-Forwarded-Client-Cert", true, true, false)]
    [InlineData("X-Envoy-Internal", true, true, false)]
    [InlineData("True-Client-IP", true, true, false)]
    [InlineData("X-SSL-Client-Verify", true, true, false)]
    [InlineData("X-Own", true, true, true)]
    [InlineData("X-Other", false, false, false)]
    // Another spelling of what is vouched for, whoever writes it.
    [InlineData("X_Forwarded_For", true, true, true)]
    [InlineData("X-Forwarded.Proto", true, true, true)]
    [InlineData("X~Real~IP", true, true, true)]
    [InlineData("X_Envoy_Internal", true, true, true)]
    public void Refuses_Header_ByWhoVouchesForIt(string name, bool untrusted, bool trusted, bool vouching)
    {
        var drop = new NameSet(KnownHeaders.Expand(["X-Own", "True-Client-IP", "X-SSL-*"]));
        var model = new ForwardedHeadersModel { Drop = drop };
        var all = model with
        {
            TrustedHeaders = new NameSet(TrustedHeaderNames.Expand(["X-Forwarded-*", "X-Envoy-*", "True-Client-IP", "x-ssl-*"])),
        };

        Assert.Equal(untrusted, model.Refuses(name, isHopTrusted: false));
        Assert.Equal(trusted, model.Refuses(name, isHopTrusted: true));
        Assert.Equal(untrusted, all.Refuses(name, isHopTrusted: false));
        Assert.Equal(vouching, all.Refuses(name, isHopTrusted: true));
    }

    [Theory]
    [InlineData("X-Forwarded-For", true, false)]
    [InlineData("X-Real-IP", true, true)]
    [InlineData("Forwarded", true, true)]
    [InlineData("X-Forwarded-Proto", true, false)]
    [InlineData("X-Forwarded-Host", true, true)]
    [InlineData("True-Client-IP", false, false)]
    public void Refuses_UntrustedDrop_IsForWhatNobodyVouchesFor(string name, bool untrusted, bool trusted)
    {
        var model = new ForwardedHeadersModel { Untrusted = UntrustedForwardedHeaders.Drop };

        Assert.Equal(untrusted, model.Refuses(name, isHopTrusted: false));
        Assert.Equal(trusted, model.Refuses(name, isHopTrusted: true));
    }
}
