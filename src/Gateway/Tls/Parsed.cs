namespace Gateway.Tls;

/// <summary>The result of parsing the texts of some files: a value or a problem.</summary>
/// <typeparam name="T">The type of the value.</typeparam>
/// <param name="Value">The value; null: there is a problem.</param>
/// <param name="File">The index of the file that has the problem.</param>
/// <param name="Problem">The problem and its cure; null: there is none.</param>
internal readonly record struct Parsed<T>(T? Value, int File = 0, string? Problem = null)
    where T : class;
