using System.Collections;

namespace Gateway.Hosting;

/// <summary>
/// Settings of ASP.NET Core that would open a port or widen trust behind the file's back. They have no effect here; whoever set one should
/// know.
/// </summary>
internal static class ForeignSettings
{
    private static readonly string[] Names =
    [
        "ASPNETCORE_URLS", "DOTNET_URLS", "URLS", "ASPNETCORE_HTTP_PORTS", "ASPNETCORE_HTTPS_PORTS", "HTTP_PORTS", "HTTPS_PORTS",
        "ASPNETCORE_FORWARDEDHEADERS_ENABLED", "FORWARDEDHEADERS_ENABLED", "ASPNETCORE_HOSTINGSTARTUPASSEMBLIES",
    ];

    /// <summary>The names of those that are set.</summary>
    public static IReadOnlyList<string> Find(IDictionary environment)
    {
        var found = new List<string>();
        foreach (DictionaryEntry entry in environment)
        {
            var name = (string)entry.Key;
            var isKestrels = name.StartsWith("Kestrel__", StringComparison.OrdinalIgnoreCase)
                || name.StartsWith("ASPNETCORE_Kestrel__", StringComparison.OrdinalIgnoreCase);
            // Base images set the port variables; an empty value is how a Dockerfile clears them.
            if ((isKestrels || Names.Contains(name, StringComparer.OrdinalIgnoreCase)) && !string.IsNullOrEmpty((string?)entry.Value))
            {
                found.Add(name);
            }
        }
        found.Sort(StringComparer.Ordinal);
        return found;
    }
}
