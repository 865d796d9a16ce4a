using System.Net;
using BenchmarkDotNet.Attributes;
using Gateway.ProxyProtocol;

namespace Gateway.Benchmarks.Micro;

/// <summary>What a header costs per connection.</summary>
[MemoryDiagnoser]
public class CodecBenchmarks
{
    private readonly byte[] _v1 = "PROXY TCP4 203.0.113.7 192.0.2.1 56324 443\r\n"u8.ToArray();
    private readonly byte[] _v2 = new byte[256];
    private readonly byte[] _out = new byte[256];
    private readonly ProxyEndPoint _client = ProxyEndPoint.From(IPEndPoint.Parse("203.0.113.7:56324"));
    private readonly ProxyEndPoint _target = ProxyEndPoint.From(IPEndPoint.Parse("192.0.2.1:443"));
    private int _v2Length;

    [GlobalSetup]
    public void SetUp() => _v2Length = ProxyHeaderWriter.WriteV2(_v2, ProxyCommand.Proxy, _client, _target, [], withChecksum: true);

    [Benchmark]
    public ProxyParseResult ParseV1() => ProxyHeaderParser.Parse(_v1, ProxyParseOptions.Default, out _);

    [Benchmark]
    public ProxyParseResult ParseV2WithChecksum() => ProxyHeaderParser.Parse(_v2.AsSpan(0, _v2Length), ProxyParseOptions.Default, out _);

    [Benchmark]
    public int WriteV2() => ProxyHeaderWriter.WriteV2(_out, ProxyCommand.Proxy, _client, _target, [], withChecksum: false);
}
