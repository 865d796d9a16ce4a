using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Gateway.Configuration;

/// <summary>A port of a Service of Kubernetes: <c>namespace/name:port</c>.</summary>
/// <param name="Namespace">The namespace.</param>
/// <param name="Name">The name of the Service.</param>
/// <param name="Port">The name of its port, or the number of the pods' port.</param>
internal sealed partial record ServiceAddress(string Namespace, string Name, string Port)
{
    /// <summary>The beginning of the address of a destination that is a Service. HTTP clusters connect in clear.</summary>
    public const string Scheme = "kubernetes://";

    /// <summary>The same for HTTP clusters that connect with TLS.</summary>
    public const string TlsScheme = "kubernetes+https://";

    private const string Form = "namespace/name:port, such as shop/redis:redis";

    /// <summary>The port as a number; null: it is a name.</summary>
    public int? PortNumber => int.TryParse(Port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>The name that clients within the cluster use.</summary>
    public string Host => $"{Name}.{Namespace}.svc";

    /// <summary>Whether the address of a destination is meant as a Service.</summary>
    public static bool IsUrl([NotNullWhen(true)] string? text) =>
        text is not null
            && (text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
                || text.StartsWith(TlsScheme, StringComparison.OrdinalIgnoreCase));

    /// <summary>Reads <c>namespace/name:port</c>.</summary>
    /// <returns>Null if the text is valid, else the rule that the text breaks.</returns>
    public static string? Read(string text, out ServiceAddress? address)
    {
        address = null;
        var match = Pattern().Match(text);
        if (!match.Success)
        {
            return $"a Service is {Form}";
        }

        var read = new ServiceAddress(match.Groups[1].Value, match.Groups[2].Value, match.Groups[3].Value);
        if (read.Port.All(char.IsAsciiDigit) && read.PortNumber is null or < 1 or > 65535)
        {
            return "the port of a Service is a name or a number from 1 to 65535";
        }

        address = read;
        return null;
    }

    /// <summary>Reads <c>kubernetes://namespace/name:port</c>, for HTTP clusters also <c>kubernetes+https://…</c>.</summary>
    /// <returns>Null if the text is valid, else the rule that the text breaks.</returns>
    public static string? ReadUrl(string text, out ServiceAddress? address) =>
        Read(text[(text.IndexOf("://", StringComparison.Ordinal) + 3)..], out address);

    /// <summary>The Service that a valid address names; null: the address names none.</summary>
    public static ServiceAddress? Of(string? text) => IsUrl(text) && ReadUrl(text, out var address) is null ? address : null;

    /// <inheritdoc/>
    public override string ToString() => $"{Namespace}/{Name}:{Port}";

    // A label of RFC 1123, as Kubernetes asks for all three.
    private const string Label = "([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)";

    [GeneratedRegex($"^{Label}/{Label}:{Label}$")]
    private static partial Regex Pattern();
}
