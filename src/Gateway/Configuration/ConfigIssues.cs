using System.Globalization;

namespace Gateway.Configuration;

/// <summary>
/// Collects the errors and warnings of reading and validation. All checks run, and not only up to the first error, but the number of issues
/// that are kept is limited.
/// </summary>
internal sealed class ConfigIssues
{
    /// <summary>
    /// The most errors that are kept, and the most warnings. Neither a log line nor a reader can take more, and a file of 16 MiB could have
    /// a million.
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
    /// The errors, which make the configuration unusable, in the order in which they were found. If not all were kept, the last entry gives
    /// the number of the others.
    /// </summary>
    public IReadOnlyList<ConfigIssue> Errors => Told(_errors, _moreErrors);

    /// <summary>The warnings, which an operator should look at, in the same form.</summary>
    public IReadOnlyList<ConfigIssue> Warnings => Told(_warnings, _moreWarnings);

    /// <summary>The number of all errors.</summary>
    public int ErrorCount => _errors.Count + _moreErrors;

    /// <summary>The number of all warnings.</summary>
    public int WarningCount => _warnings.Count + _moreWarnings;

    /// <summary>Adds an error.</summary>
    /// <param name="path">Key path.</param>
    /// <param name="value">The wrong value as JSON writes it, or null.</param>
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
    /// Whether a key has an error already, so that errors which follow from the first need not be reported. True for every key once there
    /// are more errors than are kept, because the paths of further errors are not kept.
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

    // Several validators may check the same list, so an equal issue is added only once.
    private void Add(List<ConfigIssue> list, ConfigIssue issue)
    {
        if (_seen.Add(issue))
        {
            list.Add(issue);
        }
    }
}
