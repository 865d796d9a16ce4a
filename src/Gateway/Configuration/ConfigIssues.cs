namespace Gateway.Configuration;

/// <summary>Collects what reading and validation find; nothing stops at the first error.</summary>
internal sealed class ConfigIssues
{
    private readonly List<ConfigIssue> _errors = [];
    private readonly List<ConfigIssue> _warnings = [];
    private readonly HashSet<ConfigIssue> _seen = [];
    private readonly HashSet<string> _errorPaths = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _pathsAboveErrors = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What makes the configuration unusable, in the order found.</summary>
    public IReadOnlyList<ConfigIssue> Errors => _errors;

    /// <summary>What an operator should look at.</summary>
    public IReadOnlyList<ConfigIssue> Warnings => _warnings;

    /// <summary>Adds an error.</summary>
    /// <param name="path">Key path.</param>
    /// <param name="value">Offending value as JSON writes it, or null.</param>
    /// <param name="message">Rule and cure.</param>
    public void Error(string path, string? value, string message)
    {
        _errorPaths.Add(path);
        for (var colon = path.LastIndexOf(':'); colon > 0; colon = path.LastIndexOf(':', colon - 1))
            _pathsAboveErrors.Add(path[..colon]);
        Add(_errors, new ConfigIssue(path, value, message));
    }

    /// <summary>Whether a key has an error already, so that what follows from it need not be said.</summary>
    /// <param name="path">Key path.</param>
    public bool HasError(string path) => _errorPaths.Contains(path);

    /// <summary>Whether a key or one below it has an error already.</summary>
    /// <param name="path">Key path.</param>
    public bool HasErrorAtOrBelow(string path) => _errorPaths.Contains(path) || _pathsAboveErrors.Contains(path);

    /// <summary>Adds a warning.</summary>
    /// <param name="path">Key path.</param>
    /// <param name="value">Doubtful value as JSON writes it, or null.</param>
    /// <param name="message">Why, and the cure.</param>
    public void Warning(string path, string? value, string message) => Add(_warnings, new ConfigIssue(path, value, message));

    // The same list may be walked by several validators: say it once.
    private void Add(List<ConfigIssue> list, ConfigIssue issue)
    {
        if (_seen.Add(issue))
            list.Add(issue);
    }
}
