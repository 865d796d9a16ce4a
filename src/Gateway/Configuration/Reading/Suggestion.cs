namespace Gateway.Configuration.Reading;

/// <summary>"Did you mean …?" for misspelt keys and names.</summary>
internal static class Suggestion
{
    // More names than this in one message help nobody.
    private const int MaxListed = 12;

    /// <summary>The end of a message about an unknown name.</summary>
    /// <param name="word">What was written.</param>
    /// <param name="known">What could have been.</param>
    public static string For(string word, IEnumerable<string> known)
    {
        var names = known.ToList();
        var best = names.Select(name => (Name: name, Distance: Distance(word, name))).OrderBy(x => x.Distance).FirstOrDefault();
        if (best.Name is not null && best.Distance <= Math.Max(1, Math.Min(word.Length, best.Name.Length) / 3))
            return $"; did you mean \"{best.Name}\"?";
        if (names.Count == 0)
            return "; there are none";
        return $"; known here: {string.Join(", ", names.Take(MaxListed))}{(names.Count > MaxListed ? ", …" : "")}";
    }

    // Levenshtein without regard to case; long words are cut, so that the cost of a hostile file is bounded.
    private static int Distance(string left, string right)
    {
        const int maxLength = 64;
        if (left.Length > maxLength || right.Length > maxLength)
            return int.MaxValue;
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var cost = char.ToUpperInvariant(left[i - 1]) == char.ToUpperInvariant(right[j - 1]) ? 0 : 1;
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + cost));
            }
        }

        return row[right.Length];
    }
}
