namespace Gateway.Interception;

/// <summary>The output and the exit code of a program.</summary>
/// <param name="ExitCode">The exit code.</param>
/// <param name="Output">The standard output.</param>
/// <param name="Error">The standard error.</param>
internal sealed record HostProgramResult(int ExitCode, string Output, string Error);
