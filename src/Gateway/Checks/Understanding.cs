namespace Gateway.Checks;

/// <summary>Whether a backend reads a header.</summary>
internal enum Understanding
{
    /// <summary>The backend reads the header.</summary>
    Reads,

    /// <summary>The backend does not read the header: it complains or closes.</summary>
    Refuses,

    /// <summary>The reactions do not show it.</summary>
    Unknown,

    /// <summary>The backend accepts no more connections.</summary>
    Gone,
}
