namespace Gateway.Tests.Tcp.Pipeline;

/// <summary>An access-log line: its name=value fields.</summary>
internal sealed class AccessLine(string text)
{
    private readonly Dictionary<string, string> _fields = text.Split(' ').Select(static word => word.Split('=', 2)).Where(static parts => parts.Length == 2)
        .ToDictionary(static parts => parts[0], static parts => parts[1]);

    public string Reason => this["reason"];

    public string this[string name] => _fields[name];
}
