using System.Buffers;
using System.Globalization;
using Gateway.Tcp.Identification.Tls;

namespace Gateway.Tests.Tcp.Identification.Tls;

/// <summary>
/// Mutants of the recorded hellos: none makes the reader throw, and a reader that gets a mutant in pieces says what a reader says that
/// gets it at once. GATEWAY_FUZZ_ROUNDS=100000000 for a long run, each time with other mutants.
/// </summary>
public sealed class ClientHelloFuzzTests
{
    private const int DefaultRounds = 200_000;

    private static long? Asked { get; } =
        long.TryParse(Environment.GetEnvironmentVariable("GATEWAY_FUZZ_ROUNDS"), CultureInfo.InvariantCulture, out var rounds)
            ? rounds
            : null;

    [Fact]
    public void Inspect_Mutant_EndsAlikeInPiecesAndAtOnce()
    {
        var random = Asked is null ? new Random(1) : new Random();
        var mutation = new HelloMutation(random, [.. RecordedHellos.All.Values]);
        var pieces = new Pieces();
        var counts = new long[Enum.GetValues<ClientHelloStatus>().Length];
        var rounds = Asked ?? DefaultRounds;
        for (var round = 0L; round < rounds; round++)
        {
            var mutant = mutation.Next();
            var maxBytes = random.Next(8) == 0 ? random.Next(2 * mutant.Count + 1) : HelloResult.MaxBytes;
            var atOnce = InspectAtOnce(mutant, maxBytes);
            var inPieces = pieces.Inspect(random, mutant, maxBytes);
            if (atOnce != inPieces)
            {
                Assert.Fail($"{atOnce} at once, {inPieces} in pieces, limit {maxBytes}: {Convert.ToHexString(mutant)}");
            }

            counts[(int)atOnce.Status]++;
        }

        // Mutants that all end alike would prove nothing.
        TestContext.Current.SendDiagnosticMessage(string.Join(' ', counts));
        Assert.All(counts, count => Assert.InRange(count, rounds / 200, rounds));
    }

    private static HelloResult InspectAtOnce(ArraySegment<byte> mutant, int maxBytes)
    {
        try
        {
            return HelloResult.Of(new ReadOnlySequence<byte>(mutant), maxBytes);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"limit {maxBytes}: {Convert.ToHexString(mutant)}", e);
        }
    }

    /// <summary>Two segments, whose border moves from call to call.</summary>
    private sealed class Pieces
    {
        private readonly Segment _first = new();
        private readonly Segment _second = new();

        public HelloResult Inspect(Random random, ArraySegment<byte> mutant, int maxBytes)
        {
            var longest = random.Next(16) == 0 ? 1 : 1 + random.Next(mutant.Count + 1);
            var reader = new ClientHelloReader(maxBytes);
            var status = ClientHelloStatus.More;
            for (var length = 0; status == ClientHelloStatus.More && length < mutant.Count;)
            {
                length = Math.Min(mutant.Count, length + 1 + random.Next(longest));
                status = reader.Inspect(Cut(mutant[..length], random.Next(length + 1)));
            }

            return HelloResult.Of(reader, status);
        }

        private ReadOnlySequence<byte> Cut(ReadOnlyMemory<byte> bytes, int at)
        {
            _first.Set(bytes[..at], 0, _second);
            _second.Set(bytes[at..], at, null);
            return new(_first, 0, _second, bytes.Length - at);
        }
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public void Set(ReadOnlyMemory<byte> memory, int start, Segment? next)
        {
            Memory = memory;
            RunningIndex = start;
            Next = next;
        }
    }
}
