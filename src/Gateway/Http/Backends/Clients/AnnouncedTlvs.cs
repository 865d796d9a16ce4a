using System.Collections.Concurrent;
using Gateway.Http.Listeners;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Identification;
using Gateway.Tcp.SourceIp;
using Yarp.ReverseProxy.Model;

namespace Gateway.Http.Backends.Clients;

/// <summary>
/// The TLVs of the header that a cluster's destinations get where some are added (<c>SourceIp.AddTlvs.NAME</c>): those, and behind them the
/// ones that are passed on. They are put together for the request, before its connection is chosen: what the header says is what requests
/// must have in common.
/// </summary>
/// <param name="sourceIp">What is added and passed on, validated.</param>
/// <param name="cluster">The cluster, for <c>{cluster}</c>.</param>
internal sealed class AnnouncedTlvs(SourceIpConfig sourceIp, string cluster)
{
    private static readonly byte[] NoChecksum = new byte[sizeof(uint)];

    // As many as there are pairs of a route of the cluster and a listener.
    private readonly ConcurrentDictionary<(string Route, string Listener), SourceIpModel> _models = new();

    /// <summary>The area for a request.</summary>
    /// <param name="context">The request: its route, listener and connection.</param>
    /// <param name="announced">Who is announced, with the TLVs that came.</param>
    public ReadOnlyMemory<byte> For(HttpContext context, ConnectionIdentity announced) =>
        Write(
            context.Features.Get<IReverseProxyFeature>()?.Route.Config.RouteId ?? "",
            context.Features.Get<IListenerFeature>()?.Name ?? "",
            announced,
            context.Connection.Id);

    internal ReadOnlyMemory<byte> Write(string route, string listener, ConnectionIdentity announced, string connection)
    {
        var model = _models.GetOrAdd((route, listener), static (key, self) => self.Resolve(key.Route, key.Listener), this);
        var added = model.AddTlvs?.Write(announced.Client, connection) ?? [];
        var area = new byte[added.Length + announced.Tlvs.Length];
        added.CopyTo(area, 0);
        var length = added.Length + model.PassThroughTlvs.Copy(announced.Tlvs.Span, area.AsSpan(added.Length));
        if (ProxyTlvReader.TryFind(announced.Tlvs.Span, ProxyTlvType.Crc32c, out _))
        {
            // A header that came with a checksum goes on with one, which is computed when it is written.
            length += ProxyTlvWriter.Write(area.AsSpan(length), ProxyTlvType.Crc32c, NoChecksum);
        }

        return area.AsMemory(0, length);
    }

    private SourceIpModel Resolve(string route, string listener) => SourceIpModel.From(sourceIp, new RouteScope(route, listener, cluster));
}
