using System.Collections;

namespace Gateway.Hosting;

/// <summary>
/// Settings of ASP.NET Core that would normally open a port or extend trust without the file. They have no effect in the gateway, and the
/// operator who has set such a setting should know that.
/// </summary>
internal static class ForeignSettings
{
    private static readonly string[] Names =
    [
        "ASPNETCORE_URLS", "DOTNET_URLS", "URLS", "ASPNETCORE_HTTP_PORTS", "ASPNETCORE_HTTPS_PORTS", "HTTP_PORTS", "HTTPS_PORTS",
        "ASPNETCORE_FORWARDEDHEADERS_ENABLED", "FORWARDEDHEADERS_ENABLED", "ASPNETCORE_HOSTINGSTARTUPASSEMBLIES",
    ];

    /// <summary>The names of the settings that are set.</summary>
    public static IReadOnlyList<string> Find(IDictionary environment)
    {
        var found = new List<string>();
        foreach (DictionaryEntry entry in environment)
        {
            var name = (string)entry.Key;
            var isKestrels = name.StartsWith("Kestrel__", StringComparison.OrdinalIgnoreCase)
                || name.StartsWith("ASPNETCORE_Kestrel__", StringComparison.OrdinalIgnoreCase);
            // Empty values are ignored: base images set the port variables, and a Dockerfile clears them by an empty value.
            if ((isKestrels || Names.Contains(name, StringComparer.OrdinalIgnoreCase)) && !string.IsNullOrEmpty((string?)entry.Value))
            {
                found.Add(name);
            }
        }
        found.Sort(StringComparer.Ordinal);
        return found;
    }
}
