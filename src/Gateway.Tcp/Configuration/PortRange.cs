using System.Globalization;

namespace Gateway.Tcp.Configuration;

/// <summary>
/// A range of TCP ports; the first and the last port are included. Configuration writes <c>8080</c> or <c>"9000-9100"</c>.
/// </summary>
/// <param name="First">1 to 65535.</param>
/// <param name="Last">Not below <paramref name="First"/>.</param>
public readonly record struct PortRange(int First, int Last)
{
    private const int Highest = 65535;

    /// <summary>Every port.</summary>
    public static PortRange All => new(1, Highest);

    /// <summary>The number of ports.</summary>
    public int Count => Last - First + 1;

    /// <summary>Reads <c>8080</c> or <c>9000-9100</c>: digits without signs or leading zeros.</summary>
    public static bool TryParse(string? text, out PortRange range)
    {
        range = default;
        var parts = (text ?? "").Split('-');
        if (parts.Length > 2 || !TryParsePort(parts[0], out var first) || !TryParsePort(parts[^1], out var last) || first > last)
        {
            return false;
        }

        range = new PortRange(first, last);
        return true;
    }

    /// <summary>Whether a port is in the range.</summary>
    public bool Contains(int port) => port >= First && port <= Last;

    /// <summary>Whether some port is in both ranges.</summary>
    public bool Overlaps(PortRange other) => First <= other.Last && other.First <= Last;

    /// <inheritdoc/>
    public override string ToString() =>
        First == Last ? First.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}");

    private static bool TryParsePort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 1 and <= Highest && text[0] != '0';
}
