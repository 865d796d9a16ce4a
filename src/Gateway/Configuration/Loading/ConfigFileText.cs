using System.Diagnostics.CodeAnalysis;
using System.Text;
using Gateway.Linux;

namespace Gateway.Configuration.Loading;

/// <summary>Reads a configuration file's text; what goes wrong is a value.</summary>
internal static class ConfigFileText
{
    // A route takes some 300 bytes of JSON: room for 50,000, and a wrong path (a log, a device) is not read into memory.
    private const int MaxBytes = 16 * 1024 * 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file; symbolic links are followed.</param>
    /// <param name="text">Its text.</param>
    /// <param name="error">Why it could not be read.</param>
    public static bool TryRead(string path, [NotNullWhen(true)] out string? text, [NotNullWhen(false)] out string? error)
    {
        text = null;
        if (OperatingSystem.IsLinux() && FileKind.OtherThanFile(path) is { } kind)
        {
            error = $"the file cannot be read: it is {kind}, not a regular file";
            return false;
        }

        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new MemoryStream();
            var buffer = new byte[64 * 1024];
            // Not stream.Length: a device or a growing file has none that could be trusted.
            for (int read; (read = stream.Read(buffer)) > 0;)
            {
                bytes.Write(buffer, 0, read);
                if (bytes.Length <= MaxBytes)
                {
                    continue;
                }

                error = $"the file is larger than {MaxBytes / 1024 / 1024} MiB";
                return false;
            }

            text = StrictUtf8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
            error = null;
            return true;
        }
        catch (DecoderFallbackException)
        {
            error = "the file is not UTF-8";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            error = $"the file cannot be read: {e.Message}";
        }

        return false;
    }
}
