namespace Gateway.Configuration;

/// <summary>The file of the access log (<c>AccessLog:File</c>).</summary>
public sealed record AccessLogFileConfig
{
    /// <summary>
    /// The path of the file or named pipe. It is created if it does not exist, appended to, and opened anew when it was renamed or removed,
    /// and at SIGHUP. Required.
    /// </summary>
    public string? Path { get; init; }

    /// <summary>How lines are written. Defaults to Text.</summary>
    public AccessLogFormat Format { get; init; }
}
