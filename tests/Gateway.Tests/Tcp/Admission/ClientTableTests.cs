using System.Buffers.Binary;
using System.Net;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Telemetry;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Tcp.Admission;

/// <summary>The table of clients stays small, and forgets those that matter least. Alone, since one test looks at the memory.</summary>
[Collection(nameof(ClientTableTests))]
[CollectionDefinition(nameof(ClientTableTests), DisableParallelization = true)]
public sealed class ClientTableTests
{
    private static readonly ClientRules OncePerSecond = Rules(new() { MaxConnections = 1, ConnectionsPerSecond = 1 });

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void TryEnter_AMillionSources_RemembersBoundedlyMany()
    {
        var table = new ClientTable(_time);
        var held = Enumerable.Range(0, 100).Select(number => Enter(table, Source(number))).ToList();

        for (var number = 100; number < 1_000_100; number++)
        {
            Leave(Enter(table, Source(number)));
            Assert.True((number & 0xFFFF) != 0 || table.Count <= ClientTable.MostIdle + 100);
        }

        Assert.InRange(table.Count, ClientTable.MostIdle / 2, ClientTable.MostIdle + 100);

        // Who has a connection was never forgotten.
        for (var number = 0; number < 100; number++)
        {
            Assert.Equal(AdmissionOutcomes.ClientConnections, table.TryEnter(OncePerSecond, Source(number), null, null, out _));
        }

        held.ForEach(Leave);
    }

    [Fact]
    public void Leave_AFullBucket_ForgetsTheClient()
    {
        var table = new ClientTable(_time);
        var client = Enter(table, Source(1));

        _time.Advance(TimeSpan.FromSeconds(1));
        Leave(client);

        Assert.Equal(0, table.Count);
    }

    [Fact]
    public void Leave_NoRate_ForgetsTheClient()
    {
        var table = new ClientTable(_time);
        var rules = Rules(new() { MaxConnections = 1 });

        Assert.Null(table.TryEnter(rules, Source(1), null, null, out var client));
        Leave(client!);

        Assert.Equal(0, table.Count);
    }

    [Fact]
    public void Leave_TooManyIdle_ForgetsFullBucketsFirst()
    {
        // One shard of 16 clients: it is swept when there are 17.
        var shard = new ClientShard(_time, 16);
        for (var number = 0; number < 8; number++)
        {
            Leave(Enter(shard, number));
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        for (var number = 8; number < 16; number++)
        {
            Leave(Enter(shard, number));
        }

        Assert.Equal(16, shard.Count);
        Leave(Enter(shard, 16));

        Assert.Equal(9, shard.Count);
        Assert.Equal(AdmissionOutcomes.ClientRate, TryEnter(shard, 8));
        Assert.Equal(AdmissionOutcomes.ClientRate, TryEnter(shard, 16));
        Assert.Null(TryEnter(shard, 0));
    }

    [Fact]
    public void Leave_TooManyIdleAndNoneFull_ForgetsTheEighthThatIsFullFirst()
    {
        var shard = new ClientShard(_time, 16);
        for (var number = 0; number < 17; number++)
        {
            Leave(Enter(shard, number));
            _time.Advance(TimeSpan.FromMilliseconds(10));
        }

        Assert.Equal(14, shard.Count);
        Assert.Equal(AdmissionOutcomes.ClientRate, TryEnter(shard, 3));
        Assert.Null(TryEnter(shard, 2));
    }

    [Fact]
    public void TryEnter_AfterARest_ForgetsNothingThatIsHeld()
    {
        var shard = new ClientShard(_time, 1);
        var held = Enumerable.Range(0, 50).Select(number => Enter(shard, number)).ToList();

        Assert.Equal(50, shard.Count);
        held.ForEach(Leave);
        Assert.Equal(1, shard.Count);
    }

    private static ClientRules Rules(PerClientLimitsConfig config) => ClientRules.From(config)!;

    private static IPAddress Source(int number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, 0x0A000000 + number);
        return new IPAddress(bytes);
    }

    private static AdmittedClient Enter(ClientTable table, IPAddress address)
    {
        Assert.Null(table.TryEnter(OncePerSecond, address, null, null, out var client));
        return client!;
    }

    private static AdmittedClient Enter(ClientShard shard, int number)
    {
        Assert.Null(
            shard.TryEnter(ClientNetwork.Of(Source(number), OncePerSecond), OncePerSecond, null, null, out var client));
        return client!;
    }

    private static Outcome? TryEnter(ClientShard shard, int number) =>
        shard.TryEnter(ClientNetwork.Of(Source(number), OncePerSecond), OncePerSecond, null, null, out _);

    private static void Leave(AdmittedClient client) => client.Shard.Leave(client);
}
