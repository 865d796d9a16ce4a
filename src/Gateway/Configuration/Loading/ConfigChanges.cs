using Gateway.Configuration.Reading;
using Gateway.Tcp.Telemetry;

namespace Gateway.Configuration.Loading;

/// <summary>
/// The changes between two texts of the configuration file, as key paths. Added and removed entries are shown by their name
/// (<c>Listeners:web</c>), all other changes by their key (<c>TcpProxy:Routes:redis:IdleTimeout</c>; a list is one value). Values are not
/// shown, because some are secret.
/// </summary>
/// <param name="Added">Paths that the older text does not have.</param>
/// <param name="Changed">Paths with another value.</param>
/// <param name="Removed">Paths that the newer text does not have.</param>
internal sealed record ConfigChanges(IReadOnlyList<string> Added, IReadOnlyList<string> Changed, IReadOnlyList<string> Removed)
{
    // The sections whose keys are names of entries.
    private static readonly string[] Entries =
    [
        "Networks:",
        "Listeners:",
        "TcpProxy:Routes:",
        "TcpProxy:Clusters:",
        "ReverseProxy:Routes:",
        "ReverseProxy:Clusters:",
    ];

    // The most paths that are shown, because people read the log.
    private const int MostNamed = 10;

    /// <summary>Compares two texts. A text that is not JSON counts as empty.</summary>
    public static ConfigChanges Between(string before, string after)
    {
        var (added, changed, removed) = (new List<string>(), new List<string>(), new List<string>());
        Compare("", Read(before), Read(after), added, changed, removed);
        return new ConfigChanges(added, changed, removed);
    }

    /// <summary>The changes without some paths.</summary>
    public ConfigChanges Except(IReadOnlyCollection<string> paths) =>
        new(Without(Added, paths), Without(Changed, paths), Without(Removed, paths));

    /// <summary>The changes as a text for the log.</summary>
    public string Describe()
    {
        string[] parts = [Describe("added", Added), Describe("changed", Changed), Describe("removed", Removed)];
        var text = string.Join("; ", parts.Where(static part => part.Length > 0));
        return text.Length == 0 ? "nothing changed" : text;
    }

    private static string Describe(string verb, IReadOnlyList<string> paths) =>
        paths.Count == 0
            ? ""
            : $"{verb} {string.Join(", ", paths.Take(MostNamed).Select(static path => LogText.Value(path)))}"
                + (paths.Count > MostNamed ? $" and {paths.Count - MostNamed} more" : "");

    private static List<string> Without(IReadOnlyList<string> list, IReadOnlyCollection<string> paths) =>
        [.. list.Except(paths, StringComparer.OrdinalIgnoreCase)];

    private static ObjectNode Read(string text) => JsonTree.Read(text, new ConfigIssues()) ?? new ObjectNode();

    private static void Compare(
        string path,
        ObjectNode before,
        ObjectNode after,
        List<string> added,
        List<string> changed,
        List<string> removed)
    {
        foreach (var key in before.Members.Keys.Concat(after.Members.Keys.Where(key => !before.Members.ContainsKey(key))))
        {
            var child = KeyPath.Join(path, key);
            var (old, now) = (before.Members.GetValueOrDefault(key), after.Members.GetValueOrDefault(key));
            if (AreSections(child, old, now))
            {
                Compare(child, old as ObjectNode ?? new ObjectNode(), now as ObjectNode ?? new ObjectNode(), added, changed, removed);
            }
            else if (old is null)
            {
                added.Add(child);
            }
            else if (now is null)
            {
                removed.Add(child);
            }
            else if (!AreEqual(old, now))
            {
                changed.Add(child);
            }
        }
    }

    // Whether to compare the members: also of an added or removed section, which is shown by its entries. An added or removed entry is
    // shown by its name.
    private static bool AreSections(string path, ConfigNode? old, ConfigNode? now) =>
        (old, now) is (ObjectNode, ObjectNode)
        || (
            (old, now) is (ObjectNode, null) or (null, ObjectNode)
            && !Array.Exists(Entries, entries => path.StartsWith(entries, StringComparison.OrdinalIgnoreCase)));

    private static bool AreEqual(ConfigNode one, ConfigNode other) =>
        (one, other) switch
        {
            (ScalarNode a, ScalarNode b) => a.Kind == b.Kind && a.Text == b.Text,
            (ListNode a, ListNode b) => a.Elements.Count == b.Elements.Count
                && a.Elements.Zip(b.Elements).All(static pair => AreEqual(pair.First, pair.Second)),
            (ObjectNode a, ObjectNode b) => a.Members.Count == b.Members.Count
                && a.Members.All(member => b.Members.TryGetValue(member.Key, out var value) && AreEqual(member.Value, value)),
            _ => false,
        };
}
