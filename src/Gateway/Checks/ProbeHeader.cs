using System.Net;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Configuration;

namespace Gateway.Checks;

/// <summary>
/// A PROXY header that no backend takes for a client: V2 says LOCAL (HAProxy's proxy-protocol.txt, 2.2: health checks; every receiver has to accept it), V1 names the probing connection's own
/// endpoints (the same document asks for that instead of UNKNOWN).
/// </summary>
internal static class ProbeHeader
{
    /// <summary>Writes it.</summary>
    /// <param name="version">V1 or V2.</param>
    /// <param name="local">Our end of the connection.</param>
    /// <param name="remote">The backend's.</param>
    public static byte[] Write(ProxyProtocolVersion version, IPEndPoint local, IPEndPoint remote)
    {
        var (source, destination) = (ProxyEndPoint.From(local), ProxyEndPoint.From(remote));
        var buffer = new byte[ProxyHeaderWriter.MaxV1Length + ProxyHeaderWriter.GetV2Length(ProxyAddressFamily.Inet6, 0, withChecksum: false)];
        var length = version == ProxyProtocolVersion.V1
            ? ProxyHeaderWriter.WriteV1(buffer, source, destination)
            : ProxyHeaderWriter.WriteV2(buffer, ProxyCommand.Local, source, destination, [], withChecksum: false);
        return buffer[..length];
    }
}
