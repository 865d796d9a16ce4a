using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using CsCheck;
using Gateway.Configuration.Loading;
using Gateway.Testing;

namespace Gateway.Tests.Configuration.Loading;

public class ConfigReaderTests
{
    private static readonly Dictionary<string, string> NoEnvironment = [];

    [Fact]
    public void Parse_Logging_IsFlattenedWithTheEnvironmentOverIt()
    {
        var result = ConfigReader.Parse(
            """{ "Listeners": { }, "Logging": { "LogLevel": { "Default": "Information", "Gateway.Access": "None" }, "Console": { "Wide": true } } }""",
            new Dictionary<string, string> { ["LOGGING__LOGLEVEL__default"] = "Debug", ["Logging__Json__LogLevel__Yarp"] = "Error" });

        Assert.Empty(result.Errors);
        Assert.Equal("Debug", result.Flat["Logging:LogLevel:Default"]);
        Assert.Equal("None", result.Flat["Logging:LogLevel:Gateway.Access"]);
        Assert.Equal("true", result.Flat["Logging:Console:Wide"]);
        Assert.Equal("Error", result.Flat["Logging:Json:LogLevel:Yarp"]);
    }

    /// <summary>Routing keeps what it was ever tried with: a read of 3,000 routes used to leave 8 to 14 MB behind.</summary>
    [Fact]
    public async Task Parse_HttpRoutes_AreHeldByNobodyAfterwards()
    {
        var route = ReadRoute();

        await Eventually.TrueAsync(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return !route.IsAlive;
            },
            "the route is collected");
    }

    /// <summary>An exporter keeps each instrument of ASP.NET Core's that is ever made, and takes a thousand at most.</summary>
    [Fact]
    public void Parse_HttpRoutes_MakesNoInstrumentThatAnExporterWouldKeep()
    {
        var made = new ConcurrentQueue<string>();
        var isOurs = new AsyncLocal<bool> { Value = true };
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (isOurs.Value && instrument.Meter.Name != "Gateway.Configuration")
            {
                made.Enqueue($"{instrument.Meter.Name} {instrument.Name}");
            }
        };
        // Tells of what is there already at once.
        listener.Start();
        made.Clear();

        _ = ReadRoute();

        Assert.Empty(made);
    }

    [Fact]
    public void Parse_MillionBadKeys_KeepsAHundredErrorsAndSaysHowManyMore()
    {
        var json = $"{{{string.Join(',', Enumerable.Range(0, 1_000_000).Select(i => $"\"k{i}\":1"))}}}";

        var result = ConfigReader.Parse(json, NoEnvironment);

        Assert.Equal(101, result.Errors.Count);
        Assert.Equal("and 999900 more", result.Errors[^1].ToString());
        Assert.Equal(1_000_000, result.ErrorCount);
        Assert.InRange(string.Join("; ", result.Errors).Length, 1, 50_000);
    }

    [Fact]
    public void Parse_ErrorsOfManyKinds_TellNothingThatFollowsFromThoseThatAreNotKept()
    {
        var routes = string.Join(',', Enumerable.Range(0, 500).Select(i => $$"""
            "r{{i}}": { "ClusterId": 1, "Match": [], "Transforms": 7 }
            """));

        var result = ConfigReader.Parse($$"""{ "ReverseProxy": { "Routes": { {{routes}} } } }""", NoEnvironment);

        Assert.Equal(101, result.Errors.Count);
        Assert.Null(result.Config);
    }

    [Fact]
    public void Parse_VeryLongKeysAndValues_AreToldShort()
    {
        var name = new string('k', 1_000_000);

        var result = ConfigReader.Parse($$"""{ "{{name}}": 1, "Listeners": { "{{name}}": { "Address": {{new string('1', 1_000_000)}} } } }""", NoEnvironment);

        Assert.All(result.Errors, error => Assert.InRange(error.ToString().Length, 1, 4000));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference ReadRoute() => new(Assert.Single(ConfigReader.Parse(
        """
        {
          "Listeners": { "web": { "Address": "127.0.0.1:8080", "Protocol": "Http" } },
          "ReverseProxy": {
            "Routes": { "r": { "ClusterId": "c", "Match": { "Path": "/{**any}" } } },
            "Clusters": { "c": { "Destinations": { "d": { "Address": "http://127.0.0.1:1/" } } } }
          }
        }
        """,
        NoEnvironment).Config!.ReverseProxy.Routes));

    [Fact]
    public void Parse_ByteOrderMark_IsSkipped() => Assert.Empty(ConfigReader.Parse("\uFEFF{ }", NoEnvironment).Errors);

    [Fact]
    public void Parse_EveryTruncationOfAFile_IsAnErrorAndNeverAnException()
    {
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "appsettings", "appsettings.json")).TrimEnd();
        for (var length = 0; length < text.Length; length++)
        {
            Assert.NotEmpty(ConfigReader.Parse(text[..length], NoEnvironment).Errors);
        }
    }

    [Fact]
    public void Parse_AnyCharacterReplaced_NeverThrows()
    {
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "appsettings", "examples", "clb-proxy-v2-redis.json"));
        Gen.Select(Gen.Int[0, text.Length - 1], Gen.Char["\"{}[],:0x\\\n\ud800"]).Sample(
            (index, character) =>
            {
                var result = ConfigReader.Parse(text[..index] + character + text[(index + 1)..], NoEnvironment);
                Assert.Equal(result.Errors.Count > 0, result.Config is null);
            },
            iter: 500);
    }

    [Fact]
    public void Parse_DeepNesting_IsAnError() =>
        Assert.NotEmpty(ConfigReader.Parse("{\"Logging\":" + new string('[', 5000) + new string(']', 5000) + "}", NoEnvironment).Errors);

    [Fact]
    public void Parse_ValueOverManyLines_StaysOnOneLineAndShort()
    {
        var issue = Assert.Single(ConfigReader.Parse($$"""{ "Listeners": { }, "Admin": { "Address": "a\nb{{new string('x', 5000)}}" } }""", NoEnvironment).Errors);

        Assert.DoesNotContain('\n', issue.ToString());
        Assert.True(issue.ToString().Length < 300);
    }

    [Fact]
    public void Parse_TenThousandRoutes_GivesThemAll()
    {
        var json = new StringBuilder("""{ "Listeners": { "l": { "Address": "*:6000", "Protocol": "Tcp" } }, "TcpProxy": { "Routes": {""");
        for (var i = 0; i < 10_000; i++)
        {
            json.Append(CultureInfo.InvariantCulture, $$""" "r{{i}}": { "Listener": "l", "ClusterId": "c{{i}}", "Order": {{i}}, "SourceIp": { "Mode": "None" } }, """);
        }

        json.Append("}, \"Clusters\": {");
        for (var i = 0; i < 10_000; i++)
        {
            json.Append(CultureInfo.InvariantCulture, $$""" "c{{i}}": { "Destinations": { "d": { "Address": "192.0.2.1:6000" } } }, """);
        }

        json.Append("} } }");

        var result = ConfigReader.Parse(json.ToString(), NoEnvironment);

        Assert.Empty(result.Errors);
        Assert.Equal(10_000, result.Config!.TcpProxy.Routes.Count);
    }

    [Fact]
    public void Read_FileThatIsTooLarge_IsAnError()
    {
        var file = Path.GetTempFileName();
        try
        {
            using (var stream = File.OpenWrite(file))
            {
                stream.SetLength(17 * 1024 * 1024);
            }

            Assert.Equal("the file is larger than 16 MiB", Assert.Single(ConfigReader.Read(file, NoEnvironment).Errors).Message);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
