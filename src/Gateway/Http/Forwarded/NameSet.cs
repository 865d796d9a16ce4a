namespace Gateway.Http.Forwarded;

/// <summary>A set of header names and of beginnings of names (<c>X-Envoy-*</c>), compared as <see cref="FoldedName"/>s.</summary>
internal sealed class NameSet
{
    private readonly HashSet<string> _names = new(FoldedName.Comparer);
    private readonly List<string> _beginnings = [];

    /// <summary>Makes the set.</summary>
    /// <param name="entries">Names. An entry that ends with an asterisk is the beginning of names.</param>
    public NameSet(IEnumerable<string> entries)
    {
        foreach (var entry in entries)
        {
            if (entry.EndsWith('*'))
            {
                _beginnings.Add(entry[..^1]);
            }
            else
            {
                _names.Add(entry);
            }
        }
    }

    /// <summary>Whether the set contains a header.</summary>
    public bool Contains(string name)
    {
        foreach (var beginning in _beginnings)
        {
            if (FoldedName.StartsWith(name, beginning))
            {
                return true;
            }
        }

        return _names.Contains(name);
    }
}
