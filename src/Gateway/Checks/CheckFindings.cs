namespace Gateway.Checks;

/// <summary>Collects the results of one check. Safe from any thread.</summary>
internal sealed class CheckFindings(string check)
{
    private readonly List<CheckResult> _results = [];

    /// <summary>What was reported until now, by key path.</summary>
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

    /// <summary>It is as the configuration asks.</summary>
    public void Ok(string where, string what) => Add(CheckSeverity.Ok, where, what);

    /// <summary>It was not looked at.</summary>
    public void Skip(string where, string what) => Add(CheckSeverity.Skip, where, what);

    /// <summary>It is doubtful.</summary>
    public void Warn(string where, string what, string? cure = null) => Add(CheckSeverity.Warn, where, what, cure);

    /// <summary>It is not as the configuration asks.</summary>
    public void Fail(string where, string what, string? cure = null) => Add(CheckSeverity.Fail, where, what, cure);

    /// <summary>Any of these.</summary>
    public void Add(CheckSeverity severity, string where, string what, string? cure = null)
    {
        lock (_results)
        {
            _results.Add(new CheckResult(check, severity, where, what, cure));
        }
    }
}
