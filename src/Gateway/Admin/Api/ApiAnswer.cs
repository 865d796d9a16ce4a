using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Admin.Api;

/// <summary>
/// One JSON answer of the API, written straight to the response. Characters that mean something in HTML are escaped, so that the text is
/// harmless even where a reader takes it for a page.
/// </summary>
internal sealed class ApiAnswer : IAsyncDisposable
{
    private const int FlushBytes = 32 * 1024;

    private readonly HttpResponse _response;

    private ApiAnswer(HttpResponse response)
    {
        _response = response;
        Json = new Utf8JsonWriter(response.BodyWriter, new JsonWriterOptions { Encoder = JavaScriptEncoder.Default });
        Json.WriteStartObject();
    }

    /// <summary>Writes the members of the answer's object.</summary>
    public Utf8JsonWriter Json { get; }

    /// <summary>Begins an answer.</summary>
    /// <param name="context">The request.</param>
    /// <param name="status">The status.</param>
    public static ApiAnswer Begin(HttpContext context, int status = StatusCodes.Status200OK)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        return new ApiAnswer(context.Response);
    }

    /// <summary>Answers with an error: <c>{"error": text}</c>.</summary>
    public static async Task FailAsync(HttpContext context, int status, string text)
    {
        await using var answer = Begin(context, status);
        answer.Json.WriteString("error", text);
    }

    /// <summary>Sends what was written, if that is much. Waits while the peer does not read.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellation)
    {
        if (Json.BytesPending >= FlushBytes)
        {
            Json.Flush();
            await _response.BodyWriter.FlushAsync(cancellation);
        }
    }

    /// <summary>Ends the object.</summary>
    public async ValueTask DisposeAsync()
    {
        Json.WriteEndObject();
        await Json.DisposeAsync();
    }
}
