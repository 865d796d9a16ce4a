using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Gateway.Tests.Configuration.Schema;

/// <summary>The docstrings of the config records, as plain text. The compiler writes them to files beside the assemblies.</summary>
internal sealed partial class KeyTexts
{
    private readonly Dictionary<string, XElement> _members = [];

    /// <summary>Reads the docstrings of our assemblies.</summary>
    public KeyTexts()
    {
        foreach (var file in new[] { "Gateway.xml", "Gateway.Tcp.xml" })
        {
            foreach (var member in XDocument.Load(Path.Combine(AppContext.BaseDirectory, file)).Descendants("member"))
            {
                _members[(string)member.Attribute("name")!] = member;
            }
        }
    }

    /// <summary>The text of a record or an enum; empty: it has none.</summary>
    public string Of(Type type) => Of($"T:{type.FullName}");

    /// <summary>The text of a key; empty: it has none.</summary>
    public string Of(PropertyInfo key) => Of($"P:{key.DeclaringType!.FullName}.{key.Name}");

    /// <summary>The text of an enum's value; empty: it has none.</summary>
    public string Of(Type choice, string value) => Of($"F:{choice.FullName}.{value}");

    /// <summary>Whether a key must be written: its text has the sentence "Required.".</summary>
    public bool IsRequired(PropertyInfo key) => Required().IsMatch(Of(key));

    private string Of(string member) =>
        _members.GetValueOrDefault(member)?.Element("summary") is { } summary
            ? Spaces().Replace(string.Concat(summary.Nodes().Select(TextOf)), " ").Trim()
            : "";

    private static string TextOf(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "see" or "paramref" } element => NameOf(element),
        XElement { Name.LocalName: "para" } element => " " + string.Concat(element.Nodes().Select(TextOf)),
        XElement element => string.Concat(element.Nodes().Select(TextOf)),
        _ => "",
    };

    // <see cref="P:Gateway.Configuration.ListenerConfig.Intercept"/>: the file's reader knows the key alone.
    private static string NameOf(XElement element)
    {
        var name = (string?)element.Attribute("cref") ?? (string?)element.Attribute("langword") ?? (string?)element.Attribute("name") ?? "";
        return element.Value.Length > 0 ? element.Value : name[(name.LastIndexOf('.') + 1)..];
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"(^|\. |; )[Rr]equired\.( |$)")]
    private static partial Regex Required();
}
