using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Whoami;

/// <summary>
/// An HTTP backend that answers every request with what it sees: who connected, and what the headers say of the client. Text, or JSON if
/// the request accepts <c>application/json</c> and not plain text first.
/// </summary>
public sealed class WhoamiHttp : IAsyncDisposable
{
    private readonly WebApplication _app;

    private WhoamiHttp(WebApplication app, IPEndPoint endPoint)
    {
        _app = app;
        EndPoint = endPoint;
    }

    /// <summary>Where it listens; the port is the real one also when 0 was asked for.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Starts on an endpoint. An IPv6 any-address takes IPv4 too.</summary>
    /// <param name="endPoint">Where to listen; port 0 takes a free one.</param>
    /// <param name="protocols">HTTP/1.1 by default; over cleartext a port speaks 1 or 2, not both.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <exception cref="IOException">The address cannot be had, e.g. the port is in use.</exception>
    public static async Task<WhoamiHttp> StartAsync(
        IPEndPoint endPoint, HttpProtocols protocols = HttpProtocols.Http1, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endPoint);

        // The empty builder reads neither files nor environment: ASPNETCORE_URLS and the like of the process around us mean its own server.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            options.Limits.MaxRequestBodySize = null; // bodies are not read here, only drained
            options.Listen(endPoint, listen => listen.Protocols = protocols);
        });
        var app = builder.Build();
        app.Run(WhoamiHttpAnswer.WriteAsync);
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new WhoamiHttp(app, new IPEndPoint(endPoint.Address, new Uri(address).Port));
    }

    /// <summary>Stops accepting, gives running requests a second, and closes the rest.</summary>
    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
    }
}
