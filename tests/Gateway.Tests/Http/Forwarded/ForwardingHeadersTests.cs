using Gateway.Http.Forwarded;
using Gateway.Http.Requests;

namespace Gateway.Tests.Http.Forwarded;

public class ForwardingHeadersTests
{
    [Theory]
    [InlineData("X-Forwarded-For", true)]
    [InlineData("x-forwarded-anything", true)]
    [InlineData("X_Forwarded_For", true)]
    [InlineData("X-Forwarded-", true)]
    [InlineData("Forwarded", true)]
    [InlineData("forwarded", true)]
    [InlineData("X-Real-IP", true)]
    [InlineData("x_real_ip", true)]
    [InlineData("X-Real-IPs", false)]
    [InlineData("X-Forwarded", true)]
    [InlineData("x_forwarded", true)]
    [InlineData("Forwarded-For", true)]
    [InlineData("forwarded_for", true)]
    [InlineData("X-Forwarded-A", true)]
    [InlineData("X-Forwardee", false)]
    [InlineData("Forwarded-Foe", false)]
    [InlineData("Forwarded-By", false)]
    [InlineData("X-Forwarder-For", false)]
    [InlineData("Forwarder", false)]
    [InlineData("Host", false)]
    [InlineData("", false)]
    [InlineData("X-Request", false)]
    [InlineData("X.Forwarded.For", true)]
    [InlineData("x~forwarded!for", true)]
    [InlineData("Forwarded'For", true)]
    [InlineData("X-Forwarded*Proto", true)]
    [InlineData("X-Real|IP", true)]
    public void IsClaim_HeaderName_TellsWhatDropRemoves(string name, bool isClaim) => Assert.Equal(isClaim, ForwardingHeaderNames.IsClaim(name));

    [Theory]
    [InlineData("X-Envoy-External-Address", true)]
    [InlineData("x-envoy-internal", true)]
    [InlineData("X_Envoy-Upstream-Rq-Timeout-Ms", true)]
    [InlineData("X-Envoy-", true)]
    [InlineData("X-Envoy", false)]
    [InlineData("X-Envoys-Own", false)]
    [InlineData("X-Forwarded-Client-Cert", true)]
    [InlineData("x_forwarded_client_cert", true)]
    [InlineData("X-Forwarded-Client-Certs", false)]
    [InlineData("X-Forwarded-For", false)]
    [InlineData("Y-Envoy-Internal", false)]
    [InlineData("X", false)]
    [InlineData("", false)]
    public void IsEnvoyClaim_HeaderName_TellsWhatNobodyOutsideMaySay(string name, bool isClaim) => Assert.Equal(isClaim, ForwardingHeaderNames.IsEnvoyClaim(name));

    [Theory]
    [InlineData("X-Forwarded")]
    [InlineData("Forwarded-For")]
    [InlineData("Client-Cert")]
    [InlineData("client_cert_chain")]
    [InlineData("X-Client-Cert")]
    [InlineData("X-Forwarded-Client-Cert")]
    [InlineData("X-Original-URL")]
    [InlineData("X-Original-Host")]
    [InlineData("X-Original-For")]
    [InlineData("X-Rewrite-URL")]
    [InlineData("Ssl-Client-Verify")]
    [InlineData("X-SSL-Client-S-DN")]
    [InlineData("X-Envoy-Peer-Metadata")]
    [InlineData("True-Client-IP")]
    [InlineData("X-SSL-Cipher")]
    [InlineData("Fly-Client-IP")]
    [InlineData("X-Vercel-Forwarded-For")]
    [InlineData("X-NF-Client-Connection-IP")]
    [InlineData("X-Goog-Authenticated-User-Email")]
    [InlineData("X-MS-Client-Principal")]
    [InlineData("X-ARR-ClientCert")]
    [InlineData("Remote-User")]
    [InlineData("X-Auth-Request-User")]
    [InlineData("WL-Proxy-SSL")]
    [InlineData("X.Url~Scheme")]
    public void Known_HeadersThatBackendsBelieve_AreAmongThem(string name) => Assert.True(new NameSet(KnownHeaders.Expand(["known"])).Contains(name));

    [Theory]
    [InlineData("", "", "All")]
    [InlineData("PathPrefix", "/x", "All")]
    [InlineData("X-Forwarded", "Set", "RealIp, Loop")]
    [InlineData("X-Forwarded", "Off", "RealIp, Loop")]
    [InlineData("Forwarded", "for,proto", "RealIp, Loop")]
    [InlineData("RequestHeader", "X-Real-IP", "AllForwarded, Loop")]
    [InlineData("RequestHeaderRemove", "x-real-ip", "AllForwarded, Loop")]
    [InlineData("RequestHeader", "X-Forwarded-Host", "For, Proto, Prefix, Forwarded, RealIp, Loop")]
    [InlineData("RequestHeaderRouteValue", "X-Forwarded-Prefix", "For, Proto, Host, Forwarded, RealIp, Loop")]
    [InlineData("RequestHeader", "X-Other", "All")]
    [InlineData("RequestHeaderRemove", "cdn-loop", "AllForwarded, RealIp")]
    [InlineData("ResponseHeader", "X-Real-IP", "All")]
    public void Ours_RouteHasOwnTransform_LeavesThatToIt(string key, string value, string ours)
    {
        IReadOnlyDictionary<string, string>[] transforms = key.Length == 0 ? [] : [new Dictionary<string, string> { [key] = value }];
        Assert.Equal(Enum.Parse<ForwardingHeaders>(ours), GatewayTransforms.Ours(transforms));
    }

    [Theory]
    [InlineData("/", "/")]
    [InlineData("/a/b%0Ac?secret=1", "/a/b%0Ac")]
    [InlineData("http://host/a?b", "http://host/a")]
    [InlineData("/a\nforged line", "\"/a\\nforged line\"")]
    [InlineData("/a route=other", "\"/a route=other\"")]
    [InlineData("/ü", "/\\xFC")]
    [InlineData("*", "*")]
    [InlineData(null, "\"\"")]
    public void PathOf_RawTarget_IsOneLineWithoutQuery(string? target, string path) => Assert.Equal(path, HttpAccessLog.PathOf(target));

    [Fact]
    public void PathOf_LongTarget_IsCut() => Assert.Equal($"\"/{new string('a', 1023)}\"...", HttpAccessLog.PathOf("/" + new string('a', 8000)));
}
