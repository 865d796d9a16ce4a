using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Whoami;

/// <summary>
/// An HTTP backend that answers every request with the peer's address and the headers that name the client. The answer is text, or JSON if
/// the request accepts <c>application/json</c>.
/// </summary>
public sealed class WhoamiHttp : IAsyncDisposable
{
    private readonly WebApplication _app;

    private WhoamiHttp(WebApplication app, IPEndPoint endPoint)
    {
        _app = app;
        EndPoint = endPoint;
    }

    /// <summary>The address of the listener. The port is the real port, even if port 0 was asked for.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Starts on an endpoint. An IPv6 any-address takes IPv4 too.</summary>
    /// <param name="endPoint">The address to listen at; port 0 means any free port.</param>
    /// <param name="protocols">HTTP/1.1 by default. Without TLS a port serves HTTP/1.1 or HTTP/2, not both.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <exception cref="IOException">The address cannot be bound, for example because the port is in use.</exception>
    public static async Task<WhoamiHttp> StartAsync(
        IPEndPoint endPoint, HttpProtocols protocols = HttpProtocols.Http1, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endPoint);

        // The empty builder reads neither files nor the environment, because ASPNETCORE_URLS and similar variables may be meant for another
        // server in this process.
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
