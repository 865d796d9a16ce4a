using System.Collections;
using Gateway.Hosting;

namespace Gateway.Tests.Hosting;

public sealed class ForeignSettingsTests
{
    [Theory]
    [InlineData("ASPNETCORE_URLS")]
    [InlineData("aspnetcore_urls")]
    [InlineData("ASPNETCORE_HTTP_PORTS")]
    [InlineData("ASPNETCORE_FORWARDEDHEADERS_ENABLED")]
    [InlineData("Kestrel__Endpoints__Http__Url")]
    public void Find_SettingThatOpensAPortOrWidensTrust_IsNamed(string name)
    {
        Assert.Equal([name], ForeignSettings.Find(new Hashtable { [name] = "x" }));
    }

    [Theory]
    [InlineData("ASPNETCORE_HTTP_PORTS", "")]
    [InlineData("Listeners__web__Address", "*:1")]
    [InlineData("PATH", "/bin")]
    public void Find_OtherOrClearedSetting_IsNotNamed(string name, string value)
    {
        Assert.Empty(ForeignSettings.Find(new Hashtable { [name] = value }));
    }
}
