using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Admin.Api;

/// <summary>
/// JSON answers of the API. Characters that mean something in HTML are escaped, so that the text is harmless even where a reader takes it
/// for a page.
/// </summary>
internal static class ApiAnswer
{
    /// <summary>Writes an answer into the response's buffer, and sends nothing: that may wait for the peer.</summary>
    /// <param name="context">The request.</param>
    /// <param name="members">Writes the members of the answer's object.</param>
    public static void Write(HttpContext context, Action<Utf8JsonWriter> members)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        using var json = new Utf8JsonWriter(context.Response.BodyWriter, new JsonWriterOptions { Encoder = JavaScriptEncoder.Default });
        json.WriteStartObject();
        members(json);
        json.WriteEndObject();
    }

    /// <summary>Answers with an error: <c>{"error": text}</c>.</summary>
    public static async Task FailAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        Write(context, json => json.WriteString("error", text));
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }
}
