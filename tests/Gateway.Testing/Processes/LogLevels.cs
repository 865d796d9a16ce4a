namespace Gateway.Testing.Processes;

/// <summary>Reads levels off the console log.</summary>
public static class LogLevels
{
    private static readonly string[] Marks = ["warn:", "fail:", "crit:", "Unhandled exception"];

    /// <summary>Whether a line is a Warning or worse.</summary>
    public static bool IsComplaint(string line) => Marks.Any(m => line.Contains(m, StringComparison.Ordinal));

    /// <summary>Whether a line is an Error or worse.</summary>
    public static bool IsError(string line) => Marks.Skip(1).Any(m => line.Contains(m, StringComparison.Ordinal));
}
