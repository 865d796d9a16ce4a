using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Tls;

/// <summary>
/// What was made of the contents of files, by these contents, for as long as somebody uses it: a configuration that is read again gets the
/// same objects, and with them the sessions that clients may resume.
/// </summary>
/// <typeparam name="T">What is made.</typeparam>
internal sealed class ContentCache<T>
    where T : class
{
    private readonly ConcurrentDictionary<string, WeakReference<T>> _known = new();

    /// <summary>Finds what was made of a content, or makes it.</summary>
    public T GetOrAdd(string content, Func<T> create)
    {
        if (_known.TryGetValue(content, out var reference) && reference.TryGetTarget(out var known))
        {
            return known;
        }

        foreach (var gone in _known.Where(static entry => !entry.Value.TryGetTarget(out _)).ToList())
        {
            _known.TryRemove(gone);
        }

        var made = create();
        _known[content] = new WeakReference<T>(made);
        return made;
    }

    /// <summary>The key of a content: it tells contents apart without keeping any, since some are secret.</summary>
    public static string KeyOf(params ReadOnlySpan<string?> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in parts)
        {
            // The length first: "ab", "c" is not "a", "bc".
            hash.AppendData(BitConverter.GetBytes(part?.Length ?? -1));
            hash.AppendData(Encoding.UTF8.GetBytes(part ?? ""));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
