using Gateway.Http.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Tests.Http.Transport;

/// <summary>The features of a connection that a loop carries.</summary>
public sealed class EngineFeaturesTests : IAsyncDisposable
{
    private readonly DefaultConnectionContext _connection = new();
    private readonly FeatureCollection _carrier = new();
    private readonly EngineFeatures _features;

    public EngineFeaturesTests()
    {
        _carrier.Set("carrier");
        _carrier.Set<IConnectionIdFeature>(new DefaultConnectionContext());
        _carrier[typeof(int)] = "hidden";
        _features = new EngineFeatures(_connection, EngineFeatures.OfCarrier(_carrier));
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    [Fact]
    public void Get_FeatureThatTheConnectionImplements_IsTheConnection()
    {
        Assert.Same(_connection, _features.Get<IConnectionIdFeature>());
        Assert.Same(_connection, _features[typeof(IConnectionLifetimeFeature)]);
    }

    [Fact]
    public void Get_FeatureThatWasSet_WinsOverTheConnectionAndTheCarrier()
    {
        var (own, text) = (new DefaultConnectionContext(), "own");
        _features.Set<IConnectionIdFeature>(own);
        _features.Set(text);

        Assert.Same(own, _features.Get<IConnectionIdFeature>());
        Assert.Same(text, _features.Get<string>());
    }

    [Fact]
    public void Get_FeatureOfNeither_IsTheCarriers()
    {
        Assert.Equal("carrier", _features.Get<string>());
        Assert.Null(_features.Get<Uri>());
    }

    [Fact]
    public void Set_Null_RemovesWhatWasSet()
    {
        _features.Set("own");
        _features.Set(new Version(1, 0));
        var revision = _features.Revision;
        _features.Set<string>(null);

        Assert.Equal("carrier", _features.Get<string>());
        Assert.Equal(new Version(1, 0), _features.Get<Version>());
        Assert.NotEqual(revision, _features.Revision);
    }

    [Fact]
    public void Enumerate_ManyFeatures_NamesEachOnceWithItsValue()
    {
        Type[] types =
        [
            typeof(int), typeof(long), typeof(short), typeof(byte), typeof(char), typeof(float), typeof(double), typeof(bool), typeof(Uri),
        ];
        foreach (var type in types)
        {
            _features[type] = type.Name;
        }

        var all = _features.ToDictionary();
        Assert.Equal(types.Select(static type => (object)type.Name), types.Select(type => all[type]));
        Assert.Equal("carrier", all[typeof(string)]);
        Assert.Same(_connection, all[typeof(IConnectionItemsFeature)]);
        Assert.Equal(types.Length + 1 + 8, all.Count);
    }
}
