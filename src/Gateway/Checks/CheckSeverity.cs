namespace Gateway.Checks;

/// <summary>How bad a finding is.</summary>
internal enum CheckSeverity
{
    /// <summary>As the configuration asks.</summary>
    Ok,

    /// <summary>Not looked at: it cannot be told from here.</summary>
    Skip,

    /// <summary>Doubtful.</summary>
    Warn,

    /// <summary>The configuration asks for what this host, or a backend, does not do.</summary>
    Fail,
}
