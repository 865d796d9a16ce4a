using Gateway.Http.Connections;
using Gateway.Snapshots;
using Gateway.Tcp;
using Gateway.Tcp.Status;

namespace Gateway.Admin.Api;

/// <summary>The services of the API.</summary>
internal static class AdminApiExtensions
{
    /// <summary>Adds the API of the Admin listener.</summary>
    public static IServiceCollection AddAdminApi(this IServiceCollection services) => services
        .AddSingleton<ClosedConnections>()
        .AddSingleton(static provider =>
        {
            var tcp = provider.GetRequiredService<TcpDataPlane>();
            var http = provider.GetRequiredService<HttpConnectionServices>();
            return new LiveList(tcp.Live, http.Live, tcp.ListForwarded, provider.GetRequiredService<TimeProvider>());
        })
        .AddSingleton(static provider =>
        {
            var runtime = provider.GetRequiredService<GatewayRuntime>();
            return new AdminToken(() => runtime.Current.Config.Admin?.TokenPath);
        })
        .AddSingleton<ApiTurn>()
        .AddSingleton<ConnectionsResource>()
        .AddSingleton<ListenersResource>()
        .AddSingleton<RoutesResource>()
        .AddSingleton<ClustersResource>()
        .AddSingleton<ConfigResource>()
        .AddSingleton<EventsResource>()
        .AddSingleton<ApiEndpoint>();
}
