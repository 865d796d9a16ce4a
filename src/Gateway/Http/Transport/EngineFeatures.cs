using System.Collections;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Http.Transport;

/// <summary>
/// The features of an <see cref="EngineConnection"/>: those that the connection implements or that were set, then those of the
/// <see cref="Carrier"/>. Each request looks for some twenty features here, of which half are nowhere, and few are set. So two short lists
/// cost less than the dictionaries of <see cref="FeatureCollection"/>.
/// </summary>
internal sealed class EngineFeatures : IFeatureCollection
{
    private static readonly Type[] Implemented =
    [
        typeof(IConnectionIdFeature),
        typeof(IConnectionItemsFeature),
        typeof(IConnectionTransportFeature),
        typeof(IConnectionLifetimeFeature),
        typeof(IConnectionEndPointFeature),
        typeof(IConnectionHeartbeatFeature),
        typeof(IConnectionCompleteFeature),
        typeof(IConnectionLifetimeNotificationFeature),
    ];

    private readonly KeyValuePair<Type, object>[] _carrier;

    // Ends with the first place without a type, or with the array. Another thread may look for a feature while one is set.
    private KeyValuePair<Type, object>[] _features = new KeyValuePair<Type, object>[Implemented.Length * 2];
    private int _changes;

    /// <param name="connection">The connection.</param>
    /// <param name="carrier">The carrier's features (<see cref="OfCarrier"/>).</param>
    public EngineFeatures(ConnectionContext connection, KeyValuePair<Type, object>[] carrier)
    {
        _carrier = carrier;
        for (var place = 0; place < Implemented.Length; place++)
        {
            _features[place] = new(Implemented[place], connection);
        }
    }

    /// <inheritdoc/>
    public bool IsReadOnly => false;

    /// <inheritdoc/>
    public int Revision => _changes;

    /// <inheritdoc/>
    /// <remarks>Null removes the feature that was set.</remarks>
    public object? this[Type key]
    {
        get
        {
            var features = _features;
            var place = PlaceOf(features, key);
            return place < features.Length && features[place].Value is { } feature ? feature : FindOfCarrier(key);
        }
        set
        {
            if (value is null)
            {
                Remove(key);
            }
            else
            {
                Set(key, value);
            }

            _changes++;
        }
    }

    /// <inheritdoc/>
    public TFeature? Get<TFeature>() => (TFeature?)this[typeof(TFeature)];

    /// <inheritdoc/>
    public void Set<TFeature>(TFeature? instance) => this[typeof(TFeature)] = instance;

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator() =>
        _features.TakeWhile(static feature => feature.Key is not null).UnionBy(_carrier, static feature => feature.Key).GetEnumerator();

    /// <summary>What connections take from the carrier: its features, which do not change any more when it accepts connections.</summary>
    public static KeyValuePair<Type, object>[] OfCarrier(IFeatureCollection carrier) =>
        [.. carrier.Where(static feature => !Implemented.Contains(feature.Key))];

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private object? FindOfCarrier(Type key)
    {
        foreach (var feature in _carrier)
        {
            if (ReferenceEquals(feature.Key, key))
            {
                return feature.Value;
            }
        }

        return null;
    }

    // The first place without a type, if the type is not there.
    private static int PlaceOf(KeyValuePair<Type, object>[] features, Type? key)
    {
        var place = 0;
        while (place < features.Length && features[place].Key is { } type && !ReferenceEquals(type, key))
        {
            place++;
        }

        return place;
    }

    private void Set(Type key, object value)
    {
        var place = PlaceOf(_features, key);
        if (place == _features.Length)
        {
            Array.Resize(ref _features, place * 2);
        }

        _features[place] = new(key, value);
    }

    private void Remove(Type key)
    {
        var (place, end) = (PlaceOf(_features, key), PlaceOf(_features, null));
        if (place < end)
        {
            _features[place] = _features[end - 1];
            _features[end - 1] = default;
        }
    }
}
