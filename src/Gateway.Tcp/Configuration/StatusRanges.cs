using System.Globalization;

namespace Gateway.Tcp.Configuration;

/// <summary>
/// Ranges of HTTP status codes; the first and the last code of a range are included. Two objects are equal if they have the same ranges in
/// the same order.
/// </summary>
public sealed class StatusRanges : IEquatable<StatusRanges>
{
    private const int Lowest = 100;
    private const int Highest = 599;

    private readonly (int First, int Last)[] _ranges;

    private StatusRanges((int First, int Last)[] ranges) => _ranges = ranges;

    /// <summary>Resolves validated ranges; texts that are no range are left out.</summary>
    public static StatusRanges Of(IReadOnlyList<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return new StatusRanges([.. texts.Select(TryParse).OfType<(int, int)>()]);
    }

    /// <summary>Whether a text is a status code, as <c>204</c>, or a range of them, as <c>200-399</c>.</summary>
    public static bool IsRange(string text) => TryParse(text) is not null;

    /// <summary>Whether a status is in a range.</summary>
    public bool Contains(int status) => Array.Exists(_ranges, range => status >= range.First && status <= range.Last);

    /// <inheritdoc/>
    public bool Equals(StatusRanges? other) => other is not null && _ranges.AsSpan().SequenceEqual(other._ranges);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as StatusRanges);

    /// <inheritdoc/>
    public override int GetHashCode() => _ranges.Length;

    private static (int First, int Last)? TryParse(string? text)
    {
        var parts = (text ?? "").Split('-');
        return parts.Length <= 2 && TryParseCode(parts[0], out var first) && TryParseCode(parts[^1], out var last) && first <= last
            ? (first, last)
            : null;
    }

    private static bool TryParseCode(string text, out int code) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out code) && code is >= Lowest and <= Highest;
}
