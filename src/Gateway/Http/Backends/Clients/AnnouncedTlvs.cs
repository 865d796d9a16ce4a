using System.Collections.Concurrent;
using Gateway.Http.Listeners;
using Gateway.Http.Messages;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Identification;
using Gateway.Tcp.SourceIp;
using Yarp.ReverseProxy.Model;

namespace Gateway.Http.Backends.Clients;

/// <summary>
/// The TLVs of the PROXY header for a cluster that adds TLVs (<c>SourceIp.AddTlvs.NAME</c>): first the added TLVs, then the TLVs that are
/// passed on. They are built for each request before its connection is chosen, because requests may share a connection only if their
/// headers are equal.
/// </summary>
/// <param name="sourceIp">The settings for added and passed-on TLVs, validated.</param>
/// <param name="cluster">The cluster, for <c>{cluster}</c>.</param>
internal sealed class AnnouncedTlvs(SourceIpConfig sourceIp, string cluster)
{
    private static readonly byte[] NoChecksum = new byte[sizeof(uint)];

    // Bounded: at most one entry for each pair of a route of the cluster and a listener.
    private readonly ConcurrentDictionary<(string Route, string Listener), SourceIpModel> _models = new();

    /// <summary>The bytes of the TLVs for a request.</summary>
    /// <param name="context">The request: its route, listener and connection.</param>
    /// <param name="announced">The client that the header announces, with the TLVs that were received.</param>
    public ReadOnlyMemory<byte> For(HttpContext context, ConnectionIdentity announced) =>
        Write(
            context.Features.Find<IReverseProxyFeature>()?.Route.Config.RouteId ?? "",
            context.Features.Find<IListenerFeature>()?.Name ?? "",
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
            // A header that came with a checksum is passed on with a checksum. Its value is computed when the header is written.
            length += ProxyTlvWriter.Write(area.AsSpan(length), ProxyTlvType.Crc32c, NoChecksum);
        }

        return area.AsMemory(0, length);
    }

    private SourceIpModel Resolve(string route, string listener) => SourceIpModel.From(sourceIp, new RouteScope(route, listener, cluster));
}
