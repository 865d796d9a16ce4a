using System.Security.Cryptography;
using System.Text;

namespace Gateway.Admin.Api;

/// <summary>
/// The token of <c>Admin:TokenPath</c>. The file is read for each request that changes something, because such requests are rare and a
/// token that was replaced must not be good for a moment longer.
/// </summary>
/// <param name="path">The path of the configuration in force; null: there is none.</param>
internal sealed class AdminToken(Func<string?> path)
{
    /// <summary>The shortest token. A shorter one could be guessed.</summary>
    public const int LeastLength = 16;

    // Nobody can type a token of this length, and a wrong path (a device, a log) is not read to its end.
    private const int MostBytes = 4096;

    private const string Scheme = "Bearer ";

    /// <summary>Whether a token is configured, so that requests may change something.</summary>
    public bool IsConfigured => path() is not null;

    /// <summary>Checks a request.</summary>
    /// <param name="authorization">The header Authorization.</param>
    /// <returns>Null: the token is right. Otherwise the status and the text of the answer.</returns>
    public async Task<(int Status, string Text)?> RefuseAsync(string? authorization)
    {
        if (path() is not { } file)
        {
            return (StatusCodes.Status403Forbidden, "read only: Admin:TokenPath is not set");
        }

        if (await ReadAsync(file) is not { } token)
        {
            return (
                StatusCodes.Status503ServiceUnavailable,
                $"Admin:TokenPath: the file cannot be read, or it has not {LeastLength} to {MostBytes} characters");
        }

        return authorization?.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) == true
            && AreEqual(authorization[Scheme.Length..].Trim(), token)
                ? null
                : (StatusCodes.Status401Unauthorized, "needs the token: Authorization: Bearer TOKEN");
    }

    // Hashes have one length, so the time tells neither the token's length nor where the texts differ.
    private static bool AreEqual(string one, string other) => CryptographicOperations.FixedTimeEquals(
        SHA256.HashData(Encoding.UTF8.GetBytes(one)), SHA256.HashData(Encoding.UTF8.GetBytes(other)));

    private static async Task<string?> ReadAsync(string path)
    {
        try
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[MostBytes + 1];
            var length = await file.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false);
            var text = Encoding.UTF8.GetString(bytes, 0, length).Trim();
            return length <= MostBytes && text.Length >= LeastLength ? text : null;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
