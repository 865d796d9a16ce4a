using System.Text.Json.Nodes;

namespace Gateway.Testing.Kubernetes;

/// <summary>The parameters labelSelector and fieldSelector of a list or a watch.</summary>
internal static class ApiSelector
{
    /// <summary>Whether an object is selected.</summary>
    /// <param name="item">The object.</param>
    /// <param name="labels"><c>a=b</c>, <c>a==b</c>, <c>a!=b</c>, <c>a in (b,c)</c> or <c>a</c>, with commas between; empty: all.</param>
    /// <param name="fields"><c>metadata.name=NAME</c> or <c>metadata.namespace=NS</c>; empty: all.</param>
    public static bool Selects(JsonObject item, string? labels, string? fields) =>
        Terms(labels).All(term => HasLabel(item["metadata"]!["labels"]?.AsObject(), term))
            && Terms(fields).All(term => term.Split('=', 2) is [var path, var value]
                && item["metadata"]![path.Split('.')[^1]]?.GetValue<string>() == value.TrimStart('='));

    private static bool HasLabel(JsonObject? labels, string term)
    {
        string? Value(string key) => labels?[key.Trim()]?.GetValue<string>();
        if (term.Split(" in ", 2) is [var key, var values])
        {
            return values.Trim(' ', '(', ')').Split(',').Contains(Value(key));
        }

        return term.Split("!=", 2) is [var other, var not] ? Value(other) != not
            : term.Split('=', 2) is [var name, var value] ? Value(name) == value.TrimStart('=')
            : Value(term) is not null;
    }

    // A comma within parentheses is no end of a term.
    private static IEnumerable<string> Terms(string? text)
    {
        var start = 0;
        var depth = 0;
        for (var at = 0; at <= text?.Length; at++)
        {
            var isEnd = at == text.Length || (text[at] == ',' && depth == 0);
            depth += isEnd ? 0 : text[at] switch { '(' => 1, ')' => -1, _ => 0 };
            if (isEnd)
            {
                var term = text[start..at].Trim();
                start = at + 1;
                if (term.Length > 0)
                {
                    yield return term;
                }
            }
        }
    }
}
