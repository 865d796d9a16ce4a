namespace Gateway.Tls;

/// <summary>What the texts of some files are, or why they are not that.</summary>
/// <typeparam name="T">What they are.</typeparam>
/// <param name="Value">Null: there is a problem.</param>
/// <param name="File">Whose problem: the number of the file.</param>
/// <param name="Problem">What, and the cure.</param>
internal readonly record struct Parsed<T>(T? Value, int File = 0, string? Problem = null)
    where T : class;
