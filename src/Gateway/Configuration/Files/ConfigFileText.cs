using System.Buffers;
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
    private const int FirstBytes = 16 * 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file; symbolic links are followed.</param>
    /// <param name="text">The file's text.</param>
    /// <param name="error">Why the file could not be read.</param>
    /// <param name="maxBytes">The largest file that is read.</param>
    /// <param name="known">
    /// A text that the file probably has: if it has, this string is the result. A file that is looked at every second then takes no memory
    /// for each look, which would fill the heap of a gateway at rest until the next collection.
    /// </param>
    public static bool TryRead(
        string path,
        [NotNullWhen(true)] out string? text,
        [NotNullWhen(false)] out string? error,
        int maxBytes = DefaultMaxBytes,
        string? known = null)
    {
        text = null;
        if (OperatingSystem.IsLinux() && FileKind.OtherThanFile(path) is { } kind)
        {
            error = $"the file cannot be read: it is {kind}, not a regular file";
            return false;
        }

        var bytes = ArrayPool<byte>.Shared.Rent(FirstBytes);
        try
        {
            using var stream = new FileStream(
                path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            var length = 0;
            // Does not use stream.Length, because it is wrong for a device or a growing file.
            for (int read; (read = stream.Read(bytes.AsSpan(length))) > 0;)
            {
                length += read;
                if (length > maxBytes)
                {
                    error = $"the file is larger than {maxBytes / 1024 / 1024} MiB";
                    return false;
                }
                if (length == bytes.Length)
                {
                    Grow(ref bytes);
                }
            }

            text = Decode(bytes.AsSpan(0, length), known);
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
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }

        return false;
    }

    private static void Grow(ref byte[] bytes)
    {
        var larger = ArrayPool<byte>.Shared.Rent(bytes.Length * 2);
        bytes.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(bytes);
        bytes = larger;
    }

    private static string Decode(ReadOnlySpan<byte> bytes, string? known)
    {
        if (known is null)
        {
            return StrictUtf8.GetString(bytes);
        }
        var buffer = ArrayPool<char>.Shared.Rent(StrictUtf8.GetCharCount(bytes));
        try
        {
            var chars = buffer.AsSpan(0, StrictUtf8.GetChars(bytes, buffer));
            return chars.SequenceEqual(known) ? known : new string(chars);
        }
        finally
        {
            ArrayPool<char>.Shared.Return(buffer);
        }
    }
}
