using System.Net;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Configuration;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Tcp.Admission;

public sealed class ListenerAdmissionTests
{
    private static readonly IPAddress One = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress Two = IPAddress.Parse("192.0.2.2");

    private readonly FakeTimeProvider _time = new();
    private readonly ListenerAdmissions _all;
    private readonly ListenerAdmission _admission;

    public ListenerAdmissionTests()
    {
        _all = new ListenerAdmissions(_time);
        _admission = _all.For("in");
    }

    [Fact]
    public void TryEnter_AboveTheClientsLimit_RefusesThisClientUntilAPlaceIsGivenBack()
    {
        var rules = Rules(new() { PerClient = new() { MaxConnections = 2 } });
        var places = Enter(rules, One, 2);

        Assert.Equal(AdmissionOutcomes.ClientConnections, _admission.TryEnter(rules, One, out var none));
        Assert.Null(none);
        Enter(rules, Two, 2);
        places[0].GiveBack();
        places[0].GiveBack();
        Enter(rules, One, 1);
        Assert.Equal(AdmissionOutcomes.ClientConnections, _admission.TryEnter(rules, One, out _));
        Assert.Equal(4, _admission.Connections);
    }

    [Fact]
    public void TryEnter_AboveTheListenersLimit_TakesNothingOfTheClient()
    {
        var rules = Rules(new() { MaxConnections = 1, PerClient = new() { MaxConnections = 5, ConnectionsPerSecond = 1 } });
        var place = Enter(rules, One, 1)[0];

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(AdmissionOutcomes.ListenerConnections, _admission.TryEnter(rules, Two, out _));
        }

        Assert.Equal(1, _admission.Clients);
        place.GiveBack();
        Enter(rules, Two, 1);
    }

    [Fact]
    public void TryEnter_AClientThatIsRefused_TakesNoPlaceOfTheListener()
    {
        var rules = Rules(new() { MaxConnections = 2, PerClient = new() { MaxConnections = 1 } });
        Enter(rules, One, 1);

        Assert.Equal(AdmissionOutcomes.ClientConnections, _admission.TryEnter(rules, One, out _));
        Assert.Equal(1, _admission.Connections);
        Enter(rules, Two, 1);
    }

    [Fact]
    public void TryEnter_FasterThanTheRate_RefusesUntilTokensCome()
    {
        var rules = Rules(new() { PerClient = new() { ConnectionsPerSecond = 10, Burst = 3 } });
        Enter(rules, One, 3).ForEach(static place => place.GiveBack());

        Assert.Equal(AdmissionOutcomes.ClientRate, _admission.TryEnter(rules, One, out _));
        Enter(rules, Two, 3);
        _time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.Equal(AdmissionOutcomes.ClientRate, _admission.TryEnter(rules, One, out _));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Enter(rules, One, 1);
        Assert.Equal(AdmissionOutcomes.ClientRate, _admission.TryEnter(rules, One, out _));
        _time.Advance(TimeSpan.FromHours(1));
        Enter(rules, One, 3);
        Assert.Equal(AdmissionOutcomes.ClientRate, _admission.TryEnter(rules, One, out _));
    }

    [Fact]
    public void TryEnter_NoClient_CountsForTheListenerAlone()
    {
        var rules = Rules(new() { MaxConnections = 3, PerClient = new() { MaxConnections = 1, ConnectionsPerSecond = 0.001 } });

        for (var i = 0; i < 3; i++)
        {
            Assert.Null(_admission.TryEnter(rules, client: null, out _));
        }

        Assert.Equal(AdmissionOutcomes.ListenerConnections, _admission.TryEnter(rules, client: null, out _));
        Assert.Equal(0, _admission.Clients);
    }

    [Fact]
    public void TryEnterShared_ARequest_CountsForTheClientAlone()
    {
        var rules = Rules(new() { MaxConnections = 1, PerClient = new() { MaxConnections = 1 } });

        Assert.Null(_admission.TryEnterShared(rules, One, out var place));
        Assert.Equal(AdmissionOutcomes.ClientConnections, _admission.TryEnterShared(rules, One, out _));
        Assert.Equal(0, _admission.Connections);
        place!.GiveBack();
        Assert.Equal(0, _admission.Clients);
    }

    [Fact]
    public void Update_LowerLimit_KeepsCountsAndConnections()
    {
        Update("IN", new() { PerClient = new() { MaxConnections = 3 } });
        var places = Enter(_admission.Rules!, One, 3);

        Update("in", new() { PerClient = new() { MaxConnections = 2 } });
        Assert.Equal(3, _admission.Connections);
        places[0].GiveBack();
        Assert.Equal(AdmissionOutcomes.ClientConnections, _admission.TryEnter(_admission.Rules!, One, out _));
        places[1].GiveBack();
        Enter(_admission.Rules!, One, 1);
    }

    [Fact]
    public void Update_AListenerThatIsGone_IsForgottenAndItsPlacesAreStillGivenBack()
    {
        Update("in", new() { MaxConnections = 1 });
        var place = Enter(_admission.Rules!, One, 1)[0];

        Update("other", null);
        Assert.Same(_admission, _all.For("in"));
        _all.Keep(["other"]);
        Assert.NotSame(_admission, _all.For("in"));
        place.GiveBack();
        Assert.Equal(0, _admission.Connections);
    }

    [Fact]
    public void TryEnter_ManyThreads_IsExactAndLeaksNothing()
    {
        var rules = Rules(new() { MaxConnections = 25, PerClient = new() { MaxConnections = 10 } });
        var clients = Enumerable.Range(1, 4).Select(static number => IPAddress.Parse($"192.0.2.{number}")).ToArray();
        var held = new int[clients.Length];
        var tooMany = 0;

        Parallel.For(0, 200_000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, turn =>
        {
            var client = turn % clients.Length;
            if (_admission.TryEnter(rules, clients[client], out var place) is not null)
            {
                return;
            }

            if (Interlocked.Increment(ref held[client]) > 10 || _admission.Connections > 25)
            {
                Interlocked.Increment(ref tooMany);
            }

            Interlocked.Decrement(ref held[client]);
            place!.GiveBack();
        });

        Assert.Equal((0, 0, 0), (tooMany, _admission.Connections, _admission.Clients));
    }

    /// <summary>A reload that is undone: a listener that is not in the new file stays, and follows the old file again.</summary>
    [Fact]
    public void Update_WithoutAListener_KeepsItUntilTheConfigurationStays()
    {
        var listener = _all.For("gone");
        Update("other", null);
        Update("gone", new() { MaxConnections = 1 });
        Assert.Same(listener, _all.For("gone"));
        Assert.NotNull(listener.Rules);

        _all.Keep(["other"]);

        Assert.NotSame(listener, _all.For("gone"));
    }

    private static AdmissionRules Rules(ListenerLimitsConfig limits) =>
        AdmissionRules.From(null, limits, new Dictionary<string, IReadOnlyList<string>>())!;

    private void Update(string listener, ListenerLimitsConfig? limits) =>
        _all.Update(new Dictionary<string, AdmissionRules?> { [listener] = limits is null ? null : Rules(limits) });

    private List<AdmissionPlace> Enter(AdmissionRules rules, IPAddress client, int times)
    {
        var places = new List<AdmissionPlace>();
        for (var i = 0; i < times; i++)
        {
            Assert.Null(_admission.TryEnter(rules, client, out var place));
            places.Add(place!);
        }

        return places;
    }
}
