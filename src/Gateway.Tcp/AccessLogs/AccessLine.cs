using System.Collections;
using System.Globalization;
using System.Text;

namespace Gateway.Tcp.AccessLogs;

/// <summary>
/// A line with chosen fields, as state for a logger: text formatters take its text, and the JSON formatter its pairs.
/// </summary>
public sealed class AccessLine : IReadOnlyList<KeyValuePair<string, object?>>
{
    /// <summary>Makes the text of a line, for a logger.</summary>
    public static readonly Func<AccessLine, Exception?, string> Format = static (line, _) => line.ToString();

    private readonly string _start;
    private readonly IReadOnlyList<AccessField> _fields;
    private readonly object?[] _values;

    private AccessLine(string start, IReadOnlyList<AccessField> fields, object?[] values) =>
        (_start, _fields, _values) = (start, fields, values);

    /// <inheritdoc/>
    public int Count => _fields.Count;

    /// <inheritdoc/>
    public KeyValuePair<string, object?> this[int index] => new(_fields[index].Property, _values[index]);

    /// <summary>Makes a line.</summary>
    /// <param name="start">What the text begins with, such as <c>tcp 17</c>.</param>
    /// <param name="happened">The event. A line of another event than the end begins with it.</param>
    /// <param name="fields">The fields.</param>
    /// <param name="source">Gives the values.</param>
    public static AccessLine Of<T>(string start, AccessEvent happened, IReadOnlyList<AccessField> fields, T source)
        where T : IAccessSource
    {
        ArgumentNullException.ThrowIfNull(fields);
        var named = happened == AccessEvent.End || HasEvent(fields) ? fields : [AccessField.Of(AccessFieldKind.Event), .. fields];
        var values = new object?[named.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = named[i].Kind == AccessFieldKind.Event ? Name(happened) : source.Read(named[i]);
        }

        return new AccessLine(start, named, values);
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The text: <c>tcp 17 client=203.0.113.7:56324 …</c></summary>
    public override string ToString()
    {
        var line = new StringBuilder(_start, 256);
        for (var i = 0; i < _values.Length; i++)
        {
            line.Append(' ').Append(_fields[i].Name).Append('=');
            if (_values[i] is { } value)
            {
                line.Append(CultureInfo.InvariantCulture, $"{value}").Append(_fields[i].IsMilliseconds ? "ms" : "");
            }
            else
            {
                line.Append('-');
            }
        }

        return line.ToString();
    }

    private static bool HasEvent(IReadOnlyList<AccessField> fields)
    {
        foreach (var field in fields)
        {
            if (field.Kind == AccessFieldKind.Event)
            {
                return true;
            }
        }

        return false;
    }

    private static string Name(AccessEvent happened) => happened switch
    {
        AccessEvent.Start => "start",
        AccessEvent.Interval => "interval",
        _ => "end",
    };
}
