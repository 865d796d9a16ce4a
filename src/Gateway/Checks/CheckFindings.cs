namespace Gateway.Checks;

/// <summary>Collects the results of one check. Thread-safe.</summary>
internal sealed class CheckFindings(string check)
{
    private readonly List<CheckResult> _results = [];

    /// <summary>The results that were reported so far, ordered by key path.</summary>
    public IReadOnlyList<CheckResult> Results
    {
        get
        {
            lock (_results)
            {
                return
                [
                    .. _results
                        .OrderBy(result => result.Where, StringComparer.Ordinal)
                        .ThenBy(result => result.What, StringComparer.Ordinal),
                ];
            }
        }
    }

    /// <summary>Adds a finding: everything is as the configuration needs it.</summary>
    public void Ok(string where, string what) => Add(CheckSeverity.Ok, where, what);

    /// <summary>Adds a finding: this was not checked.</summary>
    public void Skip(string where, string what) => Add(CheckSeverity.Skip, where, what);

    /// <summary>Adds a finding: there may be a problem.</summary>
    public void Warn(string where, string what, string? cure = null) => Add(CheckSeverity.Warn, where, what, cure);

    /// <summary>Adds a finding: something is not as the configuration needs it.</summary>
    public void Fail(string where, string what, string? cure = null) => Add(CheckSeverity.Fail, where, what, cure);

    /// <summary>Adds a finding of any severity.</summary>
    public void Add(CheckSeverity severity, string where, string what, string? cure = null)
    {
        lock (_results)
        {
            _results.Add(new CheckResult(check, severity, where, what, cure));
        }
    }
}
