using System.Globalization;
using System.Text.Json;

namespace Gateway.Admin.Api;

/// <summary>Writes times of the API: UTC with milliseconds, such as <c>2026-01-31T12:00:00.000Z</c>.</summary>
internal static class ApiTime
{
    /// <summary>Writes a member; null: the time is not known.</summary>
    public static void Write(Utf8JsonWriter json, string name, DateTimeOffset? time) =>
        json.WriteString(name, time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
}
