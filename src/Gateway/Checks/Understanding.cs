namespace Gateway.Checks;

/// <summary>Whether a backend reads a header.</summary>
internal enum Understanding
{
    /// <summary>It does.</summary>
    Reads,

    /// <summary>It does not, and says so or closes.</summary>
    Refuses,

    /// <summary>It cannot be told.</summary>
    Unknown,

    /// <summary>It takes no more connections.</summary>
    Gone,
}
