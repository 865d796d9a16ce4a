using System.Net;
using Gateway.Linux;
using Whoami;

namespace Gateway.Demo;

/// <summary>
/// <c>Gateway demo</c>: starts Whoami backends in this process on free ports, and writes a configuration file for them, which the gateway
/// runs like any other file. Everything listens only on 127.0.0.1.
/// </summary>
internal sealed class DemoScenario : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly WhoamiHttp _http;
    private readonly WhoamiTcp _tcp;

    private DemoScenario(DirectoryInfo folder, WhoamiHttp http, WhoamiTcp tcp, DemoPorts ports, bool transparent)
    {
        _folder = folder;
        _http = http;
        _tcp = tcp;
        Ports = ports;
        HasTransparent = transparent;
    }

    /// <summary>The configuration file. It is removed when the scenario is disposed.</summary>
    public string ConfigPath => Path.Combine(_folder.FullName, "appsettings.json");

    /// <summary>The ports on which the gateway listens.</summary>
    public DemoPorts Ports { get; }

    /// <summary>Whether there is a transparent listener, because this process has CAP_NET_RAW or CAP_NET_ADMIN.</summary>
    public bool HasTransparent { get; }

    /// <summary>Starts the backends and writes the file.</summary>
    public static async Task<DemoScenario> StartAsync()
    {
        var anywhere = new IPEndPoint(IPAddress.Loopback, 0);
        var http = await WhoamiHttp.StartAsync(anywhere);
        var tcp = WhoamiTcp.Start(anywhere);
        var scenario = new DemoScenario(
            Directory.CreateTempSubdirectory("gateway-demo-"),
            http,
            tcp,
            DemoPorts.Choose(),
            TransparentProbe.IsPermitted());
        await File.WriteAllTextAsync(
            scenario.ConfigPath, DemoConfiguration.Write(scenario.Ports, http.EndPoint.Port, tcp.EndPoint.Port, scenario.HasTransparent));
        return scenario;
    }

    /// <summary>Prints what runs and which commands to try.</summary>
    public void PrintGuide(TextWriter output) => DemoGuide.Write(output, this);

    /// <summary>Ends the backends and removes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        await _http.DisposeAsync();
        await _tcp.DisposeAsync();
        try
        {
            _folder.Delete(recursive: true);
        }
        catch (IOException)
        {
            // A program has a file open. The folder may stay, because it is in the temporary directory.
        }
    }
}
