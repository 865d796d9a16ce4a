using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Admin.Api;

/// <summary>
/// JSON answers of the API. Characters that mean something in HTML are escaped, so that the text is harmless even where a reader takes it
/// for a page.
/// </summary>
internal static class ApiAnswer
{
    /// <summary>
    /// Makes an answer. Not in the response's buffer: after an exception Kestrel would send what is there behind the head of its 500, as if
    /// it were the next response.
    /// </summary>
    /// <param name="members">Writes the members of the answer's object.</param>
    public static ReadOnlyMemory<byte> Make(Action<Utf8JsonWriter> members)
    {
        var answer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(answer, new JsonWriterOptions { Encoder = JavaScriptEncoder.Default }))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return answer.WrittenMemory;
    }

    /// <summary>Sends an answer. Waits while the peer does not read.</summary>
    public static async Task SendAsync(HttpContext context, ReadOnlyMemory<byte> answer)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        await context.Response.BodyWriter.WriteAsync(answer, context.RequestAborted);
    }

    /// <summary>Answers with an error: <c>{"error": text}</c>.</summary>
    public static Task FailAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        return SendAsync(context, Make(json => json.WriteString("error", text)));
    }
}
