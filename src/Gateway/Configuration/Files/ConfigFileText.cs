using System.Diagnostics.CodeAnalysis;
using System.Text;
using Gateway.Linux;

namespace Gateway.Configuration.Files;

/// <summary>Reads the text of a configuration file. Errors are returned, not thrown.</summary>
internal static class ConfigFileText
{
    // A route takes about 300 bytes of JSON, so there is room for 50,000 routes. The limit keeps a wrong file (a log, a device) out of
    // memory.
    private const int DefaultMaxBytes = 16 * 1024 * 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file; symbolic links are followed.</param>
    /// <param name="text">The file's text.</param>
    /// <param name="error">Why the file could not be read.</param>
    /// <param name="maxBytes">The largest file that is read.</param>
    public static bool TryRead(
        string path,
        [NotNullWhen(true)] out string? text,
        [NotNullWhen(false)] out string? error,
        int maxBytes = DefaultMaxBytes)
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
            // Does not use stream.Length, because it is wrong for a device or a growing file.
            for (int read; (read = stream.Read(buffer)) > 0;)
            {
                bytes.Write(buffer, 0, read);
                if (bytes.Length <= maxBytes)
                {
                    continue;
                }

                error = $"the file is larger than {maxBytes / 1024 / 1024} MiB";
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
