namespace Gateway.Checks;

/// <summary>How bad a finding is.</summary>
internal enum CheckSeverity
{
    /// <summary>As the configuration asks.</summary>
    Ok,

    /// <summary>Doubtful, or could not be told.</summary>
    Warn,

    /// <summary>The configuration asks for what this host, or a backend, does not do.</summary>
    Fail,
}
