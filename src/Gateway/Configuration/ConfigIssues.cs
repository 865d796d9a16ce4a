using System.Globalization;

namespace Gateway.Configuration;

/// <summary>Collects what reading and validation find; nothing stops at the first error, and nobody reads the thousandth.</summary>
internal sealed class ConfigIssues
{
    /// <summary>
    /// Errors that are kept, and warnings: a log line and a person have room for no more, and a file of 16 MiB could have a million.
    /// </summary>
    public const int MaxKept = 100;

    private readonly List<ConfigIssue> _errors = [];
    private readonly List<ConfigIssue> _warnings = [];
    private readonly HashSet<ConfigIssue> _seen = [];
    private readonly HashSet<string> _errorPaths = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _pathsAboveErrors = new(StringComparer.OrdinalIgnoreCase);
    private int _moreErrors;
    private int _moreWarnings;

    /// <summary>
    /// What makes the configuration unusable, in the order found. A last one says how many there are beyond those that are kept.
    /// </summary>
    public IReadOnlyList<ConfigIssue> Errors => Told(_errors, _moreErrors);

    /// <summary>What an operator should look at; likewise.</summary>
    public IReadOnlyList<ConfigIssue> Warnings => Told(_warnings, _moreWarnings);

    /// <summary>How many errors there are.</summary>
    public int ErrorCount => _errors.Count + _moreErrors;

    /// <summary>How many warnings there are.</summary>
    public int WarningCount => _warnings.Count + _moreWarnings;

    /// <summary>Adds an error.</summary>
    /// <param name="path">Key path.</param>
    /// <param name="value">Offending value as JSON writes it, or null.</param>
    /// <param name="message">Rule and cure.</param>
    public void Error(string path, string? value, string message)
    {
        if (_errors.Count == MaxKept)
        {
            _moreErrors++;
            return;
        }

        _errorPaths.Add(path);
        for (var colon = path.LastIndexOf(':'); colon > 0; colon = path.LastIndexOf(':', colon - 1))
        {
            _pathsAboveErrors.Add(path[..colon]);
        }

        Add(_errors, new ConfigIssue(path, value, message));
    }

    /// <summary>
    /// Whether a key has an error already, so that what follows from it need not be said. Behind the last error that is kept every key has:
    /// which ones is not kept either.
    /// </summary>
    /// <param name="path">Key path.</param>
    public bool HasError(string path) => _moreErrors > 0 || _errorPaths.Contains(path);

    /// <summary>Whether a key or one below it has an error already.</summary>
    /// <param name="path">Key path.</param>
    public bool HasErrorAtOrBelow(string path) => _moreErrors > 0 || _errorPaths.Contains(path) || _pathsAboveErrors.Contains(path);

    /// <summary>Adds a warning.</summary>
    /// <param name="path">Key path.</param>
    /// <param name="value">Doubtful value as JSON writes it, or null.</param>
    /// <param name="message">Why, and the cure.</param>
    public void Warning(string path, string? value, string message)
    {
        if (_warnings.Count == MaxKept)
        {
            _moreWarnings++;
        }
        else
        {
            Add(_warnings, new ConfigIssue(path, value, message));
        }
    }

    private static List<ConfigIssue> Told(List<ConfigIssue> kept, int more) =>
        more == 0 ? kept : [.. kept, new ConfigIssue("", null, string.Create(CultureInfo.InvariantCulture, $"and {more} more"))];

    // The same list may be walked by several validators: say it once.
    private void Add(List<ConfigIssue> list, ConfigIssue issue)
    {
        if (_seen.Add(issue))
        {
            list.Add(issue);
        }
    }
}
