using System.Text;
using Gateway.Admin.Api;
using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Admin.Api;

/// <summary>How an answer is made and sent.</summary>
public sealed class ApiAnswerTests
{
    [Fact]
    public async Task Fail_TextOfAClient_IsSentWholeAndEscaped()
    {
        using var body = new MemoryStream();
        var context = new DefaultHttpContext { Response = { Body = body } };

        await ApiAnswer.FailAsync(context, StatusCodes.Status404NotFound, "<b>");

        Assert.Equal((404, "application/json; charset=utf-8"), (context.Response.StatusCode, context.Response.ContentType));
        Assert.Equal("""{"error":"\u003Cb\u003E"}""", Encoding.UTF8.GetString(body.ToArray()));
    }
}
