using System.Text;

namespace Gateway.Tests.ProxyProtocol;

/// <summary>Whole, valid headers: the real one of an AWS NLB, and one of our own for every family, transport and command.</summary>
internal static class GoldenHeaders
{
    internal static readonly byte[] AwsNlbHealthCheck = HexText.Bytes(
        """
        0d0a0d0a000d0a515549540a    # signature
        20                          # version 2, LOCAL
        11                          # family INET, STREAM: to be ignored
        0054                        # 84 bytes follow
        03 0004 bce5951f            # CRC32C
        04 004a                     # NOOP, 74 bytes
        00000000000000000000 00000000000000000000 00000000000000000000 00000000000000000000 00000000000000000000
        00000000000000000000 00000000000000000000 00000000
        """);

    internal static readonly byte[] V2Inet = HexText.Bytes(
        """
        0d0a0d0a000d0a515549540a    # signature
        21                          # version 2, PROXY
        11                          # INET, STREAM
        000c                        # 12 bytes follow
        c0000201                    # source 192.0.2.1
        c6336402                    # destination 198.51.100.2
        dc04                        # source port 56324
        01bb                        # destination port 443
        """);

    internal static readonly byte[] V2Inet6 = HexText.Bytes(
        """
        0d0a0d0a000d0a515549540a
        21                                  # version 2, PROXY
        21                                  # INET6, STREAM
        0024                                # 36 bytes follow
        20010db8000000000000000000000001    # source 2001:db8::1
        20010db8000000000000000000000002    # destination 2001:db8::2
        dc04                                # source port 56324
        01bb                                # destination port 443
        """);

    internal static readonly byte[] V2InetDatagram = [.. V2Inet[..13], 0x12, .. V2Inet[14..]];

    internal static readonly byte[] V2Inet6Datagram = [.. V2Inet6[..13], 0x22, .. V2Inet6[14..]];

    internal static readonly byte[] V2InetUnspecifiedTransport = [.. V2Inet[..13], 0x10, .. V2Inet[14..]];

    internal static readonly byte[] V2UnixStream = [.. HexText.Bytes(
        """
        0d0a0d0a000d0a515549540a
        21                          # version 2, PROXY
        31                          # UNIX, STREAM
        00d8                        # 216 bytes follow: two paths of 108
        """), .. Path("/run/client.sock"), .. Path("/run/server.sock")];

    internal static readonly byte[] V2UnixDatagram = [.. V2UnixStream[..13], 0x32, .. V2UnixStream[14..]];

    internal static readonly byte[] V2Unspecified = HexText.Bytes(
        """
        0d0a0d0a000d0a515549540a
        21                          # version 2, PROXY
        00                          # UNSPEC, UNSPEC
        0000
        """);

    internal static readonly byte[] V2UnspecifiedWithJunk = HexText.Bytes(
        """
        0d0a0d0a000d0a515549540a
        21                          # version 2, PROXY
        01                          # UNSPEC, STREAM
        0003                        # 3 bytes that are no TLV: to be skipped
        ffffff
        """);

    internal static readonly byte[] V2Local = HexText.Bytes(
        """
        0d0a0d0a000d0a515549540a
        20                          # version 2, LOCAL
        00                          # UNSPEC, UNSPEC
        0000
        """);

    internal static readonly byte[] V2LocalUndefinedFamily = HexText.Bytes(
        """
        0d0a0d0a000d0a515549540a
        20                          # version 2, LOCAL
        f7                          # undefined family and transport: to be ignored
        0005
        0102030405                  # no TLV either
        """);

    internal static readonly byte[] V2LocalWithAddresses = HexText.Bytes(
        """
        0d0a0d0a000d0a515549540a
        20                          # version 2, LOCAL
        11                          # INET, STREAM: to be ignored
        0013                        # 19 bytes follow
        7f000001 7f000001 0000 0050 # addresses: never read
        05 0004 61626364            # UNIQUE_ID "abcd"
        """);

    internal static readonly byte[] V2AllTlvs = HexText.Bytes(
        """
        0d0a0d0a000d0a515549540a
        21                          # version 2, PROXY
        11                          # INET, STREAM
        0080                        # 128 bytes follow
        c0000201 c6336402 dc04 01bb # 192.0.2.1:56324 to 198.51.100.2:443
        01 0002 6832                # ALPN "h2"
        02 000b 6578616d706c652e6f7267   # AUTHORITY "example.org"
        03 0004 0b79f514            # CRC32C
        04 0002 0000                # NOOP
        05 0003 010203              # UNIQUE_ID
        20 003d                     # SSL, 61 bytes
           05                       #   client: TLS, certificate in session
           00000000                 #   verified
           21 0007 544c5376312e33   #   VERSION "TLSv1.3"
           22 0001 61               #   CN "a"
           23 0002 6262             #   CIPHER "bb"
           24 0003 636363           #   SIG_ALG "ccc"
           25 0003 646464           #   KEY_ALG "ddd"
           26 0006 583235353139     #   GROUP "X25519"
           27 0004 65656565         #   SIG_SCHEME "eeee"
           28 0003 308000           #   CLIENT_CERT
           29 0000                  #   not registered: kept
        30 0003 6e7331              # NETNS "ns1"
        ea 0003 01 7670             # AWS VPCE id "vp"
        9f 0000                     # not registered, empty: kept
        """);

    internal static readonly byte[] V1Tcp4 = Encoding.ASCII.GetBytes("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n");

    internal static readonly byte[] V1Tcp6 = Encoding.ASCII.GetBytes("PROXY TCP6 2001:db8::1 2001:DB8::2 56324 443\r\n");

    internal static readonly byte[] V1Tcp6Mapped = Encoding.ASCII.GetBytes("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:198.51.100.2 56324 443\r\n");

    internal static readonly byte[] V1Tcp6Longest = Encoding.ASCII.GetBytes(
        "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n");

    internal static readonly byte[] V1Unknown = Encoding.ASCII.GetBytes("PROXY UNKNOWN\r\n");

    // The worst case of the specification: 107 bytes.
    internal static readonly byte[] V1UnknownLongest = [.. "PROXY UNKNOWN "u8, .. V1Tcp6Longest[11..]];

    /// <summary>All of them, by name.</summary>
    internal static IReadOnlyDictionary<string, byte[]> All { get; } = new Dictionary<string, byte[]>
    {
        [nameof(AwsNlbHealthCheck)] = AwsNlbHealthCheck,
        [nameof(V2Inet)] = V2Inet,
        [nameof(V2Inet6)] = V2Inet6,
        [nameof(V2InetDatagram)] = V2InetDatagram,
        [nameof(V2Inet6Datagram)] = V2Inet6Datagram,
        [nameof(V2InetUnspecifiedTransport)] = V2InetUnspecifiedTransport,
        [nameof(V2UnixStream)] = V2UnixStream,
        [nameof(V2UnixDatagram)] = V2UnixDatagram,
        [nameof(V2Unspecified)] = V2Unspecified,
        [nameof(V2UnspecifiedWithJunk)] = V2UnspecifiedWithJunk,
        [nameof(V2Local)] = V2Local,
        [nameof(V2LocalUndefinedFamily)] = V2LocalUndefinedFamily,
        [nameof(V2LocalWithAddresses)] = V2LocalWithAddresses,
        [nameof(V2AllTlvs)] = V2AllTlvs,
        [nameof(V1Tcp4)] = V1Tcp4,
        [nameof(V1Tcp6)] = V1Tcp6,
        [nameof(V1Tcp6Mapped)] = V1Tcp6Mapped,
        [nameof(V1Tcp6Longest)] = V1Tcp6Longest,
        [nameof(V1Unknown)] = V1Unknown,
        [nameof(V1UnknownLongest)] = V1UnknownLongest,
    };

    /// <summary>The names, for theories.</summary>
    public static TheoryData<string> Names() => [.. All.Keys];

    private static byte[] Path(string path)
    {
        var field = new byte[108];
        Encoding.ASCII.GetBytes(path, field);
        return field;
    }
}
