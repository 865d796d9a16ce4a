namespace Gateway.Configuration.Reading;

/// <summary>"Did you mean …?" for misspelt keys and names.</summary>
internal static class Suggestion
{
    // More names in one message are no help.
    private const int MaxListed = 12;

    /// <summary>The end of a message about an unknown name.</summary>
    /// <param name="word">The unknown name.</param>
    /// <param name="known">The known names.</param>
    public static string For(string word, IEnumerable<string> known)
    {
        var names = known.ToList();
        var best = names.Select(name => (Name: name, Distance: Distance(word, name))).OrderBy(x => x.Distance).FirstOrDefault();
        if (best.Name is not null && best.Distance <= Math.Max(1, Math.Min(word.Length, best.Name.Length) / 3))
        {
            return $"; did you mean \"{best.Name}\"?";
        }

        if (names.Count == 0)
        {
            return "; there are none";
        }

        return $"; known here: {string.Join(", ", names.Take(MaxListed))}{(names.Count > MaxListed ? ", …" : "")}";
    }

    // The number of edits and swaps of neighbouring characters, without case. Long names are left out, so that a hostile file costs little
    // time.
    private static int Distance(string left, string right)
    {
        const int maxLength = 64;
        if (left.Length is 0 or > maxLength || right.Length is 0 or > maxLength)
        {
            return int.MaxValue;
        }

        (left, right) = (left.ToUpperInvariant(), right.ToUpperInvariant());
        var table = new int[left.Length + 1, right.Length + 1];
        for (var i = 0; i <= left.Length; i++)
        {
            for (var j = 0; j <= right.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    table[i, j] = i + j;
                    continue;
                }

                var cost = left[i - 1] == right[j - 1] ? 0 : 1;
                var best = Math.Min(Math.Min(table[i - 1, j], table[i, j - 1]) + 1, table[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                {
                    best = Math.Min(best, table[i - 2, j - 2] + 1);
                }

                table[i, j] = best;
            }
        }

        return table[left.Length, right.Length];
    }
}
