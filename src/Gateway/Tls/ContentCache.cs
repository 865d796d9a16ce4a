using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Tls;

/// <summary>
/// Keeps an object that was made from the contents of files for as long as it is in use, with a hash of these contents as its key. A
/// configuration that is read again with the same contents gets the same objects, and so keeps the TLS sessions that clients may resume.
/// </summary>
/// <typeparam name="T">The type of the objects.</typeparam>
internal sealed class ContentCache<T>
    where T : class
{
    private readonly ConcurrentDictionary<string, WeakReference<T>> _known = new();

    /// <summary>Finds the object for a key, or makes it.</summary>
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

    /// <summary>The key for some contents: a hash, because some contents are secret and must not be kept.</summary>
    public static string KeyOf(params ReadOnlySpan<string?> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in parts)
        {
            // The length comes first, so that "ab", "c" and "a", "bc" have different keys.
            hash.AppendData(BitConverter.GetBytes(part?.Length ?? -1));
            hash.AppendData(Encoding.UTF8.GetBytes(part ?? ""));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
