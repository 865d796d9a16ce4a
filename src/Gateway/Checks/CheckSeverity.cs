namespace Gateway.Checks;

/// <summary>How bad a finding is.</summary>
internal enum CheckSeverity
{
    /// <summary>Everything is as the configuration needs it.</summary>
    Ok,

    /// <summary>Not checked, because this process cannot find it out.</summary>
    Skip,

    /// <summary>There may be a problem.</summary>
    Warn,

    /// <summary>The configuration needs something that this host or a backend does not do.</summary>
    Fail,
}
