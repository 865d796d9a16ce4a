using System.Net;
using System.Text.Json;
using Gateway.ProxyProtocol;

namespace Gateway.Tests.ProxyProtocol;

/// <summary>
/// Runs every row of proxy_protocol.jsonl (cases of Envoy's, HAProxy's and nginx's own tests with the verdicts that were chosen where they
/// disagree), if the file is there: in the directory that GATEWAY_VECTORS names, or in shared/vectors beside any directory above the test's
/// own.
/// </summary>
public sealed class SharedVectorTests
{
    private const string FileName = "proxy_protocol.jsonl";
    private const string Absent = "(absent)";

    private static readonly Dictionary<string, JsonElement> Vectors = Load();

    public static TheoryData<string> Ids() => Vectors.Count == 0 ? [Absent] : [.. Vectors.Keys];

    [Theory]
    [MemberData(nameof(Ids))]
    public void Vector_Parsed_EndsAsRecommended(string id)
    {
        if (id == Absent)
        {
            Assert.Skip($"{FileName} is not here: set GATEWAY_VECTORS to its directory");
        }

        var row = Vectors[id];
        var bytes = Convert.FromHexString(row.GetProperty("hex").GetString()!);
        var mode = row.GetProperty("mode").GetString()!;
        var options = new ProxyParseOptions
        {
            MaxHeaderBytes = ProxyHeaderWriter.MaxV2Length,
            AllowV1 = !mode.EndsWith("disallow-v1", StringComparison.Ordinal),
            AllowV2 = !mode.EndsWith("disallow-v2", StringComparison.Ordinal),
        };
        if (mode.StartsWith("optional", StringComparison.Ordinal) && IsPassedOnUntouched(bytes, options))
        {
            Assert.Equal("accept", row.GetProperty("recommend").GetString());
            Assert.Equal(0, row.GetProperty("headerLen").GetInt32());
            Assert.Equal(row.GetProperty("hex").GetString(), row.GetProperty("payloadHex").GetString());
            return;
        }

        var result = ProxyHeaderParser.Parse(bytes, options, out var header);
        switch (row.GetProperty("recommend").GetString())
        {
            case "accept":
                AssertAccepted(row, bytes, result, header);
                AssertSameInChunks(row, bytes, options, header);
                break;
            case "reject":
                Assert.Equal(ProxyParseStatus.Invalid, result.Status);
                break;
            case "incomplete":
                Assert.Equal(ProxyParseStatus.NeedMore, result.Status);
                break;
            case "either":
                // Our choice: the header is taken; addresses of other transports than STREAM are not used, implausible ones are the
                // caller's to refuse.
                Assert.Equal(ProxyParseStatus.Done, result.Status);
                Assert.False(header.HasAddresses && header.Source.CanBeSource && header.Destination.CanBeSource);
                break;
            default:
                Assert.Fail("an unknown verdict");
                break;
        }

        if (mode == "emit")
        {
            Assert.Equal(Convert.ToHexString(bytes), Convert.ToHexString(Write(bytes, header)));
        }
    }

    private static bool IsPassedOnUntouched(byte[] bytes, ProxyParseOptions options) => ProxySignature.Match(bytes) switch
    {
        ProxySignatureMatch.None => true,
        ProxySignatureMatch.V1 => !options.AllowV1,
        ProxySignatureMatch.V2 => !options.AllowV2,
        _ => false,
    };

    private static void AssertAccepted(JsonElement row, byte[] bytes, ProxyParseResult result, ProxyHeader header)
    {
        Assert.Equal(new ProxyParseResult(ProxyParseStatus.Done, ProxyParseError.None), result);
        Assert.Equal(row.GetProperty("version").GetInt32(), (int)header.Version);
        Assert.Equal(row.GetProperty("command").GetString(), header.Command.ToString().ToUpperInvariant());
        var family = header.Family == ProxyAddressFamily.Unspecified ? "UNSPEC" : header.Family.ToString().ToUpperInvariant();
        Assert.Equal(row.GetProperty("family").GetString(), family);
        Assert.Equal(row.GetProperty("transport").GetString(), header.Transport == ProxyTransport.Stream ? "STREAM" : "UNSPEC");
        Assert.Equal(row.GetProperty("headerLen").GetInt32(), header.Length);
        var hasAddresses = row.GetProperty("src").ValueKind != JsonValueKind.Null;
        Assert.Equal(hasAddresses, header.HasAddresses);
        if (hasAddresses)
        {
            Assert.Equal(EndPoint(row, "src"), header.Source.ToIPEndPoint());
            Assert.Equal(EndPoint(row, "dst"), header.Destination.ToIPEndPoint());
        }

        if (row.TryGetProperty("payloadHex", out var payload))
        {
            Assert.Equal(payload.GetString(), Convert.ToHexStringLower(bytes.AsSpan(header.Length)));
        }

        var tlvs = new List<(byte, string)>();
        foreach (var tlv in new ProxyTlvReader(bytes.AsSpan(header.TlvOffset, header.TlvLength)))
        {
            tlvs.Add(((byte)tlv.Type, Convert.ToHexStringLower(tlv.Value)));
        }

        Assert.Equal(row.GetProperty("tlvs").EnumerateArray().Select(Tlv), tlvs);
    }

    private static void AssertSameInChunks(JsonElement row, byte[] bytes, ProxyParseOptions options, ProxyHeader expected)
    {
        if (!row.TryGetProperty("chunks", out var chunks))
        {
            return;
        }

        // As the segments come in: what has come so far, again from its first byte.
        var come = 0;
        var offsets = new List<int>();
        foreach (var chunk in chunks.EnumerateArray())
        {
            come += chunk.GetInt32();
            var sequence = Segments.Cut(bytes[..Math.Min(come, bytes.Length)], [.. offsets]);
            var result = ProxyHeaderParser.Parse(sequence, options, out var header);
            Assert.Equal(come >= expected.Length ? ProxyParseStatus.Done : ProxyParseStatus.NeedMore, result.Status);
            Assert.Equal(come >= expected.Length ? expected : default, header);
            offsets.Add(come);
        }
    }

    private static byte[] Write(byte[] bytes, ProxyHeader header)
    {
        var written = new byte[ProxyHeaderWriter.MaxV2Length];
        var length = header.Version == ProxyVersion.V1
            ? ProxyHeaderWriter.WriteV1(written, header.Source, header.Destination)
            : ProxyHeaderWriter.WriteV2(
                written, header.Command, header.Source, header.Destination, bytes.AsSpan(header.TlvOffset, header.TlvLength), header.HasChecksum);
        return written[..length];
    }

    private static IPEndPoint EndPoint(JsonElement row, string side) =>
        new(IPAddress.Parse(row.GetProperty(side).GetString()!), row.GetProperty(side + "Port").GetInt32());

    private static (byte, string) Tlv(JsonElement tlv) => (tlv.GetProperty("type").GetByte(), tlv.TryGetProperty("hexRepeat", out var octet)
        ? string.Concat(Enumerable.Repeat(octet.GetString(), tlv.GetProperty("length").GetInt32()))
        : tlv.GetProperty("hex").GetString()!);

    private static Dictionary<string, JsonElement> Load()
    {
        var path = Candidates().Select(static directory => Path.Combine(directory, FileName)).FirstOrDefault(File.Exists);
        return path is null
            ? []
            : File.ReadLines(path).Where(static line => line.Length > 0).Select(static line => JsonSerializer.Deserialize<JsonElement>(line))
                .ToDictionary(static row => row.GetProperty("id").GetString()!);
    }

    private static IEnumerable<string> Candidates()
    {
        if (Environment.GetEnvironmentVariable("GATEWAY_VECTORS") is { Length: > 0 } named)
        {
            yield return named;
            yield break;
        }

        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            yield return Path.Combine(directory.FullName, "shared", "vectors");
        }
    }
}
